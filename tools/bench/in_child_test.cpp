#include "bench/in_child.h"

#include <unistd.h>

#include <gtest/gtest.h>

namespace sauda::bench {
namespace {

TEST(InChild, ValueFailureAndDeathAreTold) {
    const auto value = in_child<int>([]() -> base::Result<int, std::string> { return 7; });
    ASSERT_TRUE(value.has_value());
    EXPECT_EQ(*value, 7);
    const auto failure = in_child<int>(
        []() -> base::Result<int, std::string> { return base::Unexpected{std::string("no room")}; });
    ASSERT_FALSE(failure.has_value());
    EXPECT_EQ(failure.error(), "no room");
    const auto death = in_child<int>([]() -> base::Result<int, std::string> { _exit(3); });
    ASSERT_FALSE(death.has_value());
    EXPECT_EQ(death.error(), "the run ended with status 3");
}

}  // namespace
}  // namespace sauda::bench
