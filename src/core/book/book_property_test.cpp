/// The fast book against a naive one, over random operations: same fills, same depth, same queues, sound
/// throughout.
#include <deque>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "core/book/book_check.h"
#include "core/book/matcher.h"
#include "core/book/order_directory.h"

namespace sauda::core {
namespace {

using Fill = std::tuple<std::uint64_t, std::int64_t, std::int64_t>;  // maker, price, lots

/// Obvious rather than fast.
class NaiveBook {
public:
    struct Order {
        std::uint64_t id;
        std::int64_t leaves;
    };
    using Queue = std::deque<Order>;

    std::vector<Fill> take(Side side, std::int64_t limit, std::int64_t& lots) {
        std::vector<Fill> fills;
        auto& makers = sides_[side == Side::buy];
        while (lots > 0 && !makers.empty()) {
            const auto level = side == Side::buy ? makers.begin() : std::prev(makers.end());
            if (side == Side::buy ? level->first > limit : level->first < limit) break;
            Order& maker = level->second.front();
            const std::int64_t fill = std::min(lots, maker.leaves);
            fills.emplace_back(maker.id, level->first, fill);
            lots -= fill;
            maker.leaves -= fill;
            if (maker.leaves > 0) break;
            level->second.pop_front();
            if (level->second.empty()) makers.erase(level);
        }
        return fills;
    }
    void rest(Side side, std::int64_t price, Order order) {
        sides_[side == Side::sell][price].push_back(order);
    }
    void remove(Side side, std::int64_t price, std::uint64_t id) {
        Queue& queue = sides_[side == Side::sell][price];
        std::erase_if(queue, [&](const Order& order) { return order.id == id; });
        if (queue.empty()) sides_[side == Side::sell].erase(price);
    }
    void reduce(Side side, std::int64_t price, std::uint64_t id, std::int64_t lots) {
        for (Order& order : sides_[side == Side::sell][price]) {
            if (order.id == id) order.leaves -= lots;
        }
    }
    /// All orders of a side, best first: price, id, leaves.
    std::vector<Fill> orders(Side side) const {
        std::vector<Fill> all;
        const auto add = [&](const auto& level) {
            for (const Order& order : level.second) all.emplace_back(order.id, level.first, order.leaves);
        };
        const auto& levels = sides_[side == Side::sell];
        if (side == Side::sell) {
            for (auto level = levels.begin(); level != levels.end(); ++level) add(*level);
        } else {
            for (auto level = levels.rbegin(); level != levels.rend(); ++level) add(*level);
        }
        return all;
    }

private:
    std::map<std::int64_t, Queue> sides_[2];  // bids, asks
};

/// How prices are drawn, and how many orders are kept.
struct Profile {
    std::string name;
    std::int64_t middle;
    std::int64_t spread;     ///< prices within middle ± spread
    std::int64_t drift;      ///< the middle moves by up to this, each operation
    std::size_t orders_max;  ///< above it, cancels prevail
    int operations;
    int check_every;
};

void PrintTo(const Profile& profile, std::ostream* out) {
    *out << profile.name;
}

class BookProperty : public testing::TestWithParam<Profile> {
protected:
    /// Mostly on the own side of the middle, so that books fill; one in eight beyond it, so that orders
    /// trade.
    std::int64_t draw_price(Side side) {
        const Profile& p = GetParam();
        middle_ = std::clamp<std::int64_t>(middle_ + random_.between(-p.drift, p.drift), 1, order_price_max);
        const bool below = (side == Side::buy) != random_.chance(1, 8);
        const bool anywhere = p.spread > 1000 && random_.chance(1, 50);
        const std::int64_t reach = anywhere ? order_price_max : p.spread;
        const std::int64_t price =
            below ? middle_ - random_.between(0, reach) : middle_ + random_.between(0, reach);
        return std::clamp<std::int64_t>(price, 1, order_price_max);
    }

    void place() {
        const Side side = random_.chance(1, 2) ? Side::buy : Side::sell;
        const std::int64_t price = draw_price(side);
        const OrderId id{++last_id_};
        match_and_rest(id, side, price, random_.between(1, 100), SlotIndex{});
    }

    void match_and_rest(OrderId id, Side side, std::int64_t price, std::int64_t lots, SlotIndex slot) {
        std::int64_t naive_lots = lots;
        const std::int64_t fillable = book_.fillable(side, PriceTicks{price}, QuantityLots{lots}).raw;
        const bool crosses = book_.crosses(side, PriceTicks{price});
        const std::vector<Fill> expected = naive_.take(side, price, naive_lots);
        std::vector<Fill> fills;
        QuantityLots leaves{lots};
        Matcher::match(book_, side, PriceTicks{price}, leaves,
                       [&](SlotIndex index, OrderSlot& maker, PriceTicks at, QuantityLots fill, bool done) {
                           fills.emplace_back(maker.id.raw, at.raw, fill.raw);
                           if (done) forget(index);
                       });
        ASSERT_EQ(fills, expected);
        ASSERT_EQ(leaves.raw, naive_lots);
        ASSERT_EQ(fillable, lots - leaves.raw);
        ASSERT_EQ(crosses, !fills.empty());
        if (leaves.raw == 0) {
            if (slot) forget(slot);
            return;
        }
        if (!slot) slot = remember(id, side);
        orders_.slot(slot).leaves = static_cast<std::uint32_t>(leaves.raw);
        book_.rest(slot, PriceTicks{price});
        naive_.rest(side, price, {id.raw, leaves.raw});
    }

    SlotIndex remember(OrderId id, Side side) {
        const SlotIndex slot = orders_.take();
        orders_.slot(slot).id = id;
        orders_.slot(slot).side = side;
        orders_.slot(slot).client_entry = static_cast<std::uint32_t>(live_.size());
        live_.push_back(id);
        directory_.insert(id, slot);
        return slot;
    }
    void forget(SlotIndex slot) {
        const OrderId id = orders_.slot(slot).id;
        ASSERT_EQ(directory_.find(id), slot);
        const std::uint32_t place = orders_.slot(slot).client_entry;
        live_[place] = live_.back();
        orders_.slot(directory_.find(live_[place])).client_entry = place;
        live_.pop_back();
        directory_.erase(id);
        orders_.release(slot);
    }

    void change_one() {
        const OrderId id = live_[random_.below(live_.size())];
        const SlotIndex slot = directory_.find(id);
        OrderSlot& order = orders_.slot(slot);
        const std::int64_t price = book_.price_of(order).raw;
        const bool smaller = order.leaves > 1 && random_.chance(1, 3);
        if (smaller) {
            const std::int64_t lots = random_.between(1, order.leaves - 1);
            book_.reduce(slot, QuantityLots{lots});
            naive_.reduce(order.side, price, id.raw, lots);
            return;
        }
        const PriceTicks to{draw_price(order.side)};
        if (!book_.crosses(order.side, to) && random_.chance(1, 2)) {
            const std::int64_t leaves = random_.between(1, 100);
            book_.move(slot, order, order.side, to, QuantityLots{leaves});
            naive_.remove(order.side, price, id.raw);
            naive_.rest(order.side, to.raw, {id.raw, leaves});
            return;
        }
        book_.remove(slot);
        naive_.remove(order.side, price, id.raw);
        if (live_.size() < GetParam().orders_max && random_.chance(1, 2)) {
            match_and_rest(id, order.side, draw_price(order.side), order.leaves, slot);
        } else {
            forget(slot);
        }
    }

    void compare() {
        ASSERT_EQ(check_book(book_, memory_), "");
        ASSERT_EQ(orders_.live(), live_.size());
        ASSERT_EQ(directory_.size(), live_.size());
        for (const Side side : {Side::buy, Side::sell}) {
            std::vector<Fill> all;
            book_.for_each_order(side, [&](SlotIndex, const OrderSlot& order, PriceTicks price) {
                all.emplace_back(order.id.raw, price.raw, order.leaves);
            });
            ASSERT_EQ(all, naive_.orders(side));
        }
    }

    base::Random random_{20260101};
    std::int64_t middle_ = GetParam().middle;
    BookMemory memory_;
    OrderPool& orders_ = memory_.orders;
    LevelPool& levels_ = memory_.levels;
    OrderDirectory directory_;
    OrderBook book_{MarketId{1}, memory_};
    NaiveBook naive_;
    std::vector<OrderId> live_;
    std::uint64_t last_id_ = 0;
};

TEST_P(BookProperty, AgreesWithANaiveBook) {
    for (int i = 0; i < GetParam().operations && !HasFatalFailure(); ++i) {
        const bool full = live_.size() >= GetParam().orders_max;
        if (live_.empty() || random_.chance(full ? 1 : 7, 10)) {
            place();
        } else {
            change_one();
        }
        if (i % GetParam().check_every == 0) compare();
    }
    while (!live_.empty() && !HasFatalFailure()) change_one();
    compare();
    EXPECT_EQ(levels_.live_pages(), 0u);
}

INSTANTIATE_TEST_SUITE_P(
    Profiles, BookProperty,
    testing::Values(Profile{"FewOrdersFewPrices", 100, 3, 0, 12, 200'000, 1},
                    Profile{"AcrossPages", 1000, 150, 0, 60, 150'000, 5},
                    Profile{"DriftingPrice", 5'000'000, 300, 400, 80, 200'000, 20},
                    Profile{"FarApart", order_price_max / 2, order_price_max / 2, 0, 60, 150'000, 20},
                    Profile{"WiderThanTheWindow", 2'000'000, 1'000'000, 100, 3000, 200'000, 1000},
                    Profile{"Crowded", 20'000, 2'000, 3, 5000, 200'000, 1000},
                    Profile{"AtTheLowEnd", 1, 200, 1, 50, 100'000, 7},
                    Profile{"AtTheHighEnd", order_price_max, 200, 1, 50, 100'000, 7}),
    [](const auto& suite) { return suite.param.name; });

}  // namespace
}  // namespace sauda::core
