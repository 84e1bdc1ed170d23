#include "bench/snapshot_bench.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <thread>

#include "bench/beside.h"
#include "bench/flow_maker.h"
#include "bench/idle_loop.h"
#include "bench/live_engine.h"
#include "bench/machine.h"
#include "bench/paced_sending.h"
#include "bench/plot.h"
#include "bench/report.h"
#include "bench/temporary_directory.h"

namespace sauda::bench {

namespace {

using Failure = base::Unexpected<std::string>;
using std::chrono::milliseconds;

/// Orders come in groups, every half millisecond: a sender that waited for each alone would keep a core busy.
constexpr std::uint64_t groups_per_second = 2'000;
/// The engine makes the next segment when it closes one; the snapshot comes so much later, to tell them
/// apart.
constexpr std::int64_t rest_ns = 2'000'000'000;
/// How long before a segment is seen to be closed the next one is being made.
constexpr std::int64_t making_ns = 1'000'000'000;

/// Has snapshots made beside the engine, and after each lets an idle loop run for as long; notes when.
///
/// Threads: one owner; segment_closed() on the housekeeping thread; one thread of its own.
class Snapshots {
public:
    Snapshots(const SnapshotMaker& maker, std::string data_dir)
        : maker_(maker), data_dir_(std::move(data_dir)) {}
    ~Snapshots() { stop(); }

    void segment_closed(std::uint64_t through) {
        closed_at_ns_ = now_ns();
        closed_ = through;
    }
    /// Makes the first one, over everything so far, and returns; from then on one for each closed segment.
    void start() {
        std::atomic<bool> made_first{false};
        thread_ = std::thread([this, &made_first] {
            while (closed_ == 0 && !is_over_) std::this_thread::sleep_for(milliseconds(5));
            make();
            made_first = true;
            run();
        });
        while (!made_first) std::this_thread::sleep_for(milliseconds(5));
    }
    void stop() {
        is_over_ = true;
        if (thread_.joinable()) thread_.join();
    }
    /// All after stop(), the first snapshot left out.
    std::vector<Interval> made() const { return {made_.begin() + 1, made_.end()}; }
    const std::vector<Interval>& loops() const { return loops_; }
    const std::vector<Interval>& segments() const { return segments_; }

private:
    void make() {
        rolled_ = closed_;
        Interval interval{now_ns(), 0};
        maker_.start(data_dir_, rolled_);
        while (maker_.is_running()) std::this_thread::sleep_for(milliseconds(1));
        interval.end_ns = now_ns();
        made_.push_back(interval);
    }
    void loop_for(std::int64_t ns) {
        IdleLoop loop;
        const std::int64_t began = now_ns();
        if (!loop.start()) return;
        while (now_ns() < began + ns && !is_over_) std::this_thread::sleep_for(milliseconds(1));
        loop.stop();
        loops_.push_back({began, now_ns()});
    }
    void run() {
        while (!is_over_) {
            std::this_thread::sleep_for(milliseconds(5));
            if (closed_ == rolled_ || now_ns() - closed_at_ns_ < rest_ns) continue;
            segments_.push_back({closed_at_ns_ - making_ns, closed_at_ns_});
            make();
            std::this_thread::sleep_for(milliseconds(500));
            loop_for(made_.back().end_ns - made_.back().begin_ns);
        }
    }

    const SnapshotMaker& maker_;
    const std::string data_dir_;
    std::atomic<std::uint64_t> closed_{0};  ///< through which segments are closed
    std::atomic<std::int64_t> closed_at_ns_{0};
    std::atomic<bool> is_over_{false};
    std::uint64_t rolled_ = 0;
    std::vector<Interval> made_;
    std::vector<Interval> loops_;
    std::vector<Interval> segments_;
    std::thread thread_;
};

struct Figures {
    std::vector<Wait> waits;
    std::vector<Interval> snapshots;
    std::vector<Interval> loops;
    std::vector<Interval> segments;
    std::uint64_t live_orders = 0;
    std::uint64_t snapshot_bytes = 0;
};

/// Of the newest snapshot.
std::uint64_t snapshot_bytes(const std::string& data_dir) {
    std::string newest;
    std::uint64_t bytes = 0;
    for (const auto& entry : std::filesystem::directory_iterator(data_dir + "/snapshots")) {
        if (entry.path().extension() != ".snapshot" || entry.path().string() < newest) continue;
        newest = entry.path().string();
        bytes = entry.file_size();
    }
    return bytes;
}

std::vector<Wait> waits_of(const Releases& releases, const Schedule& schedule) {
    std::vector<Wait> waits;
    const std::vector<std::int64_t>& at_ns = releases.times_ns();
    for (std::size_t i = 0; i < at_ns.size(); ++i) {
        ASSERT(at_ns[i] != 0);
        waits.push_back({schedule.arrival_ns(i), at_ns[i]});
    }
    return waits;
}

base::Result<Figures, std::string> measure(const SnapshotBenchOptions& options, const SnapshotMaker& maker,
                                           const std::string& data_dir, Progress& progress) {
    const FlowFile flow =
        make_flow(FlowKind::markets, {options.rate * options.seconds, 64, 10'000, options.live, 1}, progress);
    orderbook_engine::EngineConfig config;
    config.data_dir = data_dir;
    config.segment_size = options.segment_mib << 20;
    config.disk_reserve_bytes = 0;
    config.open_orders_reserved = orders_to_reserve(flow);
    Snapshots snapshots(maker, data_dir);
    Releases releases;
    const auto started = LiveEngine::start(
        config, std::make_unique<journal::PosixFileSystem>(),
        [&](core::Sequence through) { snapshots.segment_closed(through.raw); },
        [&](base::ByteView frames) { releases.take(frames); });
    if (!started) return Failure{started.error()};
    LiveEngine& engine = **started;
    if (!engine.prepare(flow, progress)) return Failure{engine.stop()};
    progress.begin("the first snapshot", 1);
    snapshots.start();
    const auto timed = flow.records().subspan(flow.header().prefill);
    releases.expect(engine.gateway_sequence() + 1, timed.size());
    progress.begin("orders at a fixed rate", timed.size());
    Schedule schedule(options.rate, std::max<std::uint64_t>(options.rate / groups_per_second, 1));
    schedule.start();
    send_on_schedule(engine, timed, schedule, progress);
    const bool is_released = engine.wait_until_released();
    snapshots.stop();
    Figures figures;
    figures.snapshot_bytes = snapshot_bytes(data_dir);
    if (const std::string failure = engine.stop(); !failure.empty() || !is_released) return Failure{failure};
    figures.waits = waits_of(releases, schedule);
    figures.snapshots = snapshots.made();
    figures.loops = snapshots.loops();
    figures.segments = snapshots.segments();
    figures.live_orders = flow.header().live_orders;
    if (figures.snapshots.empty()) return Failure{std::string("no segment was closed: take longer")};
    return figures;
}

Report report_of(const SnapshotBenchOptions& options, const Felt& felt) {
    const double seconds = static_cast<double>(felt.latency.count) / static_cast<double>(options.rate);
    Report report;
    report.add("orders", std::uint64_t{felt.latency.count}).add("latency", felt.latency);
    report.add("pause_us_max", static_cast<double>(felt.pause_ns_max) / 1000, 1);
    return report.add("pauses_above_5_ms_per_second",
                      seconds > 0 ? static_cast<double>(felt.pauses) / seconds : 0, 2);
}

Report report_of(const SnapshotBenchOptions& options, const Figures& figures) {
    std::vector<double> seconds;
    for (const Interval& one : figures.snapshots)
        seconds.push_back(static_cast<double>(one.end_ns - one.begin_ns) * 1e-9);
    Report report;
    report.add("rate_per_second", options.rate).add("live_orders", figures.live_orders);
    report.add("snapshots", std::uint64_t{figures.snapshots.size()});
    report.add("snapshot_seconds", spread_of(seconds), 2).add("snapshot_bytes", figures.snapshot_bytes);
    // An order beside two of them counts for the first.
    std::vector<bool> others(figures.waits.size(), true);
    const auto add = [&](const char* name, const std::vector<bool>& beside) {
        std::vector<bool> chosen(others.size());
        for (std::size_t i = 0; i < others.size(); ++i) {
            chosen[i] = others[i] && beside[i];
            others[i] = others[i] && !beside[i];
        }
        report.add(name, report_of(options, felt(figures.waits, chosen)));
    };
    add("beside_snapshot", touching(figures.waits, figures.snapshots));
    add("beside_idle_loop", touching(figures.waits, figures.loops));
    add("beside_segment", touching(figures.waits, figures.segments));
    report.add("beside_nothing", report_of(options, felt(figures.waits, others)));
    return report;
}

/// The slowest order of each tenth of a second.
Plot plot_of(const Figures& figures) {
    constexpr std::int64_t step_ns = 100'000'000;
    const std::vector<bool> by_snapshot = touching(figures.waits, figures.snapshots);
    PlotSeries with{"beside a snapshot", {}};
    PlotSeries without{"else", {}};
    const std::int64_t start = figures.waits.front().arrival_ns;
    for (std::size_t i = 0; i < figures.waits.size();) {
        const std::int64_t step = (figures.waits[i].arrival_ns - start) / step_ns;
        std::int64_t slowest = 0;
        bool is_beside = false;
        for (; i < figures.waits.size() && (figures.waits[i].arrival_ns - start) / step_ns == step; ++i) {
            slowest = std::max(slowest, figures.waits[i].release_ns - figures.waits[i].arrival_ns);
            is_beside = is_beside || by_snapshot[i];
        }
        const double x = static_cast<double>(step) * 0.1;
        (is_beside ? with : without).points.push_back({x, static_cast<double>(slowest) * 1e-6});
    }
    Plot plot;
    plot.title = "The slowest order of each tenth of a second";
    plot.x_label = "seconds";
    plot.y_label = "milliseconds from arrival to release";
    plot.series = {std::move(without), std::move(with)};
    plot.is_scatter = true;
    return plot;
}

int fail(const std::string& why) {
    std::fprintf(stderr, "sauda bench: %s\n", why.c_str());
    return 1;
}

}  // namespace

int run_snapshot_bench(const SnapshotBenchOptions& options, const SnapshotMaker& maker) {
    const Report machine = describe_machine();
    const auto directory = TemporaryDirectory::make(options.data_dir);
    if (!directory) return fail(directory.error());
    ProgressBar progress("snapshots beside trading");
    const auto figures = measure(options, maker, directory->path() + "/engine", progress);
    if (!figures) return fail(figures.error());
    report_of(options, *figures).add("machine", machine).print(options.json);
    if (options.plot.empty()) return 0;
    const auto drawn = write_plot(plot_of(*figures), options.plot);
    return drawn ? 0 : fail(drawn.error());
}

}  // namespace sauda::bench
