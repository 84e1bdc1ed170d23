/// The journal thread's half of the engine: makes batches durable, then has their events let out.
///
/// The order is the promise: sync, then event log, then bus. A client that is answered is never forgotten.
/// One commit may carry many batches: they share one sync.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "core/types/ids.h"
#include "journal/event_log.h"
#include "journal/writer.h"
#include "sequencer/held_back.h"
#include "sequencer/releaser.h"

namespace sauda::sequencer {

/// Threads: one owner at a time, in practice the journal thread, but for release_more().
/// Invariant: once failed, for ever failed: nothing more is written, and nothing released that is not
/// durable.
class Committer {
public:
    /// What is referred to must outlive the committer.
    Committer(journal::Writer& writer, journal::EventLog& event_log, bus::BroadcastProducer& bus,
              HeldBack& held_back, ReleaserHooks hooks = {}, std::size_t many = Releaser::many_bytes)
        : writer_(writer),
          event_log_(event_log),
          held_back_(held_back),
          releaser_(event_log, bus, held_back, std::move(hooks), many) {}

    /// Writes and syncs `batches` (encoded, in order), then lets out what was waiting for them: it is out, or
    /// left to release_more(). Returns the last durable sequence. On failure the sequencer is
    /// stopped, nothing of these batches will be published, and the process must end: their clients are told
    /// that the outcome is unknown.
    journal::IoResult<core::Sequence> commit(std::span<std::byte> batches);

    /// The release thread's loop, until finish(): lets out what is much, beside the next sync. Without that
    /// thread commit() lets out everything. On that thread.
    void release_more() { releaser_.run(); }

    /// After the last commit: waits until everything committed is out.
    journal::IoResult<void> finish();

    /// After the last commit: marks journal and event log as complete. Requires: nothing is held back that
    /// was not committed.
    journal::IoResult<void> stop_cleanly();

    bool failed() const { return failure_.has_value(); }

private:
    base::Unexpected<base::IoError> fail(const base::IoError& error);

    journal::Writer& writer_;
    journal::EventLog& event_log_;
    HeldBack& held_back_;
    std::optional<base::IoError> failure_;
    Releaser releaser_;
};

}  // namespace sauda::sequencer
