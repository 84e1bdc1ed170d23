#include "feed/testing/world.h"

#include <gtest/gtest.h>

#include "core/event_buffer.h"
#include "core/event_reader.h"

namespace sauda::feed {

using core::Side;

World::World(const Limits& the_limits) : limits(the_limits) {
    list();
    open_accounts();
    hub = std::make_unique<Hub>(views, frame_line, limits);
}

void World::list() {
    apply(core::ListAsset{{}, core::AssetName("INR"), 4});
    apply(core::ListAsset{{}, core::AssetName("TATA"), 0});
    apply(core::ListAsset{{}, core::AssetName("JIO"), 0});
    core::MarketSpec spec;
    spec.name = core::MarketName("TATA_INR");
    spec.base = tata;
    spec.quote = inr;
    spec.price_scale = 2;
    spec.tick = 5;
    spec.fees = {-100, 1000};
    apply(core::ListMarket{{}, spec});
    spec.name = core::MarketName("JIO_INR");
    spec.base = jio;
    spec.fee_asset = core::FeeAsset::received;
    apply(core::ListMarket{{}, spec});
}

void World::open_accounts() {
    for (std::uint8_t trader = 1; trader <= 4; ++trader) {
        core::Uuid user;
        user.bytes[0] = trader;
        apply(core::OpenAccount{user});
        traders.push_back(exchange.find_account(user));
        for (const core::AssetId asset : {inr, tata, jio}) {
            const core::Amount amount{asset == inr ? 1'000'000'000'0000 : 100'000'000};
            const std::string reference = std::to_string(trader) + "/" + std::to_string(asset.raw);
            apply(core::Deposit{{}, traders.back(), asset, amount, core::TransferReference(reference)});
        }
    }
}

void World::apply(core::CommandBody body) {
    core::EventBuffer events;
    ++stamp.sequence.raw;
    stamp.time.raw += 1'000'000;
    exchange.apply(core::Command{{}, {}, std::move(body)}, stamp, events);
    core::for_each_event(events.bytes(), core::Overloaded{[&](const core::OrderAccepted& event) {
                                                              last_order = event.order;
                                                              open_orders_.push_back(event.order);
                                                          },
                                                          [](const auto&) {}});
    codec::EventFrameHeader header;
    header.sequence = stamp.sequence;
    header.time = stamp.time;
    frames.emplace_back();
    codec::append_event_frame(header, events.bytes(), frames.back());

    ASSERT_TRUE(views.apply(stamp.sequence, stamp.time, events.bytes()));
    if (hub == nullptr) return;
    const auto frame = codec::parse_event_frame(frames.back());
    ASSERT_TRUE(frame.has_value());
    ASSERT_TRUE(hub->apply(*frame));
}

void World::restart(std::size_t frame_count) {
    hub = std::make_unique<Hub>(views, frame_line, limits);
    PrivateWindow past(limits.window);
    const std::size_t first = frames.size() > frame_count ? frames.size() - frame_count : 0;
    for (std::size_t i = first; i < frames.size(); ++i) {
        const auto frame = codec::parse_event_frame(frames[i]);
        ASSERT_TRUE(frame.has_value());
        ASSERT_TRUE(past.push(*frame));
    }
    hub->remember(std::move(past));
}

core::OrderId World::place(const core::PlaceOrder& order) {
    last_order = {};
    apply(order);
    return last_order;
}

core::OrderId World::place(core::AccountId account, Side side, std::int64_t price, std::int64_t quantity,
                           core::TimeInForce time_in_force) {
    core::PlaceOrder order;
    order.account = account;
    order.market = tata_inr;
    order.side = side;
    order.price = {price};
    order.quantity = {quantity};
    order.time_in_force = time_in_force;
    return place(order);
}

core::PlaceOrder World::market_order(core::AccountId account, Side side, std::int64_t quantity) const {
    core::PlaceOrder order;
    order.account = account;
    order.market = tata_inr;
    order.side = side;
    order.kind = core::OrderKind::market;
    order.quantity = {quantity};
    return order;
}

void World::random_command(base::Random& random) {
    const core::AccountId account = traders[random.below(traders.size())];
    const core::OrderId known =
        open_orders_.empty() ? core::OrderId{} : open_orders_[random.below(open_orders_.size())];
    if (open_orders_.size() > 60) open_orders_.erase(open_orders_.begin(), open_orders_.begin() + 20);

    core::PlaceOrder order;
    order.account = account;
    order.market = random.chance(1, 5) ? jio_inr : tata_inr;
    order.side = random.chance(1, 2) ? Side::buy : Side::sell;
    const std::int64_t away = random.between(-15, 60) * 5;
    order.price = {order.side == Side::buy ? 10'000 - away : 10'000 + away};
    order.quantity = {random.between(1, 50)};

    const auto record = exchange.find_order(known);
    const core::AccountId owner = record ? record->account : account;
    switch (random.below(20)) {
        case 0:
        case 1:
        case 2:
        case 3:
        case 4:
            return apply(core::CancelOrder{owner, known, {}});
        case 5:
            return apply(core::AmendOrder{
                owner, known, {}, {random.between(1, 20)}, core::QuantityChange::reduce_by, false, {}});
        case 6:
            return apply(core::AmendOrder{owner,
                                          known,
                                          order.price,
                                          order.quantity,
                                          core::QuantityChange::leaves,
                                          random.chance(1, 2),
                                          {}});
        case 7:
            order.account = owner;
            return apply(core::ReplaceOrder{known, order});
        case 8:
            if (random.chance(1, 5)) return apply(core::CancelAll{account, {}});
            break;
        case 9:
            order.time_in_force = random.chance(1, 2) ? core::TimeInForce::ioc : core::TimeInForce::fok;
            break;
        case 10:
            order.kind = core::OrderKind::market;
            order.price = {};
            if (random.chance(1, 2)) {
                order.quantity = {};
                order.quote_quantity = {random.between(1, 5'000) * 10'000};
            }
            break;
        default:
            break;
    }
    apply(order);
}

std::map<std::int64_t, std::int64_t> World::resting(core::MarketId market, Side side) const {
    std::map<std::int64_t, std::int64_t> levels;
    for (const core::OrderRecord& order : exchange.state().orders) {
        if (order.market == market && order.side == side) levels[order.price.raw] += order.leaves.raw;
    }
    return levels;
}

std::string user_text(int trader) {
    return "0" + std::to_string(trader) + "000000-0000-0000-0000-000000000000";
}

}  // namespace sauda::feed
