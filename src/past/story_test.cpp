#include "past/story.h"

#include <gtest/gtest.h>

#include "past/moment.h"

namespace sauda::past {
namespace {

using namespace core;

constexpr OrderId watched{3};

/// A market of TATA in INR, three accounts with funds, and a teller who watches order 3.
class Stories : public testing::Test {
protected:
    Stories() {
        apply(ListAsset{{}, AssetName("INR"), 4});
        apply(ListAsset{{}, AssetName("TATA"), 0});
        ListMarket market;
        market.spec.name = MarketName("TATA_INR");
        market.spec.base = {2};
        market.spec.quote = {1};
        market.spec.price_scale = 2;
        market.spec.fees = {0, 1000};
        apply(market);
        for (std::uint8_t user = 1; user <= 3; ++user) {
            OpenAccount open;
            open.user.bytes[0] = user;
            apply(open);
            const AccountId account{15u + user};
            const std::string reference(1, static_cast<char>('a' + user));
            apply(Deposit{{}, account, {1}, {10'000'0000}, TransferReference(reference + "-inr")});
            apply(Deposit{{}, account, {2}, {1000}, TransferReference(reference + "-tata")});
        }
    }

    void apply(CommandBody body) {
        ++stamp_.sequence.raw;
        stamp_.time.raw += 1'000'000'000;
        teller_.apply(Command{{}, {}, std::move(body)}, stamp_);
    }
    void place(std::uint32_t account, Side side, std::int64_t price, std::int64_t quantity,
               TimeInForce time_in_force = TimeInForce::gtc, const char* id = "") {
        PlaceOrder order;
        order.account = {account};
        order.market = {1};
        order.side = side;
        order.price = {price};
        order.quantity = {quantity};
        order.time_in_force = time_in_force;
        order.client_order_id = ClientOrderId(id);
        apply(order);
    }
    /// The one chapter of its kind.
    static const Chapter& find(const Story& story, const std::string& what) {
        const Chapter* found = nullptr;
        for (const Chapter& chapter : story) {
            if (chapter.what != what) continue;
            EXPECT_EQ(found, nullptr) << what << " twice";
            found = &chapter;
        }
        EXPECT_NE(found, nullptr) << what << " in\n" << story_text(watched, story);
        static const Chapter none;
        return found == nullptr ? none : *found;
    }
    static void says(const Chapter& chapter, const std::string& words) {
        EXPECT_NE(chapter.text.find(words), std::string::npos) << chapter.text;
    }

    StoryTeller teller_{Exchange(), watched};
    Stamp stamp_;
};

TEST_F(Stories, TellOfAnOrderThatWentWithItsOwnersConnection) {
    place(16, Side::buy, 9'000, 1);
    place(16, Side::buy, 9'000, 1);
    place(18, Side::buy, 10'000, 10);  // watched
    apply(GrantLease{{18}, {7, 1}, {3'000'000'000}});
    apply(RenewLeases{7});
    stamp_.time.raw += 2'000'000'000;
    apply(AdvanceTime{});
    const Story story = teller_.end();
    const Chapter& end = find(story, "ended");
    EXPECT_EQ(end.stamp.sequence, stamp_.sequence);
    says(end, "ends: a connection ended whose owner wanted his orders canceled then; 10 was open");
}

TEST_F(Stories, TellWhatAnOrderMetAndWhatStandsBeforeIt) {
    place(16, Side::buy, 10'010, 5);
    place(17, Side::buy, 10'000, 7);
    place(18, Side::buy, 10'000, 10, TimeInForce::gtc, "mine");  // watched
    place(17, Side::buy, 10'000, 100);
    const Story story = teller_.end();
    says(find(story, "accepted"), "accepted from account 18: buy 10 TATA_INR at 100.00, GTC; it met no asks");
    says(find(story, "rested"),
         "rests with 10 open at 100.00; before it: 5 in 1 orders at better prices, 7 in 1 at its own");
    says(find(story, "standing"),
         "still open: 10 of 10 at 100.00; before it: 5 in 1 orders at better prices");
    says(find(story, "standing"), "there is no ask");
}

TEST_F(Stories, TellWhomItTradedWithAndWhatHasGoneBeforeIt) {
    place(16, Side::sell, 10'000, 4);
    place(17, Side::buy, 9'990, 7);
    place(18, Side::buy, 10'000, 10);  // watched: takes 4, rests 6 before everything
    place(16, Side::sell, 9'980, 1);
    apply(CancelOrder{{17}, {2}, {}});
    const Story story = teller_.end();
    ASSERT_EQ(story.size(), 5u) << story_text(watched, story);
    says(story[0], "the best ask was 4 at 100.00, which it could trade with");
    says(story[1],
         "trades 4 at 100.00 as taker with order 1 of account 16 (trade 1, fee 0.4000 INR); 6 left");
    says(story[2], "rests with 6 open at 100.00; nothing stands before it");
    says(story[3],
         "trades 1 at 100.00 as maker with order 4 of account 16 (trade 2, fee 0.0000 INR); 5 left");
    says(story[4], "still open: 5 of 10 at 100.00; nothing stands before it");
}

TEST_F(Stories, TellRefusalsAmendmentsAndTheEnd) {
    place(16, Side::buy, 9'990, 3);
    place(17, Side::buy, 10'000, 7);
    place(18, Side::buy, 10'000, 10, TimeInForce::gtc, "mine");  // watched
    apply(CancelOrder{{17}, watched, {}});                       // another's
    apply(AmendOrder{{18}, watched, {9'990}, {}, QuantityChange::unchanged, false, {}});
    apply(CancelOrder{{18}, {}, ClientOrderId("mine")});
    apply(CancelOrder{{18}, watched, {}});
    const Story story = teller_.end();
    ASSERT_EQ(story.size(), 7u) << story_text(watched, story);
    says(story[2], "account 17 asked to cancel, which was refused");
    says(story[3], "amended from 10 open at 100.00 to 10 at 99.90; it goes behind all at its price");
    says(story[4],
         "rests with 10 open at 99.90; before it: 7 in 1 orders at better prices, 3 in 1 at its own");
    says(story[5], "ends: its owner canceled it; 10 was open");
    EXPECT_EQ(story[6].what, "refused");
    EXPECT_NE(story_json(watched, story).find(R"("code":"unknown_order")"), std::string::npos);
}

TEST_F(Stories, TellWhyNothingWasFilled) {
    place(16, Side::sell, 10'000, 4);
    place(17, Side::sell, 10'010, 4);
    place(18, Side::buy, 10'005, 5, TimeInForce::fok);  // watched
    const Story story = teller_.end();
    ASSERT_EQ(story.size(), 2u) << story_text(watched, story);
    says(story[1], "fill or kill: the book could not fill it whole, so none of it was; 5 was open");
}

TEST_F(Stories, OfAnOrderThatNeverCameAreEmpty) {
    place(16, Side::buy, 10'000, 5);
    EXPECT_TRUE(teller_.end().empty());
    EXPECT_EQ(teller_.newest_order(), OrderId{1});
}

TEST_F(Stories, BeginWithHowTheOrderStoodWhereWhatCameBeforeIsNotThere) {
    place(16, Side::sell, 10'000, 4);
    place(17, Side::buy, 9'990, 7);
    place(18, Side::buy, 10'000, 10);  // watched: takes 4, rests 6
    StoryTeller later(Exchange(teller_.exchange().state()), watched);
    later.apply(Command{{}, {}, CancelOrder{{18}, watched, {}}}, {{stamp_.sequence.raw + 1}, stamp_.time});
    const Story story = later.end();
    ASSERT_EQ(story.size(), 2u) << story_text(watched, story);
    EXPECT_EQ(story[0].what, "stood");
    EXPECT_EQ(story[0].stamp.sequence, stamp_.sequence);
    says(story[0], "stood here with 6 of 10 open at 100.00; what happened before cannot be replayed");
    says(story[1], "ends: its owner canceled it; 6 was open");
}

}  // namespace
}  // namespace sauda::past
