#include "past/moment.h"

#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>

#include "codec/state_codec.h"
#include "journal/posix_file_system.h"
#include "past/command_source.h"
#include "sequencer/testing/engine.h"
#include "sequencer/testing/traffic.h"

namespace sauda::past {
namespace {

namespace fs = std::filesystem;
using sequencer::testing::Engine;

constexpr std::int64_t second = 1'000'000'000;

class Moments : public testing::Test {
protected:
    Moments() {
        std::string name = (fs::temp_directory_path() / "sauda-past-XXXXXX").string();
        folder_ = mkdtemp(name.data());
        data_ = (folder_ / "data").string();
        auto engine = Engine::start(disk_, data_, sequencer::testing::small_segments());
        EXPECT_TRUE(engine.has_value());
        if (engine) engine_ = std::move(*engine);
    }
    ~Moments() override { fs::remove_all(folder_); }

    void trade(int batches) {
        for (int i = 0; i < batches; ++i) {
            bus::FrameBatch frames;
            traffic_.append_frames(25, frames);
            ++tick_;
            engine_->step(frames, {{1'000'000 * second + tick_}, tick_});
            ASSERT_TRUE(engine_->commit());
        }
    }
    sequencer::JournalResult<core::Exchange> at(std::uint64_t sequence) {
        return exchange_at(disk_, data_, sequencer::testing::rules_version, {sequence});
    }

    fs::path folder_;
    std::string data_;
    journal::PosixFileSystem disk_;
    sequencer::testing::Traffic traffic_{11, 1};
    std::unique_ptr<Engine> engine_;
    std::int64_t tick_ = 0;
};

TEST_F(Moments, AreTheStatesThatTheEngineHad) {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> states;
    for (int i = 0; i < 12; ++i) {
        trade(5);
        const core::Exchange& exchange = engine_->sequencer().exchange();
        states.emplace_back(exchange.last().sequence.raw, codec::hash_state(exchange.state()));
    }
    for (const auto& [sequence, hash] : states) {
        const auto then = at(sequence);
        ASSERT_TRUE(then.has_value()) << then.error().message();
        EXPECT_EQ(codec::hash_state(then->state()), hash);
    }
    const auto before = at(states[3].first - 7);  // within a batch
    ASSERT_TRUE(before.has_value()) << before.error().message();
    EXPECT_EQ(before->last().sequence.raw, states[3].first - 7);
}

TEST_F(Moments, BeyondTheEndAreRefusedWithTheEnd) {
    trade(2);
    const auto none = at(51);
    ASSERT_FALSE(none.has_value());
    EXPECT_NE(none.error().message().find("the journal ends at sequence 50"), std::string::npos)
        << none.error().message();
}

TEST_F(Moments, AfterASnapshotAreTheSame) {
    trade(10);
    const auto before = at(200);
    ASSERT_TRUE(engine_->stop_cleanly());
    engine_.reset();
    ASSERT_TRUE(before.has_value());
    for (const std::uint64_t sequence : {200u, 250u}) {
        const auto then = at(sequence);
        ASSERT_TRUE(then.has_value()) << then.error().message();
        EXPECT_EQ(then->last().sequence.raw, sequence);
    }
    EXPECT_EQ(codec::hash_state(at(200)->state()), codec::hash_state(before->state()));
}

TEST_F(Moments, AreToldAsTextAndAsJson) {
    trade(20);
    const auto then = at(500);
    ASSERT_TRUE(then.has_value()) << then.error().message();
    const std::string name(then->find_market(core::MarketId{1})->spec.name.view());
    const std::string text = moment_text(*then, {});
    for (const std::string& part :
         {std::string("after sequence 500, "), name + " (trading)", std::string("external")})
        EXPECT_NE(text.find(part), std::string::npos) << text;
    MomentView of_one;
    of_one.account = core::first_user_account;
    const std::string json = moment_json(*then, of_one);
    EXPECT_EQ(json.find(R"("account":1,)"), std::string::npos) << json;
    EXPECT_NE(json.find(R"("orders":[)"), std::string::npos) << json;
}

}  // namespace
}  // namespace sauda::past
