#include "history-writer/history_writer.h"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "codec/event_frame.h"
#include "telemetry/log.h"

namespace sauda::history_writer {

namespace log = telemetry::log;
using base::Result;
using base::Unexpected;

namespace {

/// Larger batches cost less per row: neighbours in a tree are written together, each page once.
constexpr std::size_t rows_per_batch = 200'000;
constexpr std::size_t read_bytes = std::size_t{4} << 20;

/// How long what is published may wait, for a larger batch; less while somebody reads, since whoever reads
/// waits for a batch that must be small enough to be written in time.
constexpr auto patience = std::chrono::milliseconds(1'000);
constexpr auto patience_while_read = std::chrono::milliseconds(50);
constexpr auto is_read_for = std::chrono::milliseconds(2'000);
/// So little is written at once when somebody waits for it: no batch would be gained by waiting.
constexpr std::uint64_t commands_at_once = 256;
/// So much waits for nothing: it fills a batch.
constexpr std::uint64_t commands_per_batch = 25'000;
/// The log tells nobody that it grew, so that its writer need not know who reads.
constexpr auto look_interval = std::chrono::milliseconds(20);
constexpr auto retry_interval = std::chrono::seconds(1);

/// Runs when nobody else wants the core, and is preempted at once when somebody does: at a nice value alone
/// it would keep the core for the rest of its slice, and orders would wait for that.
void lower_priority() {
    static_cast<void>(pthread_setname_np(pthread_self(), "history"));  // as top -H shows it
    const sched_param none{};
    if (pthread_setschedparam(pthread_self(), SCHED_IDLE, &none) == 0) return;
    static_cast<void>(setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), 19));
}

/// Whether `progress` is of this log: it ends in a frame that the log has.
Result<bool, std::string> is_of(const history::Progress& progress, const journal::EventSource& events) {
    const std::uint64_t sequence = progress.sequence.raw;
    if (sequence == 0) return true;
    if (sequence > events.published_sequence()) return false;
    if (sequence < events.first_sequence()) return true;  // what could tell is archived
    bool is_same = false;
    const auto read = events.read(sequence, 1, [&](std::uint64_t, base::ByteView bytes) {
        const auto frame = codec::parse_event_frame(bytes);
        is_same = frame && history::frame_checksum(*frame) == progress.frame_crc;
        return false;
    });
    if (!read) return Unexpected{read.error().message()};
    return is_same;
}

struct Opened {
    std::unique_ptr<history::Store> store;
    history::Progress progress;
};

Result<Opened, std::string> open_store(const std::string& path) {
    auto store = history::Store::open(path);
    if (!store) return Unexpected{store.error().message()};
    if (!(*store)->set_aside().empty())
        log::warning("history set aside and made anew", {{"why", (*store)->set_aside()}});
    const auto progress = (*store)->progress();
    if (!progress) return Unexpected{progress.error().message()};
    return Opened{std::move(*store), *progress};
}

Result<Opened, std::string> open_for(const std::string& path, const journal::EventSource& events) {
    auto opened = open_store(path);
    if (!opened) return opened;
    const auto fits = is_of(opened->progress, events);
    if (!fits) return Unexpected{fits.error()};
    if (*fits) return opened;
    log::warning("history is not of this event log; it is set aside and made anew",
                 {{"sequence", opened->progress.sequence.raw}});
    opened->store.reset();
    if (const sql::Done moved = history::Store::set_aside(path); !moved)
        return Unexpected{moved.error().message()};
    return open_store(path);
}

}  // namespace

std::unique_ptr<HistoryWriter> HistoryWriter::start(const HistoryWriterConfig& config,
                                                    const journal::EventSource& log, telemetry::Metrics& metrics,
                                                    HistoryWriterHooks hooks) {
    auto writer = std::unique_ptr<HistoryWriter>(new HistoryWriter(config.is_writing, log, std::move(hooks)));
    writer->register_metrics(metrics);
    if (const std::string problem = writer->open(config.path); !problem.empty()) {
        writer->stand_still(problem);
    } else {
        writer->thread_ = std::thread([raw = writer.get()] { raw->run(); });
    }
    return writer;
}

std::string HistoryWriter::open(const std::string& path) {
    auto opened = open_for(path, log_);
    if (!opened) return opened.error();
    auto listings = opened->store->listings();
    if (!listings) return listings.error().message();
    store_ = std::move(opened->store);
    projector_.emplace(*store_, opened->progress, std::move(*listings));
    projected_ = opened->progress.sequence.raw;
    return {};
}

void HistoryWriter::stop() {
    {
        const std::lock_guard lock(mutex_);
        is_stopping_ = true;
        wake_.notify_one();
    }
    if (thread_.joinable()) thread_.join();
}

void HistoryWriter::register_metrics(telemetry::Metrics& metrics) {
    const auto number = [](const auto& cell) {
        return [&cell] { return static_cast<double>(cell.load(std::memory_order_relaxed)); };
    };
    metrics.gauge("sauda_history_sequence", "The last command that history tells of", number(projected_));
    metrics.gauge("sauda_history_lag_commands", "Durable commands that history does not tell of yet",
                  [this] { return static_cast<double>(lag()); });
    metrics.gauge("sauda_history_stands_still", "1 while history cannot go on; the log says why",
                  [this] { return problem().empty() ? 0.0 : 1.0; });
    metrics.counter_from("sauda_history_rows_total", "Rows written to history", number(rows_));
    metrics.counter_from("sauda_history_batches_total", "Transactions written to history", number(batches_));
}

std::uint64_t HistoryWriter::lag() const {
    const std::uint64_t projected = projected_.load(std::memory_order_acquire);
    const std::uint64_t published = log_.published_sequence();
    return published > projected ? published - projected : 0;
}

void HistoryWriter::demand(core::Sequence sequence) {
    const std::lock_guard lock(mutex_);
    demanded_ = std::max(demanded_, sequence);
    demanded_at_ = Clock::now();
    wake_.notify_one();
}

std::string HistoryWriter::problem() const {
    const std::lock_guard lock(mutex_);
    return problem_;
}

// --- The thread ---

bool HistoryWriter::is_due() const {
    const std::uint64_t waiting = lag();
    if (waiting == 0 || !is_writing_ || !hooks_.has_room()) return false;
    if (waiting >= commands_per_batch) return true;
    if (demanded_ > projected() && waiting <= commands_at_once) return true;
    const Clock::time_point now = Clock::now();
    const auto patient = now - demanded_at_ < is_read_for ? patience_while_read : patience;
    return now - written_at_ >= patient;
}

/// False when there is nothing more to do for good.
bool HistoryWriter::wait_until_due() {
    std::unique_lock lock(mutex_);
    while (!is_stopping_ && !is_due()) wake_.wait_for(lock, look_interval);
    return !is_stopping_;
}

void HistoryWriter::run() {
    lower_priority();
    while (wait_until_due()) {
        if (const std::string problem = fold(); !problem.empty()) return stand_still(problem);
        std::string problem = write();
        for (std::string told; !problem.empty(); problem = write()) {
            // A full disk, most likely. The rows stay in hand, and nothing is taken meanwhile.
            if (store_->is_damaged()) return stand_still(problem);
            if (problem != told)
                log::error("history cannot be written; it is tried again", {{"reason", problem}});
            told = problem;
            pause();
            if (const std::lock_guard lock(mutex_); is_stopping_) return;
        }
    }
}

/// Folds what is published, as far as it makes one batch.
std::string HistoryWriter::fold() {
    std::string problem;
    const auto visit = [&](std::uint64_t, base::ByteView bytes) {
        const auto frame = codec::parse_event_frame(bytes);
        if (!frame) {
            problem = "the event log holds what is no event frame";
            return false;
        }
        const auto applied = projector_->apply(*frame);
        if (!applied) problem = applied.error();
        return problem.empty() && projector_->row_count() < rows_per_batch;
    };
    while (problem.empty() && projector_->row_count() < rows_per_batch) {
        const std::uint64_t from = projector_->progress().sequence.raw + 1;
        const auto next = log_.read(from, read_bytes, visit);
        if (!next) return next.error().message();
        if (*next == from) break;
    }
    if (const auto failure = store_->take_failure()) return failure->message();
    return problem;
}

std::string HistoryWriter::write() {
    const std::size_t rows = projector_->row_count();
    sql::Done done = store_->write(projector_->batch());
    if (!done) return done.error().message();
    projector_->written();
    rows_.fetch_add(rows, std::memory_order_relaxed);
    batches_.fetch_add(1, std::memory_order_relaxed);
    projected_.store(projector_->progress().sequence.raw, std::memory_order_release);
    {
        const std::lock_guard lock(mutex_);
        written_at_ = Clock::now();
    }
    hooks_.on_projected(projected());
    done = store_->checkpoint_if_due();
    if (!done) log::warning("history's checkpoint failed", {{"reason", done.error().message()}});
    return {};
}

/// Trading goes on without history: questions about the past are answered 503.
void HistoryWriter::stand_still(const std::string& problem) {
    log::error("history stands still; docs/operating.md says what to do", {{"reason", problem}});
    const std::lock_guard lock(mutex_);
    problem_ = problem;
}

void HistoryWriter::pause() {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, retry_interval, [this] { return is_stopping_; });
}

}  // namespace sauda::history_writer
