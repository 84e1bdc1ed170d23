#include "bench/machine.h"

#include <gtest/gtest.h>

namespace sauda::bench {
namespace {

TEST(Machine, KernelFieldsAreFoundByTheirWholeName) {
    const std::string text = "model\t\t: 1\nmodel name\t: Some CPU\nempty:\n";
    EXPECT_EQ(kernel_field(text, "model name"), "Some CPU");
    EXPECT_EQ(kernel_field(text, "empty"), "");
    EXPECT_EQ(kernel_field(text, "name"), "");
}

}  // namespace
}  // namespace sauda::bench
