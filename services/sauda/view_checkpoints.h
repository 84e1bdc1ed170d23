/// Checkpoints of the views in a data directory, and the thread that takes them.
///
/// A checkpoint is a snapshot file (journal/snapshot_store.h) in `views/`, whose content is
/// views/checkpoint.h. It may be lost: the views are then folded from the event log's beginning.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "base/result.h"
#include "journal/event_log.h"
#include "journal/snapshot_store.h"
#include "views/read_model.h"

namespace sauda {

/// Threads: one owner at a time.
class ViewCheckpoints {
public:
    static constexpr std::size_t kept = 2;

    /// Both outlive it. `limits` are those of the views that it makes.
    ViewCheckpoints(journal::FileSystem& disk, const journal::EventLog& log, std::string data_dir,
                    const journal::JournalId& journal, views::ViewLimits limits);

    /// The views of the newest checkpoint that can be used, or empty ones. Those that cannot are passed over
    /// with a line in the log: damaged, of another version or journal, or older than the event log's
    /// beginning. One that is ahead of the event log is removed: its sequences are given anew, after a
    /// machine lost what was not synced (durability os).
    views::ReadModel load();

    /// Puts into `views` the newest checkpoint and what happened since. Returns the checkpoint's sequence,
    /// zero where there was none, or a sentence.
    base::Result<core::Sequence, std::string> open(views::ReadModel& views);

    /// Writes `views` as a checkpoint, whole or not at all, and removes all but the newest two. A sentence on
    /// failure. Requires: all that they folded is durable in the journal.
    std::string save(const views::ReadModel& views);

private:
    bool restore(std::uint64_t sequence, views::ReadModel& views);
    void remove(std::uint64_t sequence);

    journal::FileSystem& disk_;
    const journal::EventLog& log_;
    const std::string data_dir_;
    const journal::JournalId journal_;
    const views::ViewLimits limits_;
    journal::SnapshotStore store_;
};

/// What the views remember. A test may set SAUDA_TEST_CANDLES_KEPT: so many candles of an interval, so that
/// it sees them forgotten within its time. The error is a sentence about what it is set to.
base::Result<views::ViewLimits, std::string> view_limits();

/// Folds what the event log has after `views`, up to `through`, or until `stopping` is set. A sentence on
/// failure.
std::string fold_event_log(const journal::EventSource& log, views::ReadModel& views, core::Sequence through,
                           const std::atomic<bool>& stopping);

/// The thread that takes checkpoints while the exchange runs. It folds the event log by itself, from the last
/// checkpoint on, and never looks at the views that requests are answered from: the network thread does not
/// wait for it. That costs the views' memory once more while it works, and work of lowest priority.
class CheckpointRoller {
public:
    struct Config {
        std::uint64_t every = 0;          ///< commands that the event log is ahead of the last checkpoint
        core::Sequence last;              ///< of the last checkpoint
        std::function<bool()> may_write;  ///< false while disk is low. On the thread.
    };
    /// Both outlive it; `checkpoints` is the thread's own until stop().
    CheckpointRoller(ViewCheckpoints& checkpoints, const journal::EventLog& log, Config config);
    ~CheckpointRoller() { stop(); }
    CheckpointRoller(const CheckpointRoller&) = delete;
    CheckpointRoller& operator=(const CheckpointRoller&) = delete;

    /// Of the last checkpoint taken. Any thread.
    core::Sequence last() const { return {last_.load(std::memory_order_relaxed)}; }

    /// Ends the thread; what it was about to write is not written.
    void stop();

private:
    void run();
    bool is_due(core::Sequence published) const;
    void roll(core::Sequence through);

    ViewCheckpoints& checkpoints_;
    const journal::EventLog& log_;
    const Config config_;
    std::atomic<std::uint64_t> last_;
    std::atomic<bool> stopping_{false};
    std::mutex mutex_;
    std::condition_variable wake_;
    std::thread thread_;
};

}  // namespace sauda
