/// The engine as it runs in production, from encoded commands to durable events, for benches to feed.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>

#include "base/bytes.h"
#include "base/cpus.h"
#include "base/result.h"
#include "bench/flow_file.h"
#include "bench/progress.h"
#include "bus/frame_batch.h"
#include "bus/in_process.h"
#include "core/command.h"
#include "journal/posix_file_system.h"
#include "sequencer/committer.h"
#include "sequencer/handover.h"
#include "sequencer/recover.h"
#include "sequencer/sequencer.h"

namespace sauda::bench {

/// The journal thread and the release thread of a bench: as the engine's, without housekeeping.
///
/// Threads: one owner, and the two that it makes.
class JournalThread {
public:
    JournalThread(sequencer::Recovered& recovered, bus::Broadcast& bus, sequencer::Sequencer& sequencer);
    ~JournalThread() { finish(); }

    /// As Handover::give.
    void give(base::Bytes& batches, core::Sequence last, bool more_comes) {
        handover_.give(batches, last, more_comes);
    }
    /// Waits until everything handed over is durable and released; the failure, if one came.
    std::string finish();
    /// Group commits so far, each of one sync.
    std::uint64_t syncs() const { return syncs_.load(std::memory_order_relaxed); }
    /// CPU time of the journal thread, as of the last commit.
    double cpu_seconds() const { return cpu_seconds_.load(std::memory_order_relaxed); }
    /// CPU time of the release thread so far.
    double release_cpu_seconds();

private:
    void run();

    sequencer::Committer committer_;
    sequencer::Handover handover_;
    std::string failure_;  // once the thread has ended
    std::atomic<std::uint64_t> syncs_{0};
    std::atomic<double> cpu_seconds_{0};
    std::atomic<double> release_cpu_seconds_{0};  // once the thread has ended
    std::thread release_thread_;
    std::thread thread_;
};

/// Takes released events as they come, so that memory does not grow, on a thread of its own.
///
/// Threads: one owner, and the thread that it makes.
class ReplyReader {
public:
    /// `on_chunk` is called on that thread with whole event frames (codec/event_frame.h).
    using OnChunk = std::function<void(base::ByteView frames)>;
    ReplyReader(bus::Broadcast& bus, OnChunk on_chunk);
    ~ReplyReader() { finish(); }

    /// Reads to the end; nothing may be published after.
    void finish();

private:
    static constexpr std::size_t backlog_bytes_max = std::size_t{4} << 30;

    void wake();
    void run();

    bus::Broadcast& bus_;
    const OnChunk on_chunk_;
    std::mutex mutex_;
    std::condition_variable ready_;
    bool is_awake_ = false;
    std::shared_ptr<bus::BroadcastQueue> queue_;
    std::thread thread_;
};

/// What recover() is asked for by benches. The first segment has room for `journal_bytes`: in production the
/// housekeeping thread prepares the next one while this one fills, which benches have no thread for.
sequencer::RecoverOptions recover_options(std::uint64_t journal_bytes);

struct DurableEngineOptions {
    /// The calling thread keeps to its own from then on, the engine's other threads to the rest.
    std::optional<base::CpuShares> cpus = {};
    /// Of a command in the journal: those of full batches take no more, one in a batch of its own 104.
    std::uint64_t record_bytes = 56;
};

/// Sequencer on the caller's thread, journal and reader of replies on theirs.
///
/// Threads: one owner.
class DurableEngine {
public:
    /// For `flow`: with room for its commands and memory for its open orders.
    static base::Result<std::unique_ptr<DurableEngine>, std::string> open(
        const std::string& data_dir, const FlowFile& flow, ReplyReader::OnChunk on_chunk,
        const DurableEngineOptions& options = {});

    /// From now on each sync takes so much longer: the disk of another machine.
    void delay_syncs(std::uint32_t milliseconds) { sync_delay_ms_->store(milliseconds); }
    /// Group commits of the journal so far.
    std::uint64_t syncs() const { return journal_.syncs(); }
    /// CPU time of the journal thread so far.
    double journal_seconds() const { return journal_.cpu_seconds(); }
    /// CPU time of the release thread so far.
    double release_seconds() { return journal_.release_cpu_seconds(); }

    /// Adds a command as gateways send them, with the next gateway sequence, from 1.
    void add(const core::Command& command);
    /// Sequences and applies what was added and hands it to the journal thread, in groups if it is much.
    void send();

    /// Commands as gateways send them, a thousand in a group.
    using Groups = std::vector<bus::FrameBatch>;
    /// The next commands, encoded: what gateways do before the engine hears of them.
    Groups encode(std::span<const FlowRecord> records);
    /// Sends them, in turn.
    void send_all(const Groups& groups, Progress& progress);
    /// Both in one, a group at a time, where it does not matter what takes how long.
    void send_all(std::span<const FlowRecord> records, Progress& progress);
    /// Waits until all is durable and released; the failure, if one came. Nothing may be sent after.
    std::string finish_journal() { return journal_.finish(); }
    /// Waits until every reply has been read. Requires: finish_journal() was called.
    void finish_replies() { replies_.finish(); }

    std::uint64_t gateway_sequence() const { return gateway_sequence_; }
    std::size_t waiting() const { return frames_.size(); }
    const core::Exchange& exchange() const { return sequencer_.exchange(); }
    sequencer::Recovered& recovered() { return recovered_; }

private:
    using SyncDelay = std::shared_ptr<std::atomic<std::uint32_t>>;

    DurableEngine(SyncDelay sync_delay_ms, std::unique_ptr<journal::FileSystem> disk,
                  sequencer::Recovered recovered, ReplyReader::OnChunk on_chunk);

    const SyncDelay sync_delay_ms_;                    ///< read by the disk
    const std::unique_ptr<journal::FileSystem> disk_;  ///< the journal writes through it to the end
    sequencer::Recovered recovered_;
    bus::Broadcast bus_;
    ReplyReader replies_;
    sequencer::Sequencer sequencer_;
    JournalThread journal_;
    void add_to(bus::FrameBatch& frames, const core::Command& command);
    void send(const bus::FrameBatch& frames, bool more_comes);

    std::uint64_t gateway_sequence_ = 0;
    bus::FrameBatch frames_;
    base::Bytes frame_;
    base::Bytes batches_;
};

}  // namespace sauda::bench
