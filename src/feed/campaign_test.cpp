#include <algorithm>
#include <memory>

#include <gtest/gtest.h>

#include "feed/hub.h"
#include "feed/testing/client.h"
#include "feed/testing/recording_subscriber.h"
#include "feed/testing/world.h"

namespace sauda::feed {
namespace {

using core::Side;

constexpr std::string_view market_names[] = {"TATA_INR", "JIO_INR"};

/// A connection that does at random what clients do, and checks all that it is told.
class Wanderer {
public:
    explicit Wanderer(World& world) : world_(world), id_(world.hub->open(subscriber_)) {}
    ~Wanderer() { world_.hub->close(id_); }
    Wanderer(const Wanderer&) = delete;
    Wanderer& operator=(const Wanderer&) = delete;

    void step(base::Random& random) {
        switch (random.below(12)) {
            case 0:
            case 1:
                return subscribe(random.below(2), Channel::orderbook);
            case 2:
                return subscribe(random.below(2), Channel::trades);
            case 3:
                return unsubscribe(random.below(2), Channel::orderbook);
            case 4:
                return unsubscribe(random.below(2), Channel::trades);
            case 5:
            case 6:
                return attach(random.below(world_.traders.size()));
            case 7:
                return resume(random);
            case 8:
                subscriber_.is_stalled = true;
                return;
            default:
                subscriber_.drain();
        }
    }

    void read() {
        for (const std::string& message : subscriber_.take()) take(message);
    }

    /// After a flush with nothing waiting: everything wanted is known.
    void check_complete() {
        subscriber_.drain();
        world_.hub->flush();
        read();
        for (std::size_t market = 0; market < 2; ++market) {
            if (!wants_book_[market]) continue;
            const core::MarketId id{static_cast<std::uint32_t>(market + 1)};
            EXPECT_EQ(books_[market].bids(), world_.resting(id, Side::buy));
            EXPECT_EQ(books_[market].asks(), world_.resting(id, Side::sell));
        }
        if (!account_) return;
        std::vector<std::uint64_t> sorted = received_;
        std::sort(sorted.begin(), sorted.end());
        std::vector<std::uint64_t> expected;
        for (std::uint64_t at = known_ + 1; at <= head(); ++at) expected.push_back(at);
        EXPECT_EQ(sorted, expected) << "each private event exactly once";
    }

    bool is_closed() const { return subscriber_.is_closed; }
    std::uint64_t conflated_snapshots() const {
        return books_[0].conflated_snapshots + books_[1].conflated_snapshots;
    }

private:
    std::uint64_t head() const { return world_.views.accounts.account_sequence(account_).raw; }

    void subscribe(std::size_t market, Channel channel) {
        world_.hub->subscribe(id_, channel, market_names[market]);
        (channel == Channel::orderbook ? wants_book_ : wants_trades_)[market] = true;
    }
    void unsubscribe(std::size_t market, Channel channel) {
        read();
        world_.hub->unsubscribe(id_, channel, market_names[market]);
        (channel == Channel::orderbook ? wants_book_ : wants_trades_)[market] = false;
        if (!wants_book_[market] && !wants_trades_[market]) books_[market] = {};
    }
    void attach(std::size_t trader) {
        const bool is_first = !account_;
        if (is_first) {
            account_ = world_.traders[trader];
            known_ = head();
        }
        world_.hub->attach(id_, world_.traders[trader]);
    }
    void resume(base::Random& random) {
        if (!account_) return world_.hub->resume(id_, {0});
        const std::uint64_t back = random.below(1 + std::min<std::uint64_t>(head(), 80));
        asked_ = head() - back;
        world_.hub->resume(id_, {asked_});
        read();
    }

    void take(const std::string& message) {
        const std::string event = field(message, "event_type");
        const std::string action = field(message, "action");
        if (event == "resume_too_old") {
            known_ = number(message, "account_sequence");
            received_.clear();
        } else if (action == "resumed") {
            EXPECT_EQ(number(message, "replayed"), known_ > asked_ && !had_too_old_ ? known_ - asked_ : 0);
            if (!had_too_old_) known_ = std::min(known_, asked_);
        } else if (!field(message, "account_sequence").empty() && action.empty()) {
            EXPECT_EQ(field(message, "user_id"), user_text(static_cast<int>(account_.raw) - 15));
            received_.push_back(number(message, "account_sequence"));
        } else {
            take_public(message);
        }
        had_too_old_ = had_too_old_ || event == "resume_too_old";
    }
    void take_public(const std::string& message) {
        const std::string market = field(message, "market");
        for (std::size_t i = 0; i < 2; ++i) {
            if (market != market_names[i]) continue;
            const bool is_book = field(message, "channel") == "orderbook";
            const bool is_answer = !field(message, "status").empty();
            EXPECT_TRUE(is_answer || wants_book_[i] || (wants_trades_[i] && !is_book)) << message;
            books_[i].take(message);
        }
    }

    World& world_;
    RecordingSubscriber subscriber_;
    SessionId id_;
    ClientBook books_[2];
    bool wants_book_[2] = {};
    bool wants_trades_[2] = {};
    core::AccountId account_;
    std::uint64_t known_ = 0;  // private events above this one are to come, each once
    std::uint64_t asked_ = 0;
    bool had_too_old_ = false;
    std::vector<std::uint64_t> received_;
};

TEST(CampaignTest, WhateverConnectionsDoEachIsToldExactlyWhatItWants) {
    std::uint64_t closes = 0;
    std::uint64_t conflations = 0;
    std::uint64_t too_old = 0;
    std::uint64_t resumes = 0;
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        Limits limits;
        limits.recover_below_bytes = 1'000;
        limits.conflate_above_bytes = 4'000;
        limits.queued_bytes_max = 16'000;
        limits.window = {30, 100};
        World world(limits);
        base::Random random(seed);
        std::vector<std::unique_ptr<Wanderer>> wanderers;
        for (int step = 0; step < 1'200; ++step) {
            world.random_command(random);
            if (random.chance(1, 3)) world.hub->flush();
            if (wanderers.size() < 8) wanderers.push_back(std::make_unique<Wanderer>(world));
            Wanderer& chosen = *wanderers[random.below(wanderers.size())];
            if (random.chance(1, 3)) chosen.step(random);
            if (random.chance(1, 100)) chosen.check_complete();
            for (const auto& wanderer : wanderers) wanderer->read();
            for (const auto& wanderer : wanderers) {
                conflations += wanderer->is_closed() ? wanderer->conflated_snapshots() : 0;
            }
            std::erase_if(wanderers, [](const auto& wanderer) { return wanderer->is_closed(); });
            if (::testing::Test::HasFailure()) FAIL() << "seed " << seed << " step " << step;
        }
        for (const auto& wanderer : wanderers) {
            wanderer->check_complete();
            conflations += wanderer->conflated_snapshots();
        }
        wanderers.clear();
        const Counters& counters = world.hub->counters();
        EXPECT_EQ(counters.sessions, 0u);
        EXPECT_EQ(counters.private_sessions, 0u);
        EXPECT_EQ(counters.orderbook_subscribers, 0u);
        EXPECT_EQ(counters.trades_subscribers, 0u);
        EXPECT_EQ(counters.conflated, 0u);
        closes += counters.slow_closes;
        too_old += counters.resumes_too_old;
        resumes += counters.resumes;
    }
    EXPECT_GT(closes, 10u);
    EXPECT_GT(conflations, 50u);
    EXPECT_GT(too_old, 10u);
    EXPECT_GT(resumes, 50u);
}

}  // namespace
}  // namespace sauda::feed
