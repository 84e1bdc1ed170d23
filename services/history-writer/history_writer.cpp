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
/// As long as a stop waits for a batch that is being written.
constexpr auto stop_patience = std::chrono::seconds(2);

/// Runs when nobody else wants the core, and is preempted at once when somebody does: at a nice value alone
/// it would keep the core for the rest of its slice, and orders would wait for that.
void lower_priority() {
    static_cast<void>(pthread_setname_np(pthread_self(), "history"));  // as top -H shows it
    const sched_param none{};
    if (pthread_setschedparam(pthread_self(), SCHED_IDLE, &none) == 0) return;
    static_cast<void>(setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), 19));
}

}  // namespace

std::unique_ptr<HistoryWriter> HistoryWriter::start(const HistoryWriterConfig& config,
                                                    const journal::EventSource& log,
                                                    telemetry::Metrics& metrics, HistoryWriterHooks hooks) {
    auto writer = std::unique_ptr<HistoryWriter>(new HistoryWriter(config, log, std::move(hooks)));
    writer->register_metrics(metrics);
    const std::optional<Trouble> trouble = writer->open();
    if (trouble && !trouble->is_passing) {
        writer->stand_still(trouble->sentence);
        return writer;
    }
    if (trouble) writer->tell(trouble->sentence);
    writer->thread_ = std::thread([raw = writer.get()] { raw->run(); });
    return writer;
}

std::optional<Trouble> HistoryWriter::open() {
    auto opened = open_history(config_.store, log_, interrupt_);
    if (!opened) return opened.error();
    store_ = std::move(opened->store);
    projector_.emplace(*store_, opened->progress, std::move(opened->listings));
    projected_ = opened->progress.sequence.raw;
    const std::lock_guard lock(mutex_);
    if (!problem_.empty()) log::info("history goes on", {{"sequence", opened->progress.sequence.raw}});
    problem_.clear();
    return std::nullopt;
}

void HistoryWriter::stop() {
    {
        std::unique_lock lock(mutex_);
        is_stopping_ = true;
        wake_.notify_all();
        if (thread_.joinable()) wake_.wait_for(lock, stop_patience, [this] { return has_ended_; });
    }
    interrupt_.raise();
    if (thread_.joinable()) thread_.join();
}

void HistoryWriter::register_metrics(telemetry::Metrics& metrics) {
    metrics.gauge("sauda_history_sequence", "The last command that history tells of",
                  telemetry::reading_of(projected_));
    metrics.gauge("sauda_history_lag_commands", "Durable commands that history does not tell of yet",
                  [this] { return static_cast<double>(lag()); });
    metrics.gauge("sauda_history_stands_still", "1 while history cannot go on; the log says why",
                  [this] { return problem().empty() ? 0.0 : 1.0; });
    metrics.counter_from("sauda_history_rows_total", "Rows written to history", telemetry::reading_of(rows_));
    metrics.counter_from("sauda_history_batches_total", "Transactions written to history",
                         telemetry::reading_of(batches_));
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
    if (waiting == 0 || !config_.is_writing || !hooks_.has_room()) return false;
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
    while (!is_stopping()) {
        const std::optional<Trouble> trouble = store_ ? follow() : open();
        if (!trouble) continue;
        if (!trouble->is_passing) {
            stand_still(trouble->sentence);
            break;
        }
        lose_store(*trouble);
        pause();
    }
    const std::lock_guard lock(mutex_);
    has_ended_ = true;
    wake_.notify_all();
}

std::optional<Trouble> HistoryWriter::follow() {
    if (!wait_until_due()) return std::nullopt;
    if (auto trouble = fold()) return trouble;
    return write();
}

/// Folds what is published, as far as it makes one batch.
std::optional<Trouble> HistoryWriter::fold() {
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
        if (!next) return Trouble{next.error().message()};
        if (*next == from) break;
    }
    // First: what could not be looked up looks like a contradiction.
    if (const auto failure = store_->take_failure()) return trouble_of(config_.store, *failure);
    return problem.empty() ? std::nullopt : std::optional(Trouble{problem});
}

std::optional<Trouble> HistoryWriter::write() {
    const std::size_t rows = projector_->row_count();
    std::string told;
    while (!is_stopping()) {
        const sql::Done done = store_->write(projector_->batch());
        if (done) {
            written(rows);
            return std::nullopt;
        }
        const bool is_of_no_use = store_->is_damaged() || done.error().kind == sql::Error::Kind::lost;
        if (is_of_no_use) return trouble_of(config_.store, done.error());
        // A full disk, most likely. The rows stay in hand, and nothing is taken meanwhile.
        const std::string problem = done.error().message();
        if (problem != told)
            log::error("history cannot be written; it is tried again", {{"reason", problem}});
        told = problem;
        pause();
    }
    return std::nullopt;
}

void HistoryWriter::written(std::size_t rows) {
    projector_->written();
    rows_.fetch_add(rows, std::memory_order_relaxed);
    batches_.fetch_add(1, std::memory_order_relaxed);
    projected_.store(projector_->progress().sequence.raw, std::memory_order_release);
    {
        const std::lock_guard lock(mutex_);
        written_at_ = Clock::now();
    }
    hooks_.on_projected(projected());
    const sql::Done done = store_->checkpoint_if_due();
    if (!done) log::warning("history's checkpoint failed", {{"reason", done.error().message()}});
}

/// What was folded and not written goes with it: whether the last batch was written nobody knows, and what
/// stands in the database says from where to fold again.
void HistoryWriter::lose_store(const Trouble& trouble) {
    projector_.reset();
    store_.reset();
    tell(trouble.sentence);
}

void HistoryWriter::tell(const std::string& problem) {
    const std::lock_guard lock(mutex_);
    if (problem != problem_ && !is_stopping_)
        log::error("history waits for its server and tries again", {{"reason", problem}});
    problem_ = problem;
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

bool HistoryWriter::is_stopping() const {
    const std::lock_guard lock(mutex_);
    return is_stopping_;
}

}  // namespace sauda::history_writer
