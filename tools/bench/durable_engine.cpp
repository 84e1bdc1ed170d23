#include "bench/durable_engine.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <pthread.h>

#include "base/assert.h"
#include "bench/stages.h"
#include "codec/command_codec.h"
#include "journal/slow_file_system.h"
#include "orderbook-engine/engine.h"

namespace sauda::bench {

namespace {

constexpr std::size_t group = 1024;

sequencer::ClockReading read_clocks() {
    const auto ns = [](auto time) {
        return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
    };
    return {{ns(std::chrono::system_clock::now())}, ns(std::chrono::steady_clock::now())};
}

sequencer::SequencerConfig config_of(const sequencer::Recovered& recovered) {
    sequencer::SequencerConfig config;
    config.engine_epoch = recovered.engine_epoch;
    config.rules_version = orderbook_engine::rules_version;
    return config;
}

}  // namespace

JournalThread::JournalThread(sequencer::Recovered& recovered, bus::Broadcast& bus,
                             sequencer::Sequencer& sequencer)
    : committer_(*recovered.writer, *recovered.event_log, bus, sequencer.held_back()),
      release_thread_([this] {
          committer_.release_more();
          release_cpu_seconds_ = thread_cpu_seconds();
      }),
      thread_([this] { run(); }) {}

std::string JournalThread::finish() {
    handover_.close();
    if (thread_.joinable()) thread_.join();
    if (release_thread_.joinable()) release_thread_.join();
    return failure_;
}

double JournalThread::release_cpu_seconds() {
    if (!release_thread_.joinable()) return release_cpu_seconds_;
    clockid_t clock{};
    timespec time{};
    const bool is_told = pthread_getcpuclockid(release_thread_.native_handle(), &clock) == 0 &&
                         clock_gettime(clock, &time) == 0;
    if (!is_told) return release_cpu_seconds_;
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

void JournalThread::run() {
    sequencer::Group group;
    while (handover_.take(group) && committer_.commit(group.batches)) {
        syncs_.fetch_add(1, std::memory_order_relaxed);
        cpu_seconds_.store(thread_cpu_seconds(), std::memory_order_relaxed);
    }
    if (const auto finished = committer_.finish(); !finished) failure_ = finished.error().message();
}

ReplyReader::ReplyReader(bus::Broadcast& bus, OnChunk on_chunk)
    : bus_(bus),
      on_chunk_(std::move(on_chunk)),
      queue_(bus.join(backlog_bytes_max, [this] { wake(); })),
      thread_([this] { run(); }) {}

void ReplyReader::finish() {
    bus_.close();
    wake();
    if (thread_.joinable()) thread_.join();
}

void ReplyReader::wake() {
    const std::lock_guard lock(mutex_);
    is_awake_ = true;
    ready_.notify_one();
}

void ReplyReader::run() {
    std::vector<bus::Chunk> chunks;
    while (queue_->take(chunks) == bus::BroadcastConsumer::Taken::chunks) {
        for (const bus::Chunk& chunk : chunks) on_chunk_(*chunk.bytes);
        if (!chunks.empty()) continue;
        std::unique_lock lock(mutex_);
        ready_.wait(lock, [this] { return is_awake_; });
        is_awake_ = false;
    }
}

sequencer::RecoverOptions recover_options(std::uint64_t journal_bytes) {
    sequencer::RecoverOptions options;
    options.rules_version = orderbook_engine::rules_version;
    options.journal_segment_size = std::max<std::uint64_t>(64u << 20, journal_bytes);
    options.event_segment_size = 64u << 20;  // as in production
    return options;
}

base::Result<std::unique_ptr<DurableEngine>, std::string> DurableEngine::open(
    const std::string& data_dir, const FlowFile& flow, ReplyReader::OnChunk on_chunk,
    const DurableEngineOptions& options) {
    if (options.cpus) {
        if (const auto kept = base::keep_to(options.cpus->rest); !kept)
            return base::Unexpected{kept.error().message()};
    }
    const auto delay_ms = std::make_shared<std::atomic<std::uint32_t>>(0);
    auto disk =
        std::make_unique<journal::SlowFileSystem>(std::make_unique<journal::PosixFileSystem>(), [delay_ms] {
            if (const std::uint32_t ms = delay_ms->load(); ms != 0)
                std::this_thread::sleep_for(std::chrono::milliseconds(ms));
        });
    auto recovered =
        sequencer::recover(*disk, data_dir, recover_options(flow.records().size() * options.record_bytes));
    if (!recovered) return base::Unexpected{recovered.error().message()};
    recovered->exchange.reserve(orders_to_reserve(flow));
    std::unique_ptr<DurableEngine> engine(
        new DurableEngine(delay_ms, std::move(disk), std::move(*recovered), std::move(on_chunk)));
    if (options.cpus) {
        if (const auto kept = base::keep_to({options.cpus->own}); !kept)
            return base::Unexpected{kept.error().message()};
    }
    return engine;
}

DurableEngine::DurableEngine(SyncDelay sync_delay_ms, std::unique_ptr<journal::FileSystem> disk,
                             sequencer::Recovered recovered, ReplyReader::OnChunk on_chunk)
    : sync_delay_ms_(std::move(sync_delay_ms)),
      disk_(std::move(disk)),
      recovered_(std::move(recovered)),
      replies_(bus_, std::move(on_chunk)),
      sequencer_(std::move(recovered_.exchange), config_of(recovered_)),
      journal_(recovered_, bus_, sequencer_) {}

void DurableEngine::add(const core::Command& command) {
    add_to(frames_, command);
}

void DurableEngine::add_to(bus::FrameBatch& frames, const core::Command& command) {
    core::Command identified = command;
    identified.id = {1, ++gateway_sequence_};
    frame_.clear();
    codec::encode_command(identified, frame_);
    frames.append(frame_);
}

void DurableEngine::send() {
    send(frames_, false);
    frames_.clear();
}

void DurableEngine::send(const bus::FrameBatch& frames, bool more_comes) {
    for (std::size_t from = 0; from < frames.size();) {
        if (sequencer_.stopped()) break;  // the disk failed; finish_journal() says how
        if (!sequencer_.can_step()) {
            std::this_thread::yield();
            continue;
        }
        from += sequencer_.step(frames, from, read_clocks(), batches_).frames_taken;
        const bool is_more_at_hand = from < frames.size() || more_comes;
        journal_.give(batches_, sequencer_.last(), is_more_at_hand && sequencer_.can_step());
    }
}

DurableEngine::Groups DurableEngine::encode(std::span<const FlowRecord> records) {
    Groups groups;
    for (; !records.empty(); records = records.subspan(std::min(group, records.size()))) {
        bus::FrameBatch& frames = groups.emplace_back();
        for (const FlowRecord& record : records.first(std::min(group, records.size())))
            add_to(frames, to_command(record));
    }
    return groups;
}

void DurableEngine::send_all(const Groups& groups, Progress& progress) {
    for (std::size_t i = 0; i < groups.size(); ++i) {
        send(groups[i], i + 1 < groups.size());
        progress.reach(i * group);
    }
}

void DurableEngine::send_all(std::span<const FlowRecord> records, Progress& progress) {
    for (std::size_t begin = 0; begin < records.size(); begin += group) {
        for (const FlowRecord& record : records.subspan(begin, std::min(group, records.size() - begin)))
            add(to_command(record));
        send();
        progress.reach(begin);
    }
}

}  // namespace sauda::bench
