/// The journal thread's half of the engine: makes batches durable, then lets their events out.
///
/// The order is the promise: sync, then event log, then bus. A consumer that hears of a sequence finds it in
/// the event log, and a client that is answered is never forgotten. One commit may carry many batches: they
/// share one sync.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "bus/broadcast.h"
#include "core/types/ids.h"
#include "journal/event_log.h"
#include "journal/writer.h"
#include "sequencer/held_back.h"

namespace sauda::sequencer {

/// Threads: one owner at a time, in practice the journal thread.
/// Invariant: once failed, for ever failed: nothing is written, released or published any more.
class Committer {
public:
    /// What is referred to must outlive the committer.
    Committer(journal::Writer& writer, journal::EventLog& event_log, bus::BroadcastProducer& bus,
              HeldBack& held_back)
        : writer_(writer), event_log_(event_log), bus_(bus), held_back_(held_back) {}

    /// Writes and syncs `batches` (encoded, in order), then releases and publishes what was waiting for them.
    /// Returns the last durable sequence. On failure the sequencer is stopped, nothing of these batches was
    /// published or will be, and the process must end: their clients are told that the outcome is unknown.
    journal::IoResult<core::Sequence> commit(std::span<std::byte> batches);

    /// After the last commit: marks journal and event log as complete. Requires: nothing is held back.
    journal::IoResult<void> stop_cleanly();

    bool failed() const { return failure_.has_value(); }

private:
    journal::IoResult<void> release(core::Sequence durable);
    base::Unexpected<base::IoError> fail(const base::IoError& error);

    journal::Writer& writer_;
    journal::EventLog& event_log_;
    bus::BroadcastProducer& bus_;
    HeldBack& held_back_;
    std::optional<base::IoError> failure_;
    std::vector<journal::FrameRun> runs_;  // kept for its memory
};

}  // namespace sauda::sequencer
