#include "base/cpus.h"

#include <thread>

#include <gtest/gtest.h>

namespace sauda::base {
namespace {

TEST(Cpus, TheQuietestIsTheOneThatDevicesInterruptLeast) {
    const std::string interrupts =
        "           CPU0       CPU1       CPU4\n"
        " 24:          1          7          9  IO-APIC   5-edge      ACPI:Ged\n"
        " 36:        500          0        600  PCI-MSIX-0000:00:02.0   1-edge      virtio1-req.0\n"
        "LOC:          0    9000000          0   Local timer interrupts\n"
        "ERR:          0\n";
    EXPECT_EQ(quietest_cpu({0, 1, 4}, interrupts), 1u);
    EXPECT_EQ(quietest_cpu({0, 4}, interrupts), 0u);
    EXPECT_EQ(quietest_cpu({4}, interrupts), 4u);
}

TEST(Cpus, TimersAreNoDevices) {
    const std::string interrupts =
        "           CPU0       CPU1\n"
        " 11:     900000     100000     GICv3  27 Level     arch_timer\n"
        " 36:          0      50000     GICv3  41 Edge      virtio1-req.0\n";
    EXPECT_EQ(quietest_cpu({0, 1}, interrupts), 0u);
}

TEST(Cpus, WhereNothingIsCountedItIsTheFirst) {
    EXPECT_EQ(quietest_cpu({3, 5}, ""), 3u);
    EXPECT_EQ(quietest_cpu({3, 5}, "what is this\nand this: 7\n12: abc\n"), 3u);
}

TEST(Cpus, AThreadStaysWhereItIsKept) {
    const Cpus all = allowed_cpus();
    ASSERT_FALSE(all.empty());
    std::thread([&] {
        ASSERT_TRUE(keep_to({all.back()}));
        EXPECT_EQ(allowed_cpus(), Cpus{all.back()});
        std::thread([&] { EXPECT_EQ(allowed_cpus(), Cpus{all.back()}); }).join();
    }).join();
    EXPECT_EQ(allowed_cpus(), all);
}

TEST(Cpus, ASettingSharesThemOut) {
    const Cpus all = allowed_cpus();
    EXPECT_FALSE(share_cpus("none").value());
    const auto chosen = share_cpus("auto").value();
    ASSERT_EQ(chosen.has_value(), all.size() > 1);
    if (!chosen) return;
    EXPECT_EQ(chosen->rest.size(), all.size() - 1);
    const auto named = share_cpus(std::to_string(all.front())).value();
    EXPECT_EQ(named->own, all.front());
    EXPECT_EQ(named->rest, Cpus(all.begin() + 1, all.end()));
}

TEST(Cpus, ASettingThatCannotBeIsRefusedWithWhatItMayBe) {
    EXPECT_EQ(share_cpus("fastest").error(), "must be none, auto or the number of a CPU");
    EXPECT_EQ(share_cpus("1x").error(), "must be none, auto or the number of a CPU");
    EXPECT_EQ(share_cpus("").error(), "must be none, auto or the number of a CPU");
    EXPECT_TRUE(
        share_cpus("1023").error().starts_with("must be one of the CPUs that this process may use: "));
    std::thread([] {
        const unsigned only = allowed_cpus().front();
        ASSERT_TRUE(keep_to({only}));
        EXPECT_FALSE(share_cpus("auto").value());
        EXPECT_TRUE(share_cpus(std::to_string(only)).error().starts_with("needs another CPU"));
    }).join();
}

}  // namespace
}  // namespace sauda::base
