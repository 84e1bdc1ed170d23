#include "bench/flow_maker.h"

#include <gtest/gtest.h>

#include "bench/engine_bench.h"

namespace sauda::bench {
namespace {

class FlowKinds : public testing::TestWithParam<FlowKind> {
protected:
    static FlowFile small() {
        NoProgress nobody;
        return make_flow(GetParam(), {20'000, 32, 300, 2'000, 7}, nobody);
    }
};

TEST_P(FlowKinds, EveryStageAgreesWithTheDigest) {
    const FlowFile flow = small();
    EXPECT_EQ(flow.records().size() - flow.header().prefill, 20'000u);
    EXPECT_GT(flow.header().trades, 100u);
    NoProgress nobody;
    for (const Stage stage : {Stage::textbook, Stage::match, Stage::risk}) {
        const auto figures = run_engine_bench(flow, stage, {}, nobody);
        ASSERT_TRUE(figures.has_value());
        EXPECT_TRUE(figures->agrees) << "stage " << static_cast<int>(stage);
        EXPECT_EQ(figures->trades, flow.header().trades);
    }
}

TEST_P(FlowKinds, TheSameSeedMakesTheSameFlow) {
    const FlowFile one = small();
    const FlowFile other = small();
    EXPECT_EQ(one.header().trade_hash, other.header().trade_hash);
    EXPECT_EQ(one.header().records, other.header().records);
}

TEST_P(FlowKinds, LiveOrdersStayAboutAsMany) {
    const std::uint64_t live = small().header().live_orders;
    EXPECT_GT(live, 1'000u);
    EXPECT_LT(live, 12'000u);
}

INSTANTIATE_TEST_SUITE_P(, FlowKinds,
                         testing::Values(FlowKind::moves, FlowKind::crossing, FlowKind::markets));

}  // namespace
}  // namespace sauda::bench
