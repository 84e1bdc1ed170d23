/// balance, book, open: lines that ask how the exchange is, and change nothing.
#include <vector>

#include "core/types/decimal.h"
#include "world.h"

namespace sauda::scenarios {

using namespace core;

namespace {

std::string differ(const std::string& expected, const std::string& got) {
    return expected == got ? "" : "\n  expected " + expected + "\n  got      " + got;
}

/// `balance alice INR available 800.00 held 100.00`
std::string check_balance(World& world, Words& words) {
    const AccountId account = world.account(words.next("an account"));
    const Asset asset = world.asset(words, words.next("an asset"));
    words.expect("available");
    const std::int64_t available = words.decimal("amount", asset.scale);
    words.expect("held");
    const std::int64_t held = words.decimal("amount", asset.scale);
    const auto text = [&](std::int64_t free, std::int64_t bound) {
        return "available " + format_decimal(free, asset.scale) + " held " +
               format_decimal(bound, asset.scale);
    };
    const Exchange::Balance balance = world.exchange.balance(account, asset.id);
    return differ(text(available, held), text(balance.available.raw, balance.held.raw));
}

/// The levels of one side, best first: "100.00 x 2, 99.95 x 1".
std::string levels_text(const World& world, const Market& market, Side side) {
    struct Level {
        std::int64_t price, quantity;
    };
    std::vector<Level> levels;
    for (const OrderRecord& order : world.exchange.state().orders) {
        if (order.market != market.id || order.side != side) continue;
        if (levels.empty() || levels.back().price != order.price.raw) levels.push_back({order.price.raw, 0});
        levels.back().quantity += order.leaves.raw;
    }
    std::string text;
    for (const Level& level : levels) {
        text += (text.empty() ? " " : ", ") + format_decimal(level.price, market.spec.price_scale) + " x " +
                format_decimal(level.quantity, market.spec.quantity_scale);
    }
    return text;
}

/// `book TATA_INR bids 100.00 x 2, 99.95 x 1 asks 101.00 x 3`; sides without orders are left out, `empty`
/// says that both are.
std::string check_book(World& world, Words& words) {
    const Market market = world.market(words, words.next("a market"));
    std::string expected;
    while (!words.done()) expected += (expected.empty() ? "" : " ") + words.next("a level");
    if (!words.ok()) return {};
    const std::string bids = levels_text(world, market, Side::buy);
    const std::string asks = levels_text(world, market, Side::sell);
    std::string got = bids.empty() ? "" : "bids" + bids;
    if (!asks.empty()) got += (got.empty() ? "asks" : " asks") + asks;
    return differ(expected, got.empty() ? "empty" : got);
}

/// `open alice A1 A2`: the open orders of an account, oldest first; `nothing` where there are none.
std::string check_open(World& world, Words& words) {
    const AccountId account = world.account(words.next("an account"));
    std::string expected;
    while (!words.done()) expected += (expected.empty() ? "" : " ") + words.next("a label");
    std::map<OrderId, std::string> open;
    for (const OrderRecord& order : world.exchange.state().orders) {
        if (order.account == account) open[order.id] = world.label(order.id);
    }
    std::string got;
    for (const auto& [id, label] : open) got += (got.empty() ? "" : " ") + label;
    return differ(expected, got.empty() ? "nothing" : got);
}

}  // namespace

std::optional<std::string> expectation(World& world, const std::string& verb, Words& words) {
    if (verb == "balance") return check_balance(world, words);
    if (verb == "book") return check_book(world, words);
    if (verb == "open") return check_open(world, words);
    return {};
}

}  // namespace sauda::scenarios
