#include <gtest/gtest.h>

#include "telemetry/log.h"
#include "telemetry/metrics.h"

namespace sauda::telemetry {
namespace {

TEST(Log, LinesAreJsonWhateverTheTextHolds) {
    EXPECT_EQ(
        log::format_line(log::Level::info, "a \"b\"\n", {{"n", 3}, {"ok", true}, {"t", "x\\y\x01"}},
                         1'700'000'000'123),
        R"({"time":"2023-11-14T22:13:20.123Z","level":"info","message":"a \"b\"\n","n":3,"ok":true,"t":"x\\y\u0001"})");
}

TEST(Metrics, ThePageHasEveryMetricAndCumulativeBuckets) {
    Metrics metrics;
    metrics.counter("sauda_orders_total", "Orders", {{"outcome", "new"}}).add(3);
    metrics.gauge("sauda_depth", "Depth", [] { return 7.0; });
    LatencyHistogram& latency = metrics.histogram("sauda_latency_seconds", "Latency");
    latency.observe(500);             // 1 us
    latency.observe(1'500);           // 2 us
    latency.observe(60'000'000'000);  // beyond the last
    const std::string page = metrics.page();
    EXPECT_NE(page.find("sauda_orders_total{outcome=\"new\"} 3"), std::string::npos) << page;
    EXPECT_NE(page.find("sauda_depth 7"), std::string::npos) << page;
    EXPECT_NE(page.find("sauda_latency_seconds_bucket{le=\"1e-06\"} 1"), std::string::npos) << page;
    EXPECT_NE(page.find("sauda_latency_seconds_bucket{le=\"2e-06\"} 2"), std::string::npos) << page;
    EXPECT_NE(page.find("sauda_latency_seconds_bucket{le=\"+Inf\"} 3"), std::string::npos) << page;
}

}  // namespace
}  // namespace sauda::telemetry
