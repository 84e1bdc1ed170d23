#include "bench/paced_bench.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "bench/durable_engine.h"
#include "bench/stages.h"
#include "codec/event_frame.h"

namespace sauda::bench {

namespace {

std::int64_t now_ns() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

/// When each order is meant to arrive.
class Schedule {
public:
    explicit Schedule(std::uint64_t rate) : rate_(rate) {}
    void start() { start_ns_ = now_ns(); }
    std::int64_t arrival_ns(std::uint64_t order) const {
        const auto passed = static_cast<unsigned __int128>(order) * 1'000'000'000u / rate_;
        return start_ns_ + static_cast<std::int64_t>(passed);
    }
    /// Sleeps most of the way and looks at the clock for the rest: a sleep wakes up late by some 50 us.
    void wait_for(std::uint64_t order) const {
        constexpr std::int64_t wake_up_ns = 100'000;
        const std::int64_t left = arrival_ns(order) - now_ns();
        if (left > wake_up_ns) std::this_thread::sleep_for(std::chrono::nanoseconds(left - wake_up_ns));
        while (now_ns() < arrival_ns(order)) std::this_thread::yield();
    }

private:
    const std::uint64_t rate_;
    std::int64_t start_ns_ = 0;
};

/// When each order's events were released; written on the reader's thread.
class Releases {
public:
    void expect(std::uint64_t first, std::size_t count) {
        first_ = first;
        at_ns_.assign(count, 0);
    }
    void take(base::ByteView frames) {
        const std::int64_t now = now_ns();
        const auto read = codec::for_each_event_frame(frames, [&](const codec::EventFrameView& frame) {
            const core::CommandId& id = frame.header.command;
            if (id.gateway == 0 || first_ == 0 || id.sequence < first_) return;
            at_ns_[id.sequence - first_] = now;
        });
        ASSERT(read.has_value());
    }
    std::vector<std::int64_t> latencies(const Schedule& schedule, std::size_t skipped) const {
        std::vector<std::int64_t> out;
        for (std::size_t i = skipped; i < at_ns_.size(); ++i) {
            ASSERT(at_ns_[i] != 0);
            out.push_back(at_ns_[i] - schedule.arrival_ns(i));
        }
        return out;
    }

private:
    std::uint64_t first_ = 0;
    std::vector<std::int64_t> at_ns_;
};

void send_on_schedule(DurableEngine& engine, std::span<const FlowRecord> records, const Schedule& schedule,
                      Progress& progress) {
    constexpr std::size_t group_max = 1024;
    for (std::size_t next = 0; next < records.size();) {
        schedule.wait_for(next);
        const std::int64_t now = now_ns();
        while (next < records.size() && engine.waiting() < group_max && schedule.arrival_ns(next) <= now)
            engine.add(to_command(records[next++]));
        engine.send();
        progress.reach(next);
    }
}

}  // namespace

base::Result<Latency, std::string> run_paced(const FlowFile& flow, const std::string& data_dir,
                                             const PacedOptions& options, Progress& progress) {
    const auto timed = flow.records().subspan(flow.header().prefill);
    const auto records = timed.first(std::min<std::size_t>(timed.size(), options.rate * options.seconds));
    if (records.empty()) return base::Unexpected{std::string("the flow has no orders to time")};
    Releases releases;
    std::mutex mutex;  // the reader is at work while its expectations are set
    const auto opened = DurableEngine::open(data_dir, flow.records().size(), [&](base::ByteView frames) {
        const std::lock_guard lock(mutex);
        releases.take(frames);
    });
    if (!opened) return base::Unexpected{opened.error()};
    DurableEngine& engine = **opened;
    prepare(engine, flow, progress);
    {
        const std::lock_guard lock(mutex);
        releases.expect(engine.gateway_sequence() + 1, records.size());
    }
    progress.begin("orders at a fixed rate", records.size());
    Schedule schedule(options.rate);
    schedule.start();
    send_on_schedule(engine, records, schedule, progress);
    const std::string failure = engine.finish_journal();
    if (!failure.empty()) return base::Unexpected{failure};
    engine.finish_replies();
    const std::size_t skipped = std::min<std::size_t>(options.rate, records.size() / 10);
    return latency_of(releases.latencies(schedule, skipped));
}

}  // namespace sauda::bench
