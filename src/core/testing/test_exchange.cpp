#include "core/testing/test_exchange.h"

#include "base/assert.h"
#include "core/default_listings.h"
#include "core/event_reader.h"
#include "core/invariants.h"
#include "core/testing/event_frames.h"

namespace sauda::core::testing {

namespace {

Outcome outcome_of(base::ByteView events) {
    Outcome outcome;
    const auto note = Overloaded{
        [&](const OrderAccepted& e) { outcome.order = e.order; },
        [&](const Refused& e) { outcome.reason = e.reason, outcome.order = e.order; },
        [&](const Repeated& e) { outcome.first = e.first, outcome.order = e.order; },
        [&](const Trade& e) { outcome.trades.push_back(e); },
        [&](const OrderEnded& e) { outcome.ended.push_back(e); },
        [&](const OrderAmended& e) { outcome.amended.push_back(e); },
        [&](const AccountOpened& e) { outcome.account = e.account; },
        [](const auto&) {},
    };
    for_each_event(events, [&]<class E>(const E& event) {
        outcome.types.push_back(E::type);
        note(event);
    });
    return outcome;
}

}  // namespace

TestExchange::TestExchange(Listed listed) {
    if (listed == Listed::nothing) return;
    for (const CommandBody& body : default_listings({})) apply(body);
}

Outcome TestExchange::apply(const Command& command) {
    ++stamp.sequence.raw;
    ++stamp.time.raw;
    EventBuffer events;
    exchange.apply(command, stamp, events);
    check();
    return outcome_of(events.bytes());
}

std::vector<Outcome> TestExchange::apply_batch(std::span<const Command> batch) {
    EventBuffer frames;
    ++stamp.time.raw;
    exchange.apply_batch(batch, {{stamp.sequence.raw + 1}, stamp.time}, FrameOrigin{}, frames);
    stamp.sequence.raw += batch.size();
    check();
    std::vector<Outcome> outcomes;
    for_each_frame(frames.bytes(), [&](const EventFrameHeader&, base::ByteView events) {
        outcomes.push_back(outcome_of(events));
    });
    ASSERT(outcomes.size() == batch.size());
    return outcomes;
}

void TestExchange::check() const {
    if (!checks_) return;
    const auto violation = check_invariants(exchange);
    ASSERT(!violation);
}

AccountId TestExchange::open(std::uint32_t number) {
    Uuid user;
    user.bytes[0] = static_cast<std::uint8_t>(number);
    user.bytes[1] = static_cast<std::uint8_t>(number >> 8);
    return apply(OpenAccount{user}).account;
}

void TestExchange::deposit(AccountId account, AssetId asset, std::int64_t amount) {
    const TransferReference reference("deposit-" + std::to_string(stamp.sequence.raw));
    const Outcome outcome = apply(Deposit{{}, account, asset, {amount}, reference});
    ASSERT(outcome.reason == RejectReason::none);
}

AssetId TestExchange::list_asset(std::string_view name, std::uint8_t scale) {
    const Outcome outcome = apply(ListAsset{{}, AssetName(name), scale});
    ASSERT(outcome.reason == RejectReason::none);
    return {static_cast<std::uint32_t>(exchange.asset_count())};
}

MarketId TestExchange::list_market(const MarketSpec& spec) {
    const Outcome outcome = apply(ListMarket{{}, spec});
    ASSERT(outcome.reason == RejectReason::none);
    return {static_cast<std::uint32_t>(exchange.market_count())};
}

PlaceOrder limit(AccountId account, MarketId market, Side side, std::int64_t price, std::int64_t quantity) {
    PlaceOrder order;
    order.account = account;
    order.market = market;
    order.side = side;
    order.price = {price};
    order.quantity = {quantity};
    return order;
}

PlaceOrder market_order(AccountId account, MarketId market, Side side, std::int64_t quantity) {
    PlaceOrder order = limit(account, market, side, 0, quantity);
    order.kind = OrderKind::market;
    return order;
}

PlaceOrder market_by_quote(AccountId account, MarketId market, Side side, std::int64_t quote) {
    PlaceOrder order = market_order(account, market, side, 0);
    order.quote_quantity = {quote};
    return order;
}

}  // namespace sauda::core::testing
