#include "telemetry/metrics.h"

#include <algorithm>
#include <bit>
#include <limits>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

namespace sauda::telemetry {

namespace {

/// Families by name, in the order of first registration.
class Page {
public:
    prometheus::ClientMetric& add(const std::string& name, const std::string& help,
                                  prometheus::MetricType type, const Metrics::Labels& labels) {
        auto found = std::ranges::find(families_, name, &prometheus::MetricFamily::name);
        if (found == families_.end()) {
            families_.push_back({name, help, type, {}});
            found = families_.end() - 1;
        }
        prometheus::ClientMetric& metric = found->metric.emplace_back();
        for (const auto& [label, value] : labels) metric.label.push_back({label, value});
        return metric;
    }
    std::string text() const { return prometheus::TextSerializer().Serialize(families_); }

private:
    std::vector<prometheus::MetricFamily> families_;
};

prometheus::ClientMetric::Histogram to_prometheus(const LatencyHistogram& histogram) {
    prometheus::ClientMetric::Histogram out;
    std::uint64_t cumulative = 0;
    for (std::size_t bucket = 0; bucket <= LatencyHistogram::bucket_count; ++bucket) {
        cumulative += histogram.in_bucket(bucket);
        const bool is_last = bucket == LatencyHistogram::bucket_count;
        const double seconds = static_cast<double>(std::uint64_t{1} << bucket) * 1e-6;
        out.bucket.push_back({cumulative, is_last ? std::numeric_limits<double>::infinity() : seconds});
    }
    out.sample_count = cumulative;
    out.sample_sum = static_cast<double>(histogram.sum_ns()) * 1e-9;
    return out;
}

}  // namespace

void LatencyHistogram::observe(std::int64_t nanoseconds) {
    const std::uint64_t value = nanoseconds < 0 ? 0 : static_cast<std::uint64_t>(nanoseconds);
    const std::uint64_t microseconds = (value + 999) / 1000;
    const auto bucket =
        microseconds <= 1 ? std::size_t{0} : static_cast<std::size_t>(std::bit_width(microseconds - 1));
    const auto add = [](std::atomic<std::uint64_t>& cell, std::uint64_t by) {
        cell.store(cell.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
    };
    add(buckets_[std::min(bucket, bucket_count)], 1);
    add(sum_ns_, value);
}

Counter& Metrics::counter(std::string name, std::string help, Labels labels) {
    const std::lock_guard lock(mutex_);
    auto& made = counters_.emplace_back();
    made.name = std::move(name);
    made.help = std::move(help);
    made.labels = with_common(std::move(labels));
    return made.cell;
}

LatencyHistogram& Metrics::histogram(std::string name, std::string help, Labels labels) {
    const std::lock_guard lock(mutex_);
    auto& made = histograms_.emplace_back();
    made.name = std::move(name);
    made.help = std::move(help);
    made.labels = with_common(std::move(labels));
    return made.cell;
}

void Metrics::gauge(std::string name, std::string help, std::function<double()> read, Labels labels) {
    const std::lock_guard lock(mutex_);
    gauges_.push_back({std::move(name), std::move(help), with_common(std::move(labels)), std::move(read)});
}

void Metrics::counter_from(std::string name, std::string help, std::function<double()> read, Labels labels) {
    const std::lock_guard lock(mutex_);
    read_counters_.push_back(
        {std::move(name), std::move(help), with_common(std::move(labels)), std::move(read)});
}

std::string Metrics::page() const {
    const std::lock_guard lock(mutex_);
    Page page;
    for (const auto& made : counters_) {
        page.add(made.name, made.help, prometheus::MetricType::Counter, made.labels).counter.value =
            static_cast<double>(made.cell.value());
    }
    for (const auto& made : read_counters_) {
        page.add(made.name, made.help, prometheus::MetricType::Counter, made.labels).counter.value =
            made.cell();
    }
    for (const auto& made : gauges_) {
        page.add(made.name, made.help, prometheus::MetricType::Gauge, made.labels).gauge.value = made.cell();
    }
    for (const auto& made : histograms_) {
        page.add(made.name, made.help, prometheus::MetricType::Histogram, made.labels).histogram =
            to_prometheus(made.cell);
    }
    return page.text();
}

}  // namespace sauda::telemetry
