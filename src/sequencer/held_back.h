/// Events whose commands are not durable yet. They leave in order, whole chunks at a time, and only once the
/// journal says so; after a failure of the journal nothing leaves ever again.
///
/// Threads: `hold` on the sequencer thread, `release` where events are released (releaser.h), the rest on
/// any; one short mutex (a chunk moves in or out). Two threads, because a release that first hopped back to
/// the sequencer thread would make every acknowledgement wait for the batch being applied.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <vector>

#include "bus/broadcast.h"
#include "core/types/ids.h"

namespace sauda::sequencer {

/// Invariants: chunks held are contiguous and lie above released(); once failed, for ever failed and empty.
class HeldBack {
public:
    /// `released`: everything through it was released before, in an earlier run.
    explicit HeldBack(core::Sequence released) : held_(released), released_(released) {}

    /// Takes events that follow those held. After a failure they are dropped.
    void hold(bus::Chunk chunk);
    /// Hands out, in order, the chunks that lie at or below `durable`: all of them, or as many as it takes to
    /// come to `bytes_wanted`.
    std::vector<bus::Chunk> release(core::Sequence durable, std::size_t bytes_wanted = SIZE_MAX);
    /// The journal failed: what is held is dropped, its fate unknown until the restart.
    void fail();

    bool failed() const;
    std::size_t bytes() const;
    /// The newest sequence handed out.
    core::Sequence released() const;

private:
    mutable std::mutex mutex_;
    std::deque<bus::Chunk> chunks_;
    std::size_t bytes_ = 0;
    core::Sequence held_;
    core::Sequence released_;
    bool failed_ = false;
};

}  // namespace sauda::sequencer
