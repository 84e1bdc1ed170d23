/// The thread that projects the event log into history, beside the engine and never in its way: it reads the
/// log from the disk, at low priority, and may lag as long as it likes.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/result.h"
#include "history-writer/opening.h"
#include "history/store.h"
#include "journal/event_source.h"
#include "telemetry/metrics.h"

namespace sauda::history_writer {

struct HistoryWriterConfig {
    std::string store;       ///< a path, or the connection URI of a PostgreSQL database
    bool is_writing = true;  ///< false: history stays where it stands, however far behind
};

struct HistoryWriterHooks {
    /// Whether the disk has room: without, history stands still and leaves what there is to the journal. On
    /// the writer's thread.
    std::function<bool()> has_room;
    /// History goes through this sequence now. On the writer's thread.
    std::function<void(core::Sequence)> on_projected;
};

/// Threads: start() and the end of it belong to one owner; the rest is for any thread.
class HistoryWriter {
public:
    /// Opens the history at `config.store` and goes on from where it stands. One that is of another event
    /// log, or from which `log` has forgotten frames (after a power loss under durability os), is set aside
    /// and made anew. Where it cannot be opened history stands still, and nothing else does: see problem(). A
    /// server that is away, now or later, is tried again every second, and history goes on by itself. `log`
    /// and `metrics` outlive the writer.
    static std::unique_ptr<HistoryWriter> start(const HistoryWriterConfig& config,
                                                const journal::EventSource& log, telemetry::Metrics& metrics,
                                                HistoryWriterHooks hooks);
    /// Writes nothing more once the batch in hand is written, or a server has not taken it in 2 s. What is
    /// missing is projected after the next start.
    void stop();
    ~HistoryWriter() { stop(); }
    HistoryWriter(const HistoryWriter&) = delete;
    HistoryWriter& operator=(const HistoryWriter&) = delete;

    core::Sequence projected() const { return {projected_.load(std::memory_order_acquire)}; }
    /// Published and not yet projected commands.
    std::uint64_t lag() const;
    /// Somebody waits for history to go through `sequence`: it is projected at once, not in the next batch.
    void demand(core::Sequence sequence);
    /// Why it stands still; empty: it does not.
    std::string problem() const;

private:
    HistoryWriter(HistoryWriterConfig config, const journal::EventSource& log, HistoryWriterHooks hooks)
        : config_(std::move(config)), log_(log), hooks_(std::move(hooks)) {}

    void register_metrics(telemetry::Metrics& metrics);
    // Nothing: it goes on.
    std::optional<Trouble> open();
    std::optional<Trouble> follow();
    std::optional<Trouble> fold();
    std::optional<Trouble> write();

    void run();
    bool wait_until_due();
    bool is_due() const;
    void written(std::size_t rows);
    void stand_still(const std::string& problem);
    void lose_store(const Trouble& trouble);
    void tell(const std::string& problem);
    void pause();
    bool is_stopping() const;

    using Clock = std::chrono::steady_clock;

    const HistoryWriterConfig config_;
    const journal::EventSource& log_;
    const HistoryWriterHooks hooks_;
    sql::Interrupt interrupt_;
    // Opened by start(), then the writer thread's. Null: a server is away.
    std::unique_ptr<history::Store> store_;
    std::optional<history::Projector> projector_;

    std::atomic<std::uint64_t> projected_{0};
    std::atomic<std::uint64_t> rows_{0};
    std::atomic<std::uint64_t> batches_{0};

    mutable std::mutex mutex_;
    std::condition_variable wake_;
    core::Sequence demanded_;
    Clock::time_point demanded_at_{};
    Clock::time_point written_at_{};
    bool is_stopping_ = false;
    bool has_ended_ = false;  ///< the thread
    std::string problem_;

    std::thread thread_;
};

}  // namespace sauda::history_writer
