#include "bench/report.h"

#include <gtest/gtest.h>

namespace sauda::bench {
namespace {

TEST(Report, is_lines_with_what_is_inside_named_after_its_outside) {
    Report inner;
    inner.add("cores", std::uint64_t{2});
    Report report;
    report.add("orders", std::uint64_t{3}).add("machine", inner);
    EXPECT_EQ(report.lines(), "orders: 3\nmachine_cores: 2\n");
}

TEST(Report, as_json_escapes_text_and_leaves_numbers_bare) {
    Report report;
    report.add("name", "a\"b").add("speed", 1.25, 1);
    EXPECT_EQ(report.json(), "{\n  \"name\": \"a\\\"b\",\n  \"speed\": 1.2\n}\n");
}

}  // namespace
}  // namespace sauda::bench
