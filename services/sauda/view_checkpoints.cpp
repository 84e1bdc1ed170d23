#include "sauda/view_checkpoints.h"

#include <charconv>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "codec/stored_event_frame.h"
#include "telemetry/log.h"
#include "views/checkpoint.h"

namespace sauda {

namespace log = telemetry::log;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::size_t read_bytes = 4u << 20;
constexpr auto look_interval = std::chrono::seconds(1);
constexpr int lowest_priority = 19;
/// Not a setting: what the views remember is part of what a checkpoint is compared with.
constexpr const char* candles_kept_name = "SAUDA_TEST_CANDLES_KEPT";

std::int64_t milliseconds_since(Clock::time_point start) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start).count();
}

void pass_over(std::uint64_t sequence, const std::string& reason) {
    log::warning("checkpoint of views passed over", {{"sequence", sequence}, {"reason", reason}});
}

}  // namespace

ViewCheckpoints::ViewCheckpoints(journal::FileSystem& disk, const journal::EventLog& log,
                                 std::string data_dir, const journal::JournalId& journal,
                                 views::ViewLimits limits)
    : disk_(disk),
      log_(log),
      data_dir_(std::move(data_dir)),
      journal_(journal),
      limits_(limits),
      store_(disk, journal::join(data_dir_, "views")) {}

bool ViewCheckpoints::restore(std::uint64_t sequence, views::ReadModel& views) {
    if (sequence + 1 < log_.first_sequence()) {
        pass_over(sequence, "the event log begins after it");
        return false;
    }
    const auto loaded = store_.load(sequence);
    if (!loaded) {
        pass_over(sequence, loaded.error().message());
        return false;
    }
    if (loaded->info.journal != journal_) {
        pass_over(sequence, "it belongs to another journal");
        return false;
    }
    auto decoded = views::decode_checkpoint(loaded->content, limits_);
    if (!decoded || decoded->last().raw != sequence) {
        pass_over(sequence, decoded ? "it is of another sequence than its name" : decoded.error());
        return false;
    }
    views = std::move(*decoded);
    return true;
}

views::ReadModel ViewCheckpoints::load() {
    views::ReadModel views(limits_);
    if (!disk_.exists(journal::join(data_dir_, "views"))) return views;
    const auto sequences = store_.list();
    if (!sequences) {
        log::warning("checkpoints of views cannot be listed", {{"reason", sequences.error().message()}});
        return views;
    }
    for (const std::uint64_t sequence : *sequences) {
        if (sequence > log_.published_sequence()) {
            pass_over(sequence, "it is ahead of the journal, which lost its end; it is removed");
            remove(sequence);
        } else if (restore(sequence, views)) {
            break;
        }
    }
    return views;
}

/// Durably: one that came back after another loss of power would pass for a checkpoint of what happened
/// since.
void ViewCheckpoints::remove(std::uint64_t sequence) {
    const auto removed = disk_.remove(store_.path_of(sequence));
    const auto synced = disk_.sync_directory(journal::join(data_dir_, "views"));
    if (!removed) log::error("it cannot be removed", {{"reason", removed.error().message()}});
    if (!synced) log::error("its removal cannot be synced", {{"reason", synced.error().message()}});
}

base::Result<core::Sequence, std::string> ViewCheckpoints::open(views::ReadModel& views) {
    const Clock::time_point start = Clock::now();
    views = load();
    const core::Sequence checkpoint = views.last();
    const std::int64_t loaded = milliseconds_since(start);
    const std::atomic<bool> never{false};
    std::string problem = fold_event_log(log_, views, {log_.published_sequence()}, never);
    if (!problem.empty()) return base::Unexpected{std::move(problem)};
    log::info("views folded", {{"sequence", views.last().raw},
                               {"checkpoint", checkpoint.raw},
                               {"load_ms", loaded},
                               {"all_ms", milliseconds_since(start)}});
    return checkpoint;
}

std::string ViewCheckpoints::save(const views::ReadModel& views) {
    const std::string directory = journal::join(data_dir_, "views");
    if (const auto made = disk_.make_directory(directory); !made) return made.error().message();
    if (const auto synced = disk_.sync_directory(data_dir_); !synced) return synced.error().message();
    if (const auto swept = store_.sweep(); !swept) return swept.error().message();
    base::Bytes content;
    views::encode_checkpoint(views, content);
    journal::SnapshotInfo info;
    info.sequence = views.last().raw;
    info.journal = journal_;
    const auto saved = store_.save(info, content);
    if (!saved) return saved.error().message();
    const auto pruned = store_.prune(kept);
    return pruned ? std::string() : pruned.error().message();
}

base::Result<views::ViewLimits, std::string> view_limits() {
    views::ViewLimits limits;
    const char* text = std::getenv(candles_kept_name);
    if (text == nullptr) return limits;
    const char* end = text + std::strlen(text);
    const auto read = std::from_chars(text, end, limits.candles.per_interval_max);
    if (read.ec != std::errc() || read.ptr != end || limits.candles.per_interval_max == 0)
        return base::Unexpected{std::string(candles_kept_name) + " must be a whole number above zero"};
    return limits;
}

std::string fold_event_log(const journal::EventSource& event_log, views::ReadModel& views,
                           core::Sequence through, const std::atomic<bool>& stopping) {
    std::string problem;
    codec::StoredFrameReader stored;
    const auto fold = [&](std::uint64_t, base::ByteView bytes) {
        const auto frame = stored.read(bytes);
        const bool is_good = frame && views.apply(frame->header.sequence, frame->header.time, frame->events);
        if (!is_good) problem = "the event log holds what is no event frame of this version";
        return is_good && views.last() < through;
    };
    while (problem.empty() && views.last() < through && !stopping.load(std::memory_order_relaxed)) {
        const std::uint64_t from = std::max(views.last().raw + 1, event_log.first_sequence());
        const auto next = event_log.read(from, read_bytes, fold);
        if (!next) return next.error().message();
        if (*next == from) break;
    }
    return problem;
}

CheckpointRoller::CheckpointRoller(ViewCheckpoints& checkpoints, const journal::EventLog& event_log,
                                   Config config)
    : checkpoints_(checkpoints),
      log_(event_log),
      config_(std::move(config)),
      last_(config_.last.raw),
      thread_([this] { run(); }) {}

void CheckpointRoller::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_.store(true);
        wake_.notify_one();
    }
    if (thread_.joinable()) thread_.join();
}

void CheckpointRoller::run() {
    setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)),
                lowest_priority);  // trading comes first
    std::unique_lock lock(mutex_);
    while (!stopping_.load()) {
        wake_.wait_for(lock, look_interval);
        const core::Sequence published{log_.published_sequence()};
        if (stopping_.load() || !is_due(published)) continue;
        lock.unlock();
        roll(published);
        lock.lock();
    }
}

bool CheckpointRoller::is_due(core::Sequence published) const {
    return published.raw >= last_.load() + config_.every && config_.may_write();
}

void CheckpointRoller::roll(core::Sequence through) {
    const Clock::time_point start = Clock::now();
    views::ReadModel views = checkpoints_.load();
    const core::Sequence from = views.last();
    std::string problem = fold_event_log(log_, views, through, stopping_);
    if (stopping_.load()) return;
    const std::int64_t folded = milliseconds_since(start);
    if (problem.empty()) problem = checkpoints_.save(views);
    // Also after a failure: the next try is as far away as after a success.
    last_.store(through.raw, std::memory_order_relaxed);
    if (!problem.empty()) return log::error("no checkpoint of views could be taken", {{"reason", problem}});
    log::info("checkpoint of views taken", {{"sequence", views.last().raw},
                                            {"folded_from", from.raw},
                                            {"fold_ms", folded},
                                            {"all_ms", milliseconds_since(start)}});
}

}  // namespace sauda
