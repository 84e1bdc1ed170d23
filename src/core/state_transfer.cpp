#include "core/state_transfer.h"

#include <algorithm>
#include <numeric>

#include "core/administration.h"
#include "core/resting.h"

namespace sauda::core {

namespace {

MarketStateRecord market_record(const MarketDesk& desk) {
    return {desk.market.spec, desk.market.state, desk.last_trade, desk.last_update, desk.fee_schedules};
}

void capture_orders(const ExchangeImpl& exchange, const MarketDesk& desk, Side side,
                    std::vector<OrderRecord>& out) {
    desk.book.for_each_order(side, [&](SlotIndex slot, const OrderSlot&, PriceTicks) {
        out.push_back(order_record(exchange, slot));
    });
}

void restore_assets(ExchangeImpl& exchange, const ExchangeState& state) {
    exchange.assets = state.assets;
}

void restore_markets(ExchangeImpl& exchange, const ExchangeState& state) {
    for (const MarketStateRecord& record : state.markets) {
        const MarketId id{exchange.market_count + 1};
        auto market = make_market(record.spec, id, exchange.assets);
        ASSERT(market.has_value());
        market->state = record.state;
        MarketDesk& desk = exchange.add_market(*market);
        desk.use_fees(record.fee_schedules);
        desk.last_trade = record.last_trade;
        desk.last_update = record.last_update;
    }
}

void restore_accounts(ExchangeImpl& exchange, const ExchangeState& state) {
    for (const AccountRecord& record : state.accounts) {
        const AccountId id = exchange.accounts.add(record.user);
        Account& account = exchange.accounts[id];
        account.frozen = record.frozen ? 1 : 0;
        account.last_sequence = record.last_sequence;
        exchange.account_of_user.emplace(record.user, id);
    }
    for (const BalanceRecord& record : state.balances) {
        Balance& row = exchange.ledger.row(record.account, record.asset);
        row = {record.available, record.held};
    }
}

/// Takes slots in the order of ids, so that accounts' lists come out oldest first as they were.
std::vector<SlotIndex> restore_slots(ExchangeImpl& exchange, const std::vector<OrderRecord>& orders) {
    std::vector<std::size_t> by_id(orders.size());
    std::iota(by_id.begin(), by_id.end(), std::size_t{0});
    std::ranges::sort(by_id, {}, [&](std::size_t i) { return orders[i].id; });
    std::vector<SlotIndex> slots(orders.size());
    for (const std::size_t i : by_id) {
        const OrderRecord& record = orders[i];
        slots[i] = take_slot(exchange, record.id, exchange.accounts[record.account]);
        OrderSlot& order = exchange.books.orders.slot(slots[i]);
        order.side = record.side;
        order.fee_schedule = record.fee_schedule;
        order.terms = {record.kind, record.time_in_force, record.post_only};
        order.quantity = static_cast<std::uint32_t>(record.quantity.raw);
        order.leaves = static_cast<std::uint32_t>(record.leaves.raw);
        order.accepted = record.accepted;
        const MarketDesk& desk = *exchange.find_market(record.market);
        order.hold_per_unit =
            desk.hold_per_unit(record.fee_schedule, record.side, desk.market.unit_notional(record.price));
    }
    return slots;
}

void restore_orders(ExchangeImpl& exchange, const ExchangeState& state) {
    const std::vector<SlotIndex> slots = restore_slots(exchange, state.orders);
    for (std::size_t i = 0; i < slots.size(); ++i) {
        const OrderRecord& record = state.orders[i];
        exchange.find_market(record.market)->book.rest(slots[i], record.price);
    }
}

/// Open orders point at their client order ids again.
void restore_client_orders(ExchangeImpl& exchange, const ExchangeState& state) {
    exchange.client_orders.restore(state.client_orders);
    for (const ClientOrderRecord& record : state.client_orders) {
        if (!record.open) continue;
        const SlotIndex slot = exchange.directory.find(record.order);
        ASSERT(slot);
        exchange.books.orders.slot(slot).client_entry =
            exchange.client_orders.find(record.account, record.client_order_id);
    }
}

void restore_leases(ExchangeImpl& exchange, const ExchangeState& state) {
    exchange.leases.restore(state.leases);
    for (const LeaseRecord& record : state.leases) ++exchange.accounts[record.account].leases;
}

}  // namespace

OrderRecord order_record(const ExchangeImpl& exchange, SlotIndex slot) {
    const OrderSlot& order = exchange.books.orders.slot(slot);
    OrderRecord record;
    record.id = order.id;
    record.account = order.account;
    record.market = exchange.books.levels.market_of(order.level);
    record.side = order.side;
    record.kind = order.terms.kind();
    record.time_in_force = order.terms.time_in_force();
    record.post_only = order.terms.post_only();
    record.fee_schedule = order.fee_schedule;
    record.price = exchange.books.levels.price_of(order.level);
    record.quantity = {order.quantity};
    record.leaves = order.open();
    record.accepted = order.accepted;
    return record;
}

ExchangeState capture_state(const ExchangeImpl& exchange) {
    ExchangeState state;
    state.shard = exchange.shard;
    state.last = exchange.last;
    state.last_order_count = exchange.last_order_count;
    state.assets = exchange.assets;
    for (const MarketDesk& desk : exchange.markets) state.markets.push_back(market_record(desk));
    for (AccountId id = first_user_account; id < exchange.accounts.end(); ++id.raw) {
        const Account& account = exchange.accounts[id];
        state.accounts.push_back({exchange.accounts.user(id), account.frozen != 0, account.last_sequence});
    }
    exchange.ledger.for_each([&](AccountId account, AssetId asset, Balance balance) {
        state.balances.push_back({account, asset, balance.available, balance.held});
    });
    state.orders.reserve(exchange.directory.size());
    for (const MarketDesk& desk : exchange.markets) {
        capture_orders(exchange, desk, Side::buy, state.orders);
        capture_orders(exchange, desk, Side::sell, state.orders);
    }
    state.client_orders = exchange.client_orders.sorted_records();
    state.transfers = exchange.transfers.sorted_records();
    state.gateways = exchange.gateways.sorted_records();
    state.leases = exchange.leases.sorted_records();
    return state;
}

void restore_state(ExchangeImpl& exchange, const ExchangeState& state) {
    ASSERT(exchange.last.sequence.raw == 0 && exchange.shard == state.shard);
    exchange.last = state.last;
    exchange.last_order_count = state.last_order_count;
    restore_assets(exchange, state);
    restore_markets(exchange, state);
    restore_accounts(exchange, state);
    restore_orders(exchange, state);
    restore_client_orders(exchange, state);
    for (const TransferRecord& record : state.transfers) exchange.transfers.remember(record);
    exchange.gateways.restore(state.gateways);
    restore_leases(exchange, state);
}

}  // namespace sauda::core
