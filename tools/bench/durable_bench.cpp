#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "bench/stages.h"
#include "bus/in_process.h"
#include "codec/command_codec.h"
#include "codec/event_frame.h"
#include "journal/posix_file_system.h"
#include "sequencer/committer.h"
#include "sequencer/recover.h"
#include "sequencer/sequencer.h"

namespace sauda::bench {

namespace {

/// The journal thread of a bench: as the engine's, without housekeeping.
class JournalThread {
public:
    JournalThread(sequencer::Recovered& recovered, bus::Broadcast& bus, sequencer::Sequencer& sequencer)
        : writer_(*recovered.writer),
          committer_(*recovered.writer, *recovered.event_log, bus, sequencer.held_back()),
          thread_([this] { run(); }) {}
    ~JournalThread() { finish(); }

    void hand_over(base::Bytes& batches) {
        std::unique_lock lock(mutex_);
        room_.wait(lock, [this] { return waiting_.size() < waiting_bytes_max; });
        waiting_.insert(waiting_.end(), batches.begin(), batches.end());
        batches.clear();
        ready_.notify_one();
    }
    /// Waits until everything handed over is durable and released; the failure, if one came.
    std::string finish() {
        {
            const std::lock_guard lock(mutex_);
            is_over_ = true;
            ready_.notify_one();
        }
        if (thread_.joinable()) thread_.join();
        return failure_;
    }

private:
    static constexpr std::size_t waiting_bytes_max = 4u << 20;

    void run() {
        base::Bytes batches;
        while (failure_.empty()) {
            {
                std::unique_lock lock(mutex_);
                ready_.wait(lock, [this] { return !waiting_.empty() || is_over_; });
                if (waiting_.empty()) return;
                batches.clear();
                batches.swap(waiting_);
                room_.notify_one();
            }
            const auto committed = committer_.commit(batches);
            if (!committed) failure_ = committed.error().message();
        }
    }

    journal::Writer& writer_;
    sequencer::Committer committer_;
    std::mutex mutex_;
    std::condition_variable ready_;
    std::condition_variable room_;
    base::Bytes waiting_;
    bool is_over_ = false;
    std::string failure_;
    std::thread thread_;
};

/// Takes released events as they come, so that memory does not grow, and keeps the digest of their trades.
class ReplyReader {
public:
    explicit ReplyReader(bus::Broadcast& bus)
        : bus_(bus), queue_(bus.join(backlog_bytes_max, [this] { wake(); })), thread_([this] { run(); }) {}
    ~ReplyReader() { finish(); }

    /// Reads to the end; nothing may be published after.
    const TradeDigest& finish() {
        bus_.close();
        wake();
        if (thread_.joinable()) thread_.join();
        return digest_;
    }

private:
    static constexpr std::size_t backlog_bytes_max = std::size_t{4} << 30;

    void wake() {
        const std::lock_guard lock(mutex_);
        is_awake_ = true;
        ready_.notify_one();
    }
    void run() {
        std::vector<bus::Chunk> chunks;
        while (queue_->take(chunks) == bus::BroadcastConsumer::Taken::chunks) {
            for (const bus::Chunk& chunk : chunks) {
                const auto read = codec::for_each_event_frame(
                    *chunk.bytes,
                    [&](const codec::EventFrameView& frame) { digest_trades(frame.events, digest_); });
                ASSERT(read.has_value());
            }
            if (!chunks.empty()) continue;
            std::unique_lock lock(mutex_);
            ready_.wait(lock, [this] { return is_awake_; });
            is_awake_ = false;
        }
    }

    bus::Broadcast& bus_;
    TradeDigest digest_;
    std::mutex mutex_;
    std::condition_variable ready_;
    bool is_awake_ = false;
    std::shared_ptr<bus::BroadcastQueue> queue_;
    std::thread thread_;
};

sequencer::ClockReading read_clocks() {
    const auto ns = [](auto time) {
        return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
    };
    return {{ns(std::chrono::system_clock::now())}, ns(std::chrono::steady_clock::now())};
}

/// Commands as gateways send them: encoded, one frame each.
class Client {
public:
    void append(const core::Command& command, bus::FrameBatch& frames) {
        core::Command identified = command;
        identified.id = {1, ++sequence_};
        frame_.clear();
        codec::encode_command(identified, frame_);
        frames.append(frame_);
    }

private:
    std::uint64_t sequence_ = 0;
    base::Bytes frame_;
};

double wall_seconds() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

base::Result<EngineFigures, std::string> run_durable(const FlowFile& flow, const std::string& data_dir,
                                                     Progress& progress) {
    journal::PosixFileSystem disk;
    sequencer::RecoverOptions options;
    options.rules_version = 1;
    options.journal_segment_size = 256u << 20;
    options.event_segment_size = 1u << 30;
    auto recovered = sequencer::recover(disk, data_dir, options);
    if (!recovered) return base::Unexpected{recovered.error().message()};
    bus::Broadcast bus;
    ReplyReader replies(bus);
    sequencer::SequencerConfig config;
    config.engine_epoch = recovered->engine_epoch;
    config.rules_version = 1;
    sequencer::Sequencer sequencer(std::move(recovered->exchange), config);
    JournalThread journal(*recovered, bus, sequencer);

    Client client;
    bus::FrameBatch frames;
    base::Bytes batches;
    const auto send = [&] {
        for (std::size_t from = 0; from < frames.size();) {
            if (!sequencer.can_step()) std::this_thread::yield();
            from += sequencer.step(frames, from, read_clocks(), batches).frames_taken;
            if (!batches.empty()) journal.hand_over(batches);
        }
        frames.clear();
    };
    const auto send_all = [&](std::span<const FlowRecord> records) {
        constexpr std::size_t group = 1024;
        for (std::size_t begin = 0; begin < records.size(); begin += group) {
            for (const FlowRecord& record : records.subspan(begin, std::min(group, records.size() - begin))) {
                client.append(to_command(record), frames);
            }
            send();
            progress.reach(begin);
        }
    };
    progress.begin("opening accounts", 1);
    for (const core::Command& command : setup_commands(flow)) {
        client.append(command, frames);
        if (frames.size() == 1024) send();
    }
    send();
    progress.begin("building the books", flow.header().prefill);
    send_all(flow.records().first(flow.header().prefill));
    progress.begin("orders", flow.records().size() - flow.header().prefill);
    const double started = wall_seconds();
    send_all(flow.records().subspan(flow.header().prefill));
    const std::string failure = journal.finish();
    const double seconds = wall_seconds() - started;
    if (!failure.empty()) return base::Unexpected{failure};
    return figures(flow.records().size() - flow.header().prefill, seconds, replies.finish(), flow);
}

}  // namespace sauda::bench
