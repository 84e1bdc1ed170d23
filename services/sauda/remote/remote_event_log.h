/// Another process's event log: what came over the bus lately is kept in memory, the rest is asked for over
/// HTTP.
///
/// Threads: any. `read` and `refresh` may block; one question is asked at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>

#include "base/result.h"
#include "bus/broadcast.h"
#include "journal/event_source.h"
#include "sauda/remote/engine_client.h"

namespace sauda {

/// Invariant: the kept chunks follow one another without a gap, and end at the published sequence.
class RemoteEventLog final : public journal::EventSource, public bus::BroadcastProducer {
public:
    /// Keeps about `bytes_kept` of the newest frames, and passes on to `next` what is published.
    RemoteEventLog(const EngineAddress& address, std::size_t bytes_kept, bus::BroadcastProducer& next)
        : client_(address), next_(next), bytes_kept_(bytes_kept) {}

    /// Asks how far the engine's log goes. A sentence on failure.
    std::string refresh();
    /// What the bus brought: who hears of it from `next` finds it here.
    void publish(const bus::Chunk& chunk) override;

    std::uint64_t first_sequence() const override;
    std::uint64_t published_sequence() const override;
    /// The frame of `sequence` where it is at hand; asks nobody.
    std::optional<base::Bytes> find_kept_frame(std::uint64_t sequence) const;
    base::Result<std::uint64_t, journal::JournalError> read(std::uint64_t from, std::size_t max_bytes,
                                                            const Visitor& visit) const override;

private:
    void keep(const bus::Chunk& chunk);
    bus::Chunk find_kept(std::uint64_t sequence) const;

    mutable std::mutex client_mutex_;
    mutable EngineClient client_;  // guarded by client_mutex_

    bus::BroadcastProducer& next_;
    const std::size_t bytes_kept_;
    mutable std::mutex mutex_;  // guards what follows
    std::deque<bus::Chunk> kept_;
    std::size_t kept_bytes_ = 0;
    mutable std::uint64_t first_ = 1;
    mutable std::uint64_t published_ = 0;
};

}  // namespace sauda
