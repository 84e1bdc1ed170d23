#include "bench/flow_maker.h"

#include <gtest/gtest.h>

#include "bench/engine_bench.h"
#include "bench/temporary_directory.h"

namespace sauda::bench {
namespace {

FlowOptions small(FlowKind kind) {
    FlowOptions options = default_flow(kind);
    options.orders = 20'000;
    options.markets = 16;
    options.accounts = 50;
    options.live = 500;
    return options;
}

class EveryKind : public ::testing::TestWithParam<FlowKind> {};

TEST_P(EveryKind, of_flow_is_matched_by_the_engine_as_by_the_textbook) {
    NoProgress progress;
    const auto directory = TemporaryDirectory::make(::testing::TempDir());
    ASSERT_TRUE(directory.has_value());
    const std::string path = directory->path() + "/a.flow";
    const MadeFlow made = make_flow(small(GetParam()), progress);
    EXPECT_GT(made.header.trades, 100u);
    ASSERT_TRUE(write_flow(made, path).has_value());
    const auto flow = FlowFile::open(path);
    ASSERT_TRUE(flow.has_value());
    for (const Stage stage : {Stage::textbook, Stage::match, Stage::risk}) {
        const auto figures = run_engine_bench(*flow, stage, "", progress);
        ASSERT_TRUE(figures.has_value());
        EXPECT_TRUE(figures->agrees);
        EXPECT_EQ(figures->trades, made.header.trades);
        EXPECT_EQ(figures->orders, 20'000u);
    }
}

TEST_P(EveryKind, of_flow_follows_from_its_options_alone) {
    NoProgress progress;
    const MadeFlow one = make_flow(small(GetParam()), progress);
    const MadeFlow same = make_flow(small(GetParam()), progress);
    FlowOptions seeded = small(GetParam());
    seeded.seed = 2;
    EXPECT_EQ(one.header.trade_hash, same.header.trade_hash);
    EXPECT_NE(one.header.trade_hash, make_flow(seeded, progress).header.trade_hash);
}

TEST_P(EveryKind, of_flow_keeps_about_as_many_orders_open_as_asked_for) {
    NoProgress progress;
    FlowOptions options = small(GetParam());
    options.orders = 2'000;
    const MadeFlow made = make_flow(options, progress);
    EXPECT_EQ(made.header.records, made.records.size());
    EXPECT_GE(made.header.live_orders, 250u);
    EXPECT_LE(made.header.live_orders, 1'500u);
}

INSTANTIATE_TEST_SUITE_P(Flows, EveryKind,
                         ::testing::Values(FlowKind::moves, FlowKind::crossing, FlowKind::markets));

}  // namespace
}  // namespace sauda::bench
