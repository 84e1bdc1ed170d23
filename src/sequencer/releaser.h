/// The way out: events whose commands are durable go to the event log, then to the bus. In this order, so
/// that a consumer that hears of a sequence finds it in the event log.
///
/// Where they are few, the thread that synced releases them: nobody could do it sooner. Where they are many,
/// writing them takes as long as a sync does, and a thread of the releaser's own does it beside the next
/// sync.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "bus/broadcast.h"
#include "core/types/ids.h"
#include "journal/event_log.h"
#include "sequencer/held_back.h"

namespace sauda::sequencer {

/// Called on whichever thread releases; each may be empty, none may call the releaser.
struct ReleaserHooks {
    /// Everything through `last` is out, and there is room for more to be held back.
    std::function<void(core::Sequence last)> on_released = {};
    /// The event log failed on the release thread. `release` will say so too.
    std::function<void(const base::IoError&)> on_failure = {};
};

/// Threads: `release` and `finish` belong to one owner, in practice the journal thread; `run` to another, in
/// practice the release thread, without which the owner releases all.
/// Invariant: once failed, for ever failed: held_back drops what it has, and nothing more is taken from it.
class Releaser {
public:
    /// From so many bytes held back on, they are left to the release thread.
    static constexpr std::size_t many_bytes = 256u << 10;

    /// What is referred to must outlive the releaser.
    Releaser(journal::EventLog& event_log, bus::BroadcastProducer& bus, HeldBack& held_back,
             ReleaserHooks hooks = {}, std::size_t many = many_bytes)
        : event_log_(event_log),
          bus_(bus),
          held_back_(held_back),
          hooks_(std::move(hooks)),
          many_bytes_(many) {}

    /// Releases everything through `durable`, or sees to it that it will be. Fails when an earlier release
    /// did, too.
    journal::IoResult<void> release(core::Sequence durable);

    /// Waits until all is out that `release` was told of; nothing may follow. `run` returns.
    journal::IoResult<void> finish();

    /// Releases what is left to it until `finish` is called.
    void run();

    /// Why nothing is released any more, if that is so. Any thread.
    std::optional<base::IoError> failure();

private:
    journal::IoResult<void> release_through(core::Sequence durable);
    journal::IoResult<void> release_some(const std::vector<bus::Chunk>& chunks);

    journal::EventLog& event_log_;
    bus::BroadcastProducer& bus_;
    HeldBack& held_back_;
    const ReleaserHooks hooks_;
    const std::size_t many_bytes_;
    std::vector<journal::FrameRun> runs_;  // of whichever thread releases; kept for its memory

    std::mutex mutex_;  // guards what follows
    std::condition_variable changed_;
    core::Sequence durable_;
    bool is_run_ = false;
    bool is_left_to_run_ = false;  // it releases, or is about to, until durable_ is out
    bool is_over_ = false;
    std::optional<base::IoError> failure_;
};

}  // namespace sauda::sequencer
