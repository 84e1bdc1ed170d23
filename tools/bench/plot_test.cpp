#include "bench/plot.h"

#include <gtest/gtest.h>

namespace sauda::bench {
namespace {

TEST(Plot, escapes_what_xml_would_read_as_markup) {
    EXPECT_EQ(xml_escaped("a<b> & \"c'\n"), "a&lt;b&gt; &amp; &quot;c&apos; ");
    Plot plot;
    plot.title = "<script>";
    plot.series = {{"a & b", {{1, 2}}}};
    const std::string svg = svg_of(plot);
    EXPECT_EQ(svg.find("<script>"), std::string::npos);
    EXPECT_NE(svg.find("a &amp; b"), std::string::npos);
}

TEST(Plot, of_a_single_point_or_of_zeros_has_finite_places) {
    Plot plot;
    plot.series = {{"one", {{5, 0}}}};
    EXPECT_EQ(svg_of(plot).find("nan"), std::string::npos);
    EXPECT_EQ(svg_of(plot).find("inf"), std::string::npos);
}

TEST(Plot, numbers_are_short_and_steps_are_round) {
    EXPECT_EQ(short_number(1500), "1.5 k");
    EXPECT_EQ(short_number(2e6), "2 M");
    EXPECT_EQ(short_number(0), "0");
    EXPECT_DOUBLE_EQ(round_step(1), 0.2);
    EXPECT_DOUBLE_EQ(round_step(47), 10);
}

}  // namespace
}  // namespace sauda::bench
