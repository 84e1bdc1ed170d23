/// The engine at work: the sequencer and the journal on threads of their own, fed by the command queue, heard
/// through the broadcast.
///
///   sequencer thread     takes commands, applies them, hands batches on      (sequencer/sequencer.h)
///   journal thread       syncs batches, then releases their events           (sequencer/committer.h)
///   release thread       releases what is much, beside the next sync          (sequencer/releaser.h)
///   housekeeping thread  prepares segments, syncs the event log, watches the disk, has snapshots rolled
///   forward
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "bus/in_process.h"
#include "journal/file_system.h"
#include "sequencer/committer.h"
#include "sequencer/handover.h"
#include "sequencer/recover.h"
#include "sequencer/sequencer.h"
#include "telemetry/metrics.h"

namespace sauda::orderbook_engine {

struct EngineConfig {
    std::string data_dir;
    journal::Durability durability = journal::Durability::fdatasync;
    std::uint64_t segment_size = 64u << 20;
    std::size_t snapshots_kept = 2;
    std::uint64_t disk_reserve_bytes = 256u << 20;
    /// Memory for so many open orders is taken at the start (Exchange::reserve), so that none waits for it.
    std::uint32_t open_orders_reserved = 0;
    bus::CommandQueueLimits queue;
    /// The sequencer thread keeps to it; that the others keep off it is for who starts the engine to see to.
    std::optional<unsigned> sequencer_cpu = {};
};

struct EngineHooks {
    /// The journal or the event log failed: nothing more will be acknowledged, the process must end. Once, on
    /// the journal thread or the release thread.
    std::function<void(const std::string& reason)> on_failure;
    /// A segment was closed: have a snapshot rolled forward, no further than `through`, in a process of low
    /// priority. On the housekeeping thread; must not block.
    std::function<void(core::Sequence through)> roll_snapshot;
    /// The engine's threads have ended and it will save its last snapshot: nobody else may prune any more.
    /// From stop().
    std::function<void()> before_last_snapshot;
};

class Engine {
public:
    using Disk = std::unique_ptr<journal::FileSystem>;

    /// Recovers the data directory on `disk` and starts the threads.
    static sequencer::JournalResult<std::unique_ptr<Engine>> start(const EngineConfig& config, Disk disk,
                                                                   EngineHooks hooks,
                                                                   telemetry::Metrics& metrics);
    /// Requires: stop() was called, or the engine failed.
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    bus::CommandQueue& commands() { return queue_; }
    bus::Broadcast& events() { return broadcast_; }
    const journal::EventLog& event_log() const { return *recovered_.event_log; }
    const sequencer::RecoveryReport& report() const { return recovered_.report; }
    std::uint64_t epoch() const { return recovered_.engine_epoch; }
    const journal::JournalId& journal_id() const { return recovered_.journal; }
    /// Any thread.
    journal::FileSystem& disk() { return *disk_; }

    /// How many of the frames offered to commands(), counted from the start, need not be offered again: their
    /// commands are durable, or they were none. For a bus that keeps what is not settled. Any thread.
    std::uint64_t settled_frames();

    using TimeTold = std::function<void(core::Stamp)>;
    /// Calls `told`, on the sequencer thread, with its time and newest sequence: what is stamped later has no
    /// earlier time and a higher sequence. That sequence need not be durable yet. It is not told while so
    /// much waits for the disk that no commands are taken, and never after a failure of the journal.
    void ask_time(TimeTold told);

    /// False after a failure of the journal.
    bool is_healthy() const { return !failed_.load(std::memory_order_acquire); }
    /// True while low disk keeps orders out.
    bool is_cancel_only() const { return cancel_only_.load(std::memory_order_acquire); }

    /// Takes no more commands, finishes those taken, marks the journal complete and saves a snapshot. Joins
    /// the threads. Returns the reason when something of it failed; what was acknowledged is safe all the
    /// same.
    std::optional<std::string> stop();

private:
    Engine(const EngineConfig& config, EngineHooks hooks, Disk disk, sequencer::Recovered recovered,
           telemetry::Metrics& metrics);

    /// Batches through `last` were applied, the oldest of them at `since`.
    struct Applied {
        core::Sequence last;
        std::chrono::steady_clock::time_point since;
    };

    void run_sequencer();
    void run_journal();
    void run_housekeeping();
    void wait_until_woken(std::optional<std::int64_t> ns_max);
    void wake_sequencer();
    bool step_all(const bus::FrameBatch& frames);
    void note_taken(std::size_t frames);
    void tell_time();
    void forget_settled();
    void note_released(core::Sequence last);
    void adopt_prepared();
    void fail(const std::string& reason);
    void prepare_segment_if_wanted();
    void watch_disk();
    void roll_snapshot_if_due(core::Sequence synced);
    void register_metrics(telemetry::Metrics& metrics);
    void join();

    const EngineConfig config_;
    const EngineHooks hooks_;
    const Disk disk_;  // what is recovered refers to it
    sequencer::Recovered recovered_;
    bus::CommandQueue queue_;
    bus::Broadcast broadcast_;
    sequencer::Sequencer sequencer_;
    sequencer::Committer committer_;

    // Sequencer thread sleeps here.
    std::mutex wake_mutex_;
    std::condition_variable wake_;
    bool awake_ = false;

    std::mutex time_mutex_;
    std::vector<TimeTold> time_asked_;
    std::atomic<bool> is_time_asked_{false};

    /// So many frames were taken in all once the sequencer had come to `sequence`.
    struct Taken {
        core::Sequence sequence;
        std::uint64_t frames = 0;
    };
    std::mutex taken_mutex_;
    std::deque<Taken> taken_;  // those not known to be settled, oldest first
    std::uint64_t taken_frames_ = 0;
    std::uint64_t settled_frames_ = 0;

    sequencer::Handover handover_;

    // From the journal thread to whichever releases.
    std::mutex applied_mutex_;
    std::deque<Applied> applied_;  // those not released, oldest first

    // Between the journal thread and housekeeping.
    std::mutex prepared_mutex_;
    std::optional<journal::PreparedSegment> prepared_;
    std::atomic<bool> wants_prepared_{false};
    std::mutex housekeeping_mutex_;
    std::condition_variable housekeeping_wake_;
    bool stopping_ = false;
    std::size_t segments_seen_ = 0;

    std::atomic<bool> failed_{false};
    std::atomic<bool> cancel_only_{false};
    std::atomic<std::uint64_t> durable_{0};

    telemetry::Counter& commands_total_;
    telemetry::Counter& journal_bytes_;
    telemetry::Counter& commits_;
    telemetry::Counter& dropped_;
    telemetry::LatencyHistogram& commit_latency_;
    telemetry::LatencyHistogram& durable_latency_;

    std::thread sequencer_thread_;
    std::thread journal_thread_;
    std::thread release_thread_;
    std::thread housekeeping_thread_;
};

/// Of this build's rules: replay refuses a journal of another version.
inline constexpr std::uint32_t rules_version = 3;

}  // namespace sauda::orderbook_engine
