#include "orderbook-engine/engine.h"

#include <algorithm>
#include <ctime>
#include <random>
#include <utility>

#include "base/cpus.h"
#include "sequencer/snapshots.h"
#include "telemetry/log.h"

namespace sauda::orderbook_engine {

namespace log = telemetry::log;

namespace {

std::int64_t read_clock(clockid_t clock) {
    timespec time{};
    clock_gettime(clock, &time);
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

std::int64_t ns_since(std::chrono::steady_clock::time_point begin) {
    return std::chrono::nanoseconds(std::chrono::steady_clock::now() - begin).count();
}

sequencer::ClockReading read_clocks() {
    return {{read_clock(CLOCK_REALTIME)}, read_clock(CLOCK_BOOTTIME)};
}

journal::JournalId random_journal_id() {
    std::random_device device;
    journal::JournalId id{};
    for (auto& byte : id) byte = static_cast<std::remove_reference_t<decltype(byte)>>(device());
    return id;
}

sequencer::RecoverOptions recover_options(const EngineConfig& config) {
    sequencer::RecoverOptions options;
    options.rules_version = rules_version;
    options.new_journal = random_journal_id();
    options.journal_segment_size = config.segment_size;
    options.event_segment_size = config.segment_size;
    options.durability = config.durability;
    return options;
}

sequencer::SequencerConfig sequencer_config(const sequencer::Recovered& recovered) {
    sequencer::SequencerConfig config;
    config.engine_epoch = recovered.engine_epoch;
    config.rules_version = rules_version;
    return config;
}

void log_recovery(const sequencer::RecoveryReport& report) {
    for (const auto& damaged : report.damaged_snapshots) {
        log::warning("snapshot passed over", {{"reason", damaged.message()}});
    }
    if (report.torn)
        log::warning("torn journal tail cut; it was never acknowledged",
                     {{"saved_as", report.torn->saved_as}});
    if (report.forgotten > 0) {
        log::error(
            "released events were lost with the journal's end (durability os); their sequences are given "
            "anew",
            {{"count", report.forgotten}});
    }
    log::info("engine recovered", {{"sequence", report.last.raw},
                                   {"snapshot", report.snapshot.raw},
                                   {"replayed", report.replayed},
                                   {"stopped_cleanly", report.stopped_cleanly},
                                   {"events_rebuilt", report.event_frames_rebuilt}});
}

}  // namespace

sequencer::JournalResult<std::unique_ptr<Engine>> Engine::start(const EngineConfig& config, Disk disk,
                                                                EngineHooks hooks,
                                                                telemetry::Metrics& metrics) {
    auto recovered = sequencer::recover(*disk, config.data_dir, recover_options(config));
    if (!recovered) return base::Unexpected{recovered.error()};
    log_recovery(recovered->report);
    recovered->exchange.reserve(config.open_orders_reserved);
    return std::unique_ptr<Engine>(
        new Engine(config, std::move(hooks), std::move(disk), std::move(*recovered), metrics));
}

Engine::Engine(const EngineConfig& config, EngineHooks hooks, Disk disk, sequencer::Recovered recovered,
               telemetry::Metrics& metrics)
    : config_(config),
      hooks_(std::move(hooks)),
      disk_(std::move(disk)),
      recovered_(std::move(recovered)),
      queue_(config.queue, [this] { wake_sequencer(); }),
      broadcast_(recovered_.report.last.raw),
      sequencer_(std::move(recovered_.exchange), sequencer_config(recovered_),
                 {.on_dropped = [this](sequencer::Dropped, base::ByteView) { dropped_.add(); },
                  .on_clock_step =
                      [](const sequencer::ClockStep& step) {
                          log::warning("wall clock stepped; stamps are slewed", {{"step_ns", step.step_ns}});
                      }}),
      committer_(*recovered_.writer, *recovered_.event_log, broadcast_, sequencer_.held_back(),
                 {.on_released = [this](core::Sequence last) { note_released(last); },
                  .on_failure = [this](const base::IoError& error) { fail(error.message()); }}),
      durable_(recovered_.report.last.raw),
      commands_total_(metrics.counter("sauda_engine_commands_total", "Commands sequenced")),
      journal_bytes_(metrics.counter("sauda_journal_bytes_total", "Bytes appended to the journal")),
      commits_(metrics.counter("sauda_journal_commits_total", "Group commits")),
      dropped_(metrics.counter("sauda_engine_dropped_total", "Frames on the bus that were no commands")),
      commit_latency_(metrics.histogram(
          "sauda_journal_commit_seconds",
          "Write and sync of one group, and its release where it is not left to the release thread")),
      durable_latency_(metrics.histogram("sauda_engine_durable_seconds",
                                         "From a batch's application to its release, durable")) {
    register_metrics(metrics);
    sequencer_thread_ = std::thread([this] { run_sequencer(); });
    journal_thread_ = std::thread([this] { run_journal(); });
    release_thread_ = std::thread([this] { committer_.release_more(); });
    housekeeping_thread_ = std::thread([this] { run_housekeeping(); });
}

Engine::~Engine() {
    queue_.close();
    join();
}

void Engine::register_metrics(telemetry::Metrics& metrics) {
    metrics.gauge("sauda_engine_queue_frames", "Commands that wait for the engine",
                  [this] { return static_cast<double>(queue_.waiting()); });
    metrics.gauge("sauda_engine_held_back_bytes", "Events that wait for the disk",
                  [this] { return static_cast<double>(sequencer_.held_back().bytes()); });
    metrics.gauge("sauda_engine_sequence", "The last durable sequence",
                  [this] { return static_cast<double>(durable_.load(std::memory_order_relaxed)); });
    metrics.gauge("sauda_engine_cancel_only", "1 while low disk keeps new orders out",
                  [this] { return is_cancel_only() ? 1.0 : 0.0; });
}

// --- Sequencer thread
// ----------------------------------------------------------------------------------------------

void Engine::wait_until_woken(std::optional<std::int64_t> ns_max) {
    std::unique_lock lock(wake_mutex_);
    const auto is_awake = [this] { return awake_; };
    if (ns_max) {
        wake_.wait_for(lock, std::chrono::nanoseconds(*ns_max), is_awake);
    } else {
        wake_.wait(lock, is_awake);
    }
    awake_ = false;
}

void Engine::wake_sequencer() {
    const std::lock_guard lock(wake_mutex_);
    awake_ = true;
    wake_.notify_one();
}

/// Steps through `frames`; false once the journal has failed.
bool Engine::step_all(const bus::FrameBatch& frames) {
    base::Bytes batches;
    std::size_t from = 0;
    do {
        while (!sequencer_.can_step()) {
            if (sequencer_.stopped()) return false;
            wait_until_woken({});  // by the journal thread, which makes room
        }
        const auto stepped = sequencer_.step(frames, from, read_clocks(), batches);
        from += stepped.frames_taken;
        if (!stepped.empty()) commands_total_.add(stepped.last.raw - stepped.first.raw + 1);
        note_taken(stepped.frames_taken);
        const std::size_t at_hand = frames.size() - from + queue_.waiting();
        const bool more_comes =
            at_hand >= sequencer::Handover::worth_waiting_commands && sequencer_.can_step();
        handover_.give(batches, sequencer_.last(), more_comes);
    } while (from < frames.size());
    return true;
}

void Engine::note_taken(std::size_t frames) {
    if (frames == 0) return;
    const std::lock_guard lock(taken_mutex_);
    taken_frames_ += frames;
    forget_settled();  // nobody may ask
    taken_.push_back({sequencer_.last(), taken_frames_});
}

std::uint64_t Engine::settled_frames() {
    const std::lock_guard lock(taken_mutex_);
    forget_settled();
    return settled_frames_;
}

/// Requires: taken_mutex_ is held.
void Engine::forget_settled() {
    const std::uint64_t durable = durable_.load(std::memory_order_acquire);
    while (!taken_.empty() && taken_.front().sequence.raw <= durable) {
        settled_frames_ = taken_.front().frames;
        taken_.pop_front();
    }
}

void Engine::ask_time(TimeTold told) {
    {
        const std::lock_guard lock(time_mutex_);
        time_asked_.push_back(std::move(told));
        is_time_asked_.store(true, std::memory_order_relaxed);
    }
    wake_sequencer();
}

void Engine::tell_time() {
    if (!is_time_asked_.load(std::memory_order_relaxed)) return;
    std::vector<TimeTold> asked;
    {
        const std::lock_guard lock(time_mutex_);
        asked.swap(time_asked_);
        is_time_asked_.store(false, std::memory_order_relaxed);
    }
    const core::Stamp stamp = sequencer_.tell_time(read_clocks());
    for (const TimeTold& told : asked) told(stamp);
}

void Engine::run_sequencer() {
    if (config_.sequencer_cpu) {
        const auto kept = base::keep_to({*config_.sequencer_cpu});
        if (!kept) log::warning("the sequencer has no CPU of its own", {{"reason", kept.error().message()}});
    }
    bus::FrameBatch frames;
    while (!sequencer_.stopped()) {
        tell_time();
        if (queue_.take(frames) == 0) {
            if (queue_.drained()) break;
            wait_until_woken(sequencer_.due_in_ns(read_clocks()));
            // Nobody asked for anything, but something may be due by time alone.
            if (sequencer_.due_in_ns(read_clocks()) == 0 && !step_all({})) break;
            continue;
        }
        if (!step_all(frames)) break;
    }
    handover_.close();
}

// --- Journal thread
// ------------------------------------------------------------------------------------------------

void Engine::run_journal() {
    sequencer::Group group;
    while (is_healthy() && handover_.take(group)) {
        {
            const std::lock_guard lock(applied_mutex_);
            applied_.push_back({group.last, group.since});
        }
        const auto started = std::chrono::steady_clock::now();
        const auto committed = committer_.commit(group.batches);
        if (!committed) {
            fail(committed.error().message());
            break;
        }
        durable_.store(committed->raw, std::memory_order_release);
        journal_bytes_.add(group.batches.size());
        commits_.add();
        commit_latency_.observe(ns_since(started));
        adopt_prepared();
    }
    // The release thread has said what failed, if something does now.
    static_cast<void>(committer_.finish().has_value());
    if (!is_healthy()) broadcast_.close();  // nobody publishes any more
}

/// On the journal thread or the release thread.
void Engine::note_released(core::Sequence last) {
    wake_sequencer();  // it may have waited for room
    const std::lock_guard lock(applied_mutex_);
    for (; !applied_.empty() && applied_.front().last <= last; applied_.pop_front())
        durable_latency_.observe(ns_since(applied_.front().since));
}

void Engine::adopt_prepared() {
    if (!recovered_.writer->wants_prepared()) return;
    const std::lock_guard lock(prepared_mutex_);
    if (prepared_) {
        recovered_.writer->adopt(std::move(*prepared_));
        prepared_.reset();
        return;
    }
    wants_prepared_.store(true, std::memory_order_release);
    housekeeping_wake_.notify_one();
}

void Engine::fail(const std::string& reason) {
    if (failed_.exchange(true)) return;
    queue_.close();
    wake_sequencer();
    log::error("the journal failed; nothing more is acknowledged", {{"reason", reason}});
    if (hooks_.on_failure) hooks_.on_failure(reason);
}

// --- Housekeeping thread
// -------------------------------------------------------------------------------------------

void Engine::run_housekeeping() {
    std::unique_lock lock(housekeeping_mutex_);
    while (!stopping_) {
        lock.unlock();
        prepare_segment_if_wanted();
        watch_disk();
        const core::Sequence released{recovered_.event_log->published_sequence()};
        if (is_healthy() && !recovered_.event_log->failed()) {
            const auto synced = recovered_.event_log->sync();
            if (!synced) log::error("event log cannot be synced", {{"reason", synced.error().message()}});
        }
        roll_snapshot_if_due(released);
        lock.lock();
        if (!stopping_) housekeeping_wake_.wait_for(lock, std::chrono::seconds(1));
    }
}

void Engine::prepare_segment_if_wanted() {
    if (!wants_prepared_.load(std::memory_order_acquire) || cancel_only_) return;
    auto prepared = journal::prepare_segment(*disk_, recovered_.directory.journal(), config_.segment_size);
    if (!prepared)
        return log::error("the next segment cannot be made", {{"reason", prepared.error().message()}});
    const std::lock_guard lock(prepared_mutex_);
    prepared_ = std::move(*prepared);
    wants_prepared_.store(false, std::memory_order_release);
}

void Engine::watch_disk() {
    const auto free_bytes = disk_->free_bytes(config_.data_dir);
    if (!free_bytes) return;
    const bool is_low = *free_bytes < config_.disk_reserve_bytes;
    if (is_low == cancel_only_.exchange(is_low)) return;
    queue_.cancel_only(is_low);
    if (is_low) {
        log::error("disk is nearly full: only cancels are taken; free some space",
                   {{"free_bytes", *free_bytes}});
    } else {
        log::info("disk has room again: orders are taken", {{"free_bytes", *free_bytes}});
    }
}

/// No further than `synced`: through it the event log is durable.
void Engine::roll_snapshot_if_due(core::Sequence synced) {
    if (!hooks_.roll_snapshot) return;
    const auto segments =
        journal::list_segments(*disk_, recovered_.directory.journal(), journal::SegmentKind::journal);
    if (!segments || segments->size() <= segments_seen_) return;
    const bool closed_one = segments_seen_ != 0;
    segments_seen_ = segments->size();
    if (closed_one) hooks_.roll_snapshot(std::min(synced, {segments->back().first_sequence - 1}));
}

// --- Stopping
// ------------------------------------------------------------------------------------------------------

void Engine::join() {
    {
        const std::lock_guard lock(housekeeping_mutex_);
        stopping_ = true;
        housekeeping_wake_.notify_one();
    }
    wake_sequencer();
    for (std::thread* thread :
         {&sequencer_thread_, &journal_thread_, &release_thread_, &housekeeping_thread_}) {
        if (thread->joinable()) thread->join();
    }
}

std::optional<std::string> Engine::stop() {
    queue_.close();
    join();
    broadcast_.close();
    if (!is_healthy()) return "the journal had failed";
    if (hooks_.before_last_snapshot) hooks_.before_last_snapshot();
    if (const auto stopped = committer_.stop_cleanly(); !stopped) return stopped.error().message();
    const auto saved = sequencer::save_snapshot(*disk_, recovered_.directory.root(), sequencer_.exchange(),
                                                recovered_.journal, rules_version, config_.snapshots_kept);
    if (!saved) return saved.error().message();
    log::info("engine stopped", {{"sequence", sequencer_.last().raw}, {"snapshot", *saved}});
    return std::nullopt;
}

}  // namespace sauda::orderbook_engine
