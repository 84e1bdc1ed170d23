/// The gateway's end of the command bus: frames become entries of the shard's commands stream.
///
/// Frames offered in one turn of the io loop become one entry (several when they are many), sent at the
/// turn's end. Nothing is ever sent twice: when Redis did not confirm an entry, whether its commands arrive
/// is unknown, their senders are told so when their time is over, and a command's deadline keeps it from
/// being executed late. While the breaker is open (guarded_connection.h) frames are refused before
/// acceptance.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "base/bytes.h"
#include "bus/producer.h"
#include "redis_streams/config.h"
#include "redis_streams/guarded_connection.h"
#include "redis_streams/timer.h"

namespace sauda::bus::redis {

struct CommandProducerLimits {
    /// Frames that Redis has not confirmed yet, of both lanes together, until placing is refused.
    std::size_t frames_max = 16'384;
    std::size_t frames_reserved = 2'048;       ///< on top of these, for the reserved lane alone
    std::size_t bytes_max = 16u << 20;         ///< of what is not confirmed, likewise
    std::size_t bytes_reserved = 2u << 20;     ///< on top of these
    std::size_t frame_size_max = 4'096;        ///< bytes; a larger frame is a bug of its producer
    std::size_t entry_bytes_max = 256u << 10;  ///< a turn's frames beyond it go into a further entry
    /// Entries in the stream that the engine has not settled, until placing is refused: the engine is down
    /// or behind. Looked at every probe_interval.
    std::size_t backlog_max = 8'192;
    std::size_t backlog_reserved = 4'096;  ///< on top of these, for the reserved lane alone
};

struct CommandProducerCounters {
    std::uint64_t frames = 0;   ///< accepted
    std::uint64_t entries = 0;  ///< sent
    std::uint64_t unreachable = 0;
    std::uint64_t back_pressured = 0;
    std::uint64_t refused = 0;  ///< accepted frames that Redis refused: not executed, though nobody is told
    std::uint64_t unknown = 0;  ///< accepted frames that Redis did not confirm
};

/// Threads: the io thread. Invariant: outstanding frames and bytes stay within their limits.
class CommandProducer final : public Producer {
public:
    CommandProducer(boost::asio::io_context& io, const RedisConfig& config,
                    const CommandProducerLimits& limits = {});

    void start() { guard_.start(); }

    /// `unreachable` while the breaker is open.
    Offer offer(base::ByteView frame, Lane lane) override;
    Offer offer_all(const FrameBatch& frames, Lane lane) override;

    std::size_t outstanding_frames() const { return outstanding_frames_; }
    std::size_t outstanding_bytes() const { return outstanding_bytes_; }
    /// Entries in the stream when last looked at.
    std::size_t backlog() const { return backlog_; }
    const CommandProducerCounters& counters() const { return counters_; }
    /// The breaker's state, counters and last error.
    const GuardedConnection& guard() const { return guard_; }

private:
    struct Entry {
        base::Bytes packed;
        std::size_t frames = 0;
    };

    Offer admission(std::size_t frames, std::size_t bytes, Lane lane) const;
    Offer admit(std::size_t frames, std::size_t bytes, Lane lane);
    void take(base::ByteView frame, Lane lane);
    void flush();
    void send(const Entry& entry);
    void on_answer(const Answer& answer, std::size_t frames, std::size_t bytes);
    void look_at_backlog();

    boost::asio::io_context& io_;
    const CommandProducerLimits limits_;
    const std::string key_;
    std::vector<Entry> entries_;  ///< of this turn
    std::size_t outstanding_frames_ = 0;
    std::size_t outstanding_bytes_ = 0;
    std::size_t backlog_ = 0;
    CommandProducerCounters counters_;
    Lifetime lifetime_;
    GuardedConnection guard_;
};

}  // namespace sauda::bus::redis
