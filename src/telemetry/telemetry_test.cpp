#include <gtest/gtest.h>

#include "telemetry/log.h"
#include "telemetry/log_text.h"
#include "telemetry/metrics.h"

namespace sauda::telemetry {
namespace {

TEST(Log, LinesAreJsonWhateverTheTextHolds) {
    EXPECT_EQ(
        log::format_line(log::Level::info, "a \"b\"\n", {{"n", 3}, {"ok", true}, {"t", "x\\y\x01"}},
                         1'700'000'000'123),
        R"({"time":"2023-11-14T22:13:20.123Z","level":"info","message":"a \"b\"\n","n":3,"ok":true,"t":"x\\y\u0001"})");
}

TEST(Log, AFieldWithoutAValueIsLeftOut) {
    EXPECT_EQ(log::format_line(log::Level::info, "m",
                               {{"a", std::optional<std::string_view>()},
                                {"b", std::optional<std::string_view>("x")},
                                {"c", std::optional<std::uint64_t>()},
                                {"d", std::optional<std::uint64_t>(0)}},
                               0),
              R"({"time":"1970-01-01T00:00:00.000Z","level":"info","message":"m","b":"x","d":0})");
}

TEST(Log, ClientTextBecomesPrintableAscii) {
    const auto escaped = [](std::string_view text) {
        std::string out;
        log::append_escaped(out, text);
        return out;
    };
    EXPECT_EQ(escaped("plain ~"), "plain ~");
    EXPECT_EQ(escaped("a\x7f\x1b[2Jb"), "a\\u007f\\u001b[2Jb") << "no terminal is steered";
    EXPECT_EQ(escaped("\xc2\x9b \xe2\x80\xa8 \xe2\x80\xae"), "\\u009b \\u2028 \\u202e")
        << "nor by what Unicode calls a control, a line's end, a change of direction";
    EXPECT_EQ(escaped("\xf0\x9f\x98\x80"), "\\ud83d\\ude00");
    for (const std::string_view bad : {"\xff", "\xc2", "\xc0\xaf", "\xed\xa0\x80", "\xf5\x80\x80\x80"}) {
        std::string wanted;
        for (std::size_t i = 0; i < bad.size(); ++i) wanted += "\\ufffd";
        EXPECT_EQ(escaped(bad), wanted) << "each byte that is not UTF-8 becomes one";
    }
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
