#include "views/accounts.h"

#include <algorithm>
#include <functional>
#include <string_view>
#include <variant>

#include "base/assert.h"
#include "core/command.h"
#include "core/event_reader.h"

namespace sauda::views {

namespace {

bool places_an_order(std::uint8_t request) {
    return request == core::CommandBody(core::PlaceOrder{}).index() ||
           request == core::CommandBody(core::ReplaceOrder{}).index();
}

core::OrderStatus status_of_open(const OrderView& order) {
    return order.filled.raw == 0 ? core::OrderStatus::accepted : core::OrderStatus::partially_filled;
}

}  // namespace

std::size_t AccountsView::ClientKeyHash::operator()(const ClientKey& key) const {
    const std::size_t text = std::hash<std::string_view>{}(key.id.view());
    return text ^ (key.account.raw * std::size_t{0x9E3779B97F4A7C15});
}

AccountsView::AccountsView(AccountsLimits limits) : limits_(limits) {}

AccountsView::AccountsView(const core::ExchangeState& state, AccountsLimits limits)
    : limits_(limits), last_(state.last.sequence), now_(state.last.time), listings_(state) {
    core::AccountId id = core::first_user_account;
    for (const core::AccountRecord& record : state.accounts) {
        account(id).sequence = record.last_sequence;
        ++id.raw;
    }
    for (const core::BalanceRecord& record : state.balances) {
        balance_of(record.account, record.asset) = {record.asset, record.available, record.held};
    }
    for (const core::OrderRecord& record : state.orders) add_open_order(record);
    for (const core::ClientOrderRecord& record : state.client_orders) {
        const auto found = orders_.find(record.order);
        if (found == orders_.end() || !places_an_order(record.content.request)) continue;
        found->second.client_order_id = record.client_order_id;
        by_client_id_[{record.account, record.client_order_id}] = record.order;
    }
    for (const core::OrderRecord& record : state.orders) {
        OrderView& added = order(record.id);
        const auto& schedules = state.markets[record.market.raw - 1].fee_schedules;
        if (record.fee_schedule < schedules.size()) added.fees = schedules[record.fee_schedule];
    }
    for (const core::TransferRecord& record : state.transfers) {
        if (record.is_pending())
            pending_transfers_.add({record.first,
                                    {},
                                    record.account,
                                    record.asset,
                                    -record.amount,
                                    record.reference,
                                    record.peer});
    }
}

void AccountsView::add_open_order(const core::OrderRecord& record) {
    OrderView added;
    added.id = record.id;
    added.account = record.account;
    added.market = record.market;
    added.side = record.side;
    added.kind = record.kind;
    added.time_in_force = record.time_in_force;
    added.post_only = record.post_only;
    added.price = record.price;
    added.quantity = record.quantity;
    added.leaves = record.leaves;
    added.filled = record.quantity - record.leaves;
    added.filled_quote_complete = added.filled.raw == 0;
    added.status = status_of_open(added);
    added.created = record.accepted;
    added.updated = record.accepted;
    open(added);
}

bool AccountsView::apply(core::Sequence sequence, core::TimestampNs time, base::ByteView events) {
    if (sequence <= last_) return true;
    last_ = sequence;
    now_ = time;
    const bool understood = core::for_each_event(events, [this](const auto& event) {
        listings_.apply(event);
        fold(event);
    });
    close_quote_bound();
    return understood;
}

// --- What each event means ---

void AccountsView::fold(const core::OrderAccepted& event) {
    saw(event.account, event.account_sequence);
    OrderView accepted;
    accepted.id = event.order;
    accepted.account = event.account;
    accepted.market = event.market;
    accepted.client_order_id = event.client_order_id;
    accepted.side = event.side;
    accepted.kind = event.kind;
    accepted.time_in_force = event.time_in_force;
    accepted.post_only = event.post_only != 0;
    accepted.status = core::OrderStatus::accepted;
    accepted.price = event.price;
    accepted.quantity = event.quantity;
    accepted.leaves = event.quantity;
    accepted.quote_quantity = event.quote_quantity;
    accepted.fees = event.fees;
    accepted.created = now_;
    accepted.updated = now_;
    open(accepted);
    if (event.quote_quantity.raw != 0) quote_bound_ = event.order;
}

void AccountsView::fold(const core::OrderRested& event) {
    BalanceView& paying =
        balance_of(event.account, core::paying_asset(market(event.market).spec, event.side));
    paying.available -= event.held;
    paying.held += event.held;
    OrderView& rested = order(event.order);
    rested.leaves = event.leaves;
    rested.updated = now_;
}

void AccountsView::fold(const core::Trade& event) {
    saw(event.maker_account, event.maker_account_sequence);
    saw(event.taker_account, event.taker_account_sequence);
    settle(event, market(event.market));

    OrderView& maker = order(event.maker_order);
    fill(maker, event);
    maker.leaves = event.maker_leaves;
    if (maker.leaves.raw == 0) close(maker, core::OrderStatus::filled);

    OrderView& taker = order(event.taker_order);
    fill(taker, event);
    if (taker.id == quote_bound_) taker.quote_used += event.taker_quote_used();
    taker.leaves = event.taker_leaves;
    // Of an order bound by quote the trade does not tell whether it was the last: see close_quote_bound.
    if (taker.leaves.raw == 0 && taker.id != quote_bound_) close(taker, core::OrderStatus::filled);
}

void AccountsView::fold(const core::OrderEnded& event) {
    saw(event.account, event.account_sequence);
    release(event.account, core::paying_asset(market(event.market).spec, event.side), event.released);
    OrderView& ended = order(event.order);
    ended.end_cause = event.cause;
    ended.leaves = {};
    close(ended, core::is_expiry(event.cause) ? core::OrderStatus::expired : core::OrderStatus::canceled);
}

void AccountsView::fold(const core::OrderAmended& event) {
    saw(event.account, event.account_sequence);
    release(event.account, core::paying_asset(market(event.market).spec, event.side), event.released);
    OrderView& amended = order(event.order);
    remember_quote(amended);
    amended.price = event.price;
    amended.quantity = event.quantity;
    amended.leaves = event.leaves;
    amended.updated = now_;
}

void AccountsView::fold(const core::Transferred& event) {
    saw(event.account, event.account_sequence);
    balance_of(event.account, event.asset).available += event.amount;
    balance_of(core::external_account, event.asset).available -= event.amount;
}

void AccountsView::fold(const core::TransferSent& event) {
    saw(event.account, event.account_sequence);
    balance_of(event.account, event.asset).available -= event.amount;
    balance_of(core::in_transit_account, event.asset).available += event.amount;
    pending_transfers_.add(
        {last_, now_, event.account, event.asset, event.amount, event.reference, event.to});
}

void AccountsView::fold(const core::TransferReceived& event) {
    saw(event.account, event.account_sequence);
    balance_of(event.account, event.asset).available += event.amount;
    balance_of(core::in_transit_account, event.asset).available -= event.amount;
}

void AccountsView::fold(const core::TransferConfirmed& event) {
    pending_transfers_.remove(event.sent);
}

void AccountsView::fold(const core::AccountStateChanged& event) {
    saw(event.account, event.account_sequence);
}

// --- Money ---

void AccountsView::settle(const core::Trade& event, const core::Market& market) {
    const core::Side maker_side = core::opposite(event.taker_side);
    // The maker's share of its hold returns first: from here on both sides pay from available.
    release(event.maker_account, core::paying_asset(market.spec, maker_side), event.released);

    const bool taker_buys = event.taker_side == core::Side::buy;
    const core::AccountId buyer = taker_buys ? event.taker_account : event.maker_account;
    const core::AccountId seller = taker_buys ? event.maker_account : event.taker_account;
    const core::Amount base{static_cast<std::int64_t>(market.base_amount(event.quantity))};
    balance_of(buyer, market.spec.quote).available -= event.quote;
    balance_of(seller, market.spec.quote).available += event.quote;
    balance_of(seller, market.spec.base).available -= base;
    balance_of(buyer, market.spec.base).available += base;

    const auto fee_asset = [&](core::Liquidity liquidity) {
        return event.fee_in_base(liquidity) ? market.spec.base : market.spec.quote;
    };
    charge(event.taker_account, event.taker_fee, fee_asset(core::Liquidity::taker));
    charge(event.maker_account, event.maker_fee, fee_asset(core::Liquidity::maker));
}

/// A negative fee is a rebate: the fees account pays it.
void AccountsView::charge(core::AccountId account, core::Amount fee, core::AssetId asset) {
    if (fee.raw == 0) return;
    balance_of(account, asset).available -= fee;
    balance_of(core::fees_account, asset).available += fee;
}

void AccountsView::release(core::AccountId account, core::AssetId asset, core::Amount released) {
    BalanceView& balance = balance_of(account, asset);
    balance.held -= released;
    balance.available += released;
}

BalanceView& AccountsView::balance_of(core::AccountId id, core::AssetId asset) {
    ASSERT(asset.raw >= 1);
    auto& balances = account(id).balances;
    for (auto next = static_cast<std::uint32_t>(balances.size()) + 1; next <= asset.raw; ++next) {
        balances.push_back({{next}, {}, {}});
    }
    return balances[asset.raw - 1];
}

BalanceView AccountsView::balance(core::AccountId id, core::AssetId asset) const {
    const Account* found = find(id);
    if (found == nullptr || asset.raw < 1 || asset.raw > found->balances.size()) return {asset, {}, {}};
    return found->balances[asset.raw - 1];
}

std::vector<BalanceView> AccountsView::balances(core::AccountId id) const {
    const Account* found = find(id);
    if (found == nullptr) return {};
    std::vector<BalanceView> nonzero;
    std::ranges::copy_if(found->balances, std::back_inserter(nonzero), [](const BalanceView& balance) {
        return balance.available.raw != 0 || balance.held.raw != 0;
    });
    return nonzero;
}

// --- Accounts ---

AccountsView::Account& AccountsView::account(core::AccountId id) {
    if (id.raw >= accounts_.size()) accounts_.resize(id.raw + 1);
    return accounts_[id.raw];
}

std::size_t AccountsView::open_order_count(core::AccountId id) const {
    const Account* found = find(id);
    return found == nullptr ? 0 : found->open.size();
}

const AccountsView::Account* AccountsView::find(core::AccountId id) const {
    return id.raw < accounts_.size() ? &accounts_[id.raw] : nullptr;
}

void AccountsView::saw(core::AccountId id, core::AccountSequence sequence) {
    Account& seen = account(id);
    seen.sequence = std::max(seen.sequence, sequence);
}

core::AccountSequence AccountsView::account_sequence(core::AccountId id) const {
    const Account* found = find(id);
    return found == nullptr ? core::AccountSequence{} : found->sequence;
}

const core::Market& AccountsView::market(core::MarketId id) const {
    const core::Market* found = listings_.find_market(id);
    ASSERT(found != nullptr);
    return *found;
}

}  // namespace sauda::views
