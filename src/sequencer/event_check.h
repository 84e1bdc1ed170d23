/// Compares what replay produces with what the event log has, and writes what it lacks.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "journal/event_log.h"
#include "sequencer/replay.h"

namespace sauda::sequencer {

/// Sink of one replay.
///
/// Threads: one owner at a time. Memory: a window of the event log.
class EventCheck {
public:
    enum class Missing : std::uint8_t {
        rebuilt,  ///< frames behind the end of the log are appended to it
        allowed,  ///< frames behind the end of the log are left out
    };
    /// `event_log` must outlive it. Frames below the log's first sequence are not looked at.
    EventCheck(journal::EventLog& event_log, Missing missing);

    /// Fails with `damaged` at the first sequence whose frame differs from the log's.
    JournalResult<void> take(const ReplayedBatch& batch);
    /// Writes what is still buffered, durably.
    JournalResult<void> finish();

    std::uint64_t compared() const { return compared_; }
    std::uint64_t rebuilt() const { return rebuilt_; }

private:
    JournalResult<void> take_frame(std::uint64_t sequence, base::ByteView frame);
    JournalResult<void> compare(std::uint64_t sequence, base::ByteView frame);
    JournalResult<void> append(std::uint64_t sequence, base::ByteView frame);
    JournalResult<void> write_missing(std::uint64_t last);
    JournalResult<void> refill(std::uint64_t sequence);

    journal::EventLog& event_log_;
    const Missing missing_;
    const std::uint64_t logged_;  ///< the log's last sequence before the replay
    base::Bytes window_;          ///< frames of the log, one after the other
    std::size_t window_at_ = 0;   ///< where the next one to compare begins
    base::Bytes missing_frames_;  ///< not yet appended to the log
    std::uint64_t missing_first_ = 0;
    std::uint64_t compared_ = 0;
    std::uint64_t rebuilt_ = 0;
};

}  // namespace sauda::sequencer
