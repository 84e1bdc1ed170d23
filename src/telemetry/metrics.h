/// Metrics: plain cells that the hot path writes, and the Prometheus page that is made of them when asked
/// for.
///
/// A cell is a relaxed atomic: one writer adds without a lock (about 1 ns), the page's maker reads whenever
/// it likes. Labels are fixed when a cell is made; nothing is looked up while counting, and no user's data is
/// ever a label.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace sauda::telemetry {

/// Counts up. Threads: one writer, any reader.
class Counter {
public:
    void add(std::uint64_t count = 1) {
        value_.store(value_.load(std::memory_order_relaxed) + count, std::memory_order_relaxed);
    }
    std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

/// Reads `cell`, a number that one thread alone touches or an atomic one, for gauge() and counter_from(). It
/// outlives what is returned.
template <class Cell>
std::function<double()> reading_of(const Cell& cell) {
    if constexpr (requires { cell.load(std::memory_order_relaxed); }) {
        return [&cell] { return static_cast<double>(cell.load(std::memory_order_relaxed)); };
    } else {
        return [&cell] { return static_cast<double>(cell); };
    }
}

/// Durations in buckets of powers of two, from 1 microsecond to 8.4 seconds. Threads: one writer, any reader.
class LatencyHistogram {
public:
    static constexpr std::size_t bucket_count = 24;

    void observe(std::int64_t nanoseconds);
    /// Observations up to and including 2^bucket microseconds, but above the bucket before.
    std::uint64_t in_bucket(std::size_t bucket) const {
        return buckets_[bucket].load(std::memory_order_relaxed);
    }
    std::uint64_t sum_ns() const { return sum_ns_.load(std::memory_order_relaxed); }

private:
    std::array<std::atomic<std::uint64_t>, bucket_count + 1> buckets_{};
    std::atomic<std::uint64_t> sum_ns_{0};
};

/// All metrics of a process. Threads: registration before the first page; page() on any thread.
class Metrics {
public:
    using Labels = std::map<std::string, std::string>;

    /// A cell that counts up, exported as `name`{labels}. Lives as long as the Metrics.
    Counter& counter(std::string name, std::string help, Labels labels = {});
    LatencyHistogram& histogram(std::string name, std::string help, Labels labels = {});
    /// A value read when the page is made; `read` must be safe on the thread that asks for the page.
    void gauge(std::string name, std::string help, std::function<double()> read, Labels labels = {});
    /// As gauge, for what only counts up.
    void counter_from(std::string name, std::string help, std::function<double()> read, Labels labels = {});

    /// As long as it lives, what is registered has these labels too.
    class CommonLabels {
    public:
        CommonLabels(Metrics& metrics, Labels labels) : metrics_(metrics) {
            metrics_.common_ = std::move(labels);
        }
        ~CommonLabels() { metrics_.common_.clear(); }
        CommonLabels(const CommonLabels&) = delete;
        CommonLabels& operator=(const CommonLabels&) = delete;

    private:
        Metrics& metrics_;
    };

    /// The page in Prometheus' text format.
    std::string page() const;

private:
    template <class Cell>
    struct Registered {
        std::string name;
        std::string help;
        Labels labels;
        Cell cell;
    };
    Labels with_common(Labels labels) const {
        labels.insert(common_.begin(), common_.end());
        return labels;
    }

    mutable std::mutex mutex_;
    Labels common_;
    std::deque<Registered<Counter>> counters_;
    std::deque<Registered<LatencyHistogram>> histograms_;
    std::deque<Registered<std::function<double()>>> gauges_;
    std::deque<Registered<std::function<double()>>> read_counters_;
};

}  // namespace sauda::telemetry
