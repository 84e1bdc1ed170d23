/// The projector's fold: what each event of core means for history. Order by order and balance by balance it
/// says what views::AccountsView says, and keeps every step.
#include <algorithm>

#include "history/projector.h"

namespace sauda::history {

namespace {

constexpr std::int64_t ns_per_s = 1'000'000'000;

}  // namespace

// --- Orders ---

void Projector::fold(const core::OrderAccepted& event) {
    Order accepted;
    accepted.row.created = batch_.progress.sequence;
    views::OrderView& order = accepted.row.order;
    order.id = event.order;
    order.account = event.account;
    order.market = event.market;
    order.client_order_id = event.client_order_id;
    order.side = event.side;
    order.kind = event.kind;
    order.time_in_force = event.time_in_force;
    order.post_only = event.post_only != 0;
    order.price = event.price;
    order.quantity = event.quantity;
    order.leaves = event.quantity;
    order.quote_quantity = event.quote_quantity;
    order.fees = event.fees;
    const auto [at, is_new] = orders_.emplace(event.order.raw, accepted);
    if (!is_new) return contradict("order " + std::to_string(event.order.raw) + " is accepted twice");
    change(at->second);
    if (event.quote_quantity.raw != 0) quote_bound_ = event.order;
}

void Projector::fold(const core::OrderRested& event) {
    Order* rested = order(event.order);
    const core::Market* in = market(event.market);
    if (rested == nullptr || in == nullptr) return;
    change(*rested);
    rested->row.order.leaves = event.leaves;
    post(event.account, core::paying_asset(in->spec, event.side), -event.held, event.held,
         {Cause::hold, event.account, {}, event.order, event.market, {}});
}

void Projector::fold(const core::OrderEnded& event) {
    Order* ended = order(event.order);
    const core::Market* in = market(event.market);
    if (ended == nullptr || in == nullptr) return;
    change(*ended);
    ended->row.order.end_cause = event.cause;
    ended->row.order.leaves = {};
    const bool is_expired = core::is_expiry(event.cause);
    close(*ended, is_expired ? core::OrderStatus::expired : core::OrderStatus::canceled, place());
    release(event.order, event.account, core::paying_asset(in->spec, event.side), event.released,
            event.market);
}

void Projector::fold(const core::OrderAmended& event) {
    Order* amended = order(event.order);
    const core::Market* in = market(event.market);
    if (amended == nullptr || in == nullptr) return;
    change(*amended);
    views::OrderView& order = amended->row.order;
    order.price = event.price;
    order.quantity = event.quantity;
    order.leaves = event.leaves;
    batch_.amendments.push_back({event.order, batch_.progress.sequence, place(), event.lost_priority != 0,
                                 event.price_before, event.price, event.leaves_before, event.leaves,
                                 event.quantity});
    release(event.order, event.account, core::paying_asset(in->spec, event.side), event.released,
            event.market);
}

// --- Trades ---

void Projector::fold(const core::Trade& event) {
    const core::Market* in = market(event.market);
    if (in == nullptr) return;
    fill(event.maker_order, core::Liquidity::maker, event);
    fill(event.taker_order, core::Liquidity::taker, event);
    batch_.trades.push_back({event.market, event.trade, batch_.progress.sequence, event.price, event.quantity,
                             event.taker_side, event.maker_order, event.taker_order, event.maker_leaves,
                             event.taker_leaves, event.maker_fee, event.taker_fee});
    settle_side(event, *in, core::Liquidity::maker);
    settle_side(event, *in, core::Liquidity::taker);
    note_candles(event);
}

void Projector::fill(core::OrderId id, core::Liquidity liquidity, const core::Trade& event) {
    Order* filled = order(id);
    if (filled == nullptr) return;
    change(*filled);
    const bool is_taker = liquidity == core::Liquidity::taker;
    views::OrderView& order = filled->row.order;
    order.filled += event.quantity;
    order.filled_quote += event.quote.raw;
    order.status = core::OrderStatus::partially_filled;
    order.leaves = is_taker ? event.taker_leaves : event.maker_leaves;
    // Of an order bound by quote the trade does not tell whether it was the last: see close_quote_bound.
    const bool is_bound = is_taker && id == quote_bound_;
    if (is_bound) order.quote_used += event.taker_quote_used();
    if (order.leaves.raw == 0 && !is_bound) close(*filled, core::OrderStatus::filled, place(liquidity));
    batch_.fills.push_back(
        {order.account, batch_.progress.sequence, place(liquidity), id, event.market, event.trade});
}

/// One side of a trade, in both of its assets: a maker's hold comes back, what it pays and receives, its fee.
void Projector::settle_side(const core::Trade& event, const core::Market& in, core::Liquidity liquidity) {
    const bool is_maker = liquidity == core::Liquidity::maker;
    const core::Side side = is_maker ? core::opposite(event.taker_side) : event.taker_side;
    const core::AccountId account = is_maker ? event.maker_account : event.taker_account;
    const core::AccountId other = is_maker ? event.taker_account : event.maker_account;
    const core::Amount fee = is_maker ? event.maker_fee : event.taker_fee;
    const core::AssetId fee_asset = event.fee_in_base(liquidity) ? in.spec.base : in.spec.quote;
    const core::OrderId order = is_maker ? event.maker_order : event.taker_order;
    const core::Amount base{static_cast<std::int64_t>(in.base_amount(event.quantity))};
    const auto settle = [&](core::AssetId asset, core::Amount moved) {
        const bool has_hold = is_maker && asset == core::paying_asset(in.spec, side);
        const core::Amount released = has_hold ? event.released : core::Amount{};
        const core::Amount charged = asset == fee_asset ? fee : core::Amount{};
        post(account, asset, moved + released - charged, -released,
             {Cause::trade, other, charged, order, event.market, event.trade});
    };
    settle(in.spec.base, side == core::Side::buy ? base : -base);
    settle(in.spec.quote, side == core::Side::buy ? -event.quote : event.quote);
    post(core::fees_account, fee_asset, fee, {},
         {fee.raw > 0 ? Cause::fee : Cause::rebate, account, {}, order, event.market, event.trade});
}

void Projector::note_candles(const core::Trade& event) {
    const std::int64_t time_s = batch_.progress.time.raw / ns_per_s;
    for (const std::int64_t interval_s : kept_intervals_s) {
        const CandleKey key{event.market, interval_s, time_s - time_s % interval_s};
        auto found = candles_.find(key);
        if (found == candles_.end()) {
            Candle fresh{key.market,   interval_s, key.start_s, event.price, event.price, event.price,
                         event.price,  0,          0,           0,           event.trade, event.trade,
                         TakerBought{}};
            const auto past = past_.find_candle(key.market, interval_s, key.start_s);
            found = candles_.emplace(key, past.value_or(fresh)).first;
        }
        Candle& candle = found->second;
        candle.high = std::max(candle.high, event.price);
        candle.low = std::min(candle.low, event.price);
        candle.close = event.price;
        candle.volume += event.quantity.raw;
        candle.quote_volume += event.quote.raw;
        ++candle.trade_count;
        candle.last_trade = event.trade;
        if (candle.taker_bought && event.taker_side == core::Side::buy) {
            candle.taker_bought->quantity += event.quantity.raw;
            candle.taker_bought->quote += event.quote.raw;
        }
    }
}

// --- Balances ---

/// Changes the balance and keeps what it is then. What changes nothing leaves no entry.
void Projector::post(core::AccountId account, core::AssetId asset, core::Amount available, core::Amount held,
                     const Reason& reason) {
    if (available.raw == 0 && held.raw == 0 && reason.fee.raw == 0) return;
    Balance& changed = balance(account, asset);
    changed.available += available;
    changed.held += held;
    batch_.postings.push_back({account, asset, batch_.progress.sequence, posting_++, reason.cause,
                               reason.counter, reason.fee, changed.available, changed.held, reason.order,
                               reason.market, reason.trade});
}

void Projector::release(core::OrderId order, core::AccountId account, core::AssetId asset,
                        core::Amount released, core::MarketId market) {
    post(account, asset, released, -released, {Cause::release, account, {}, order, market, {}});
}

void Projector::fold(const core::Transferred& event) {
    const bool is_deposit = event.amount.raw > 0;
    const Cause cause = is_deposit ? Cause::deposit : Cause::withdrawal;
    post(event.account, event.asset, event.amount, {}, {cause, core::external_account, {}, {}, {}, {}});
    post(core::external_account, event.asset, -event.amount, {}, {cause, event.account, {}, {}, {}, {}});
    batch_.transfers.push_back({event.account,
                                {batch_.progress.sequence, 0, 0},
                                event.asset,
                                event.amount,
                                event.operator_id,
                                event.reference,
                                {}});
    ActionRow action;
    action.kind = is_deposit ? ActionKind::deposit : ActionKind::withdrawal;
    action.operator_id = event.operator_id;
    action.account = event.account;
    action.asset = event.asset;
    action.value = event.amount.raw;
    action.reference = event.reference;
    act(action);
}

void Projector::fold(const core::TransferSent& event) {
    const Cause cause = Cause::transfer_sent;
    post(event.account, event.asset, -event.amount, {}, {cause, core::in_transit_account, {}, {}, {}, {}});
    post(core::in_transit_account, event.asset, event.amount, {}, {cause, event.account, {}, {}, {}, {}});
    batch_.shard_transfers.push_back({event.account,
                                      {batch_.progress.sequence, 0, 0},
                                      event.asset,
                                      -event.amount,
                                      event.operator_id,
                                      event.reference,
                                      event.to,
                                      {},
                                      {}});
    if (event.operator_id == core::Uuid{}) return;  // its owner's doing
    ActionRow action;
    action.kind = ActionKind::transfer_sent;
    action.operator_id = event.operator_id;
    action.account = event.account;
    action.asset = event.asset;
    action.value = event.amount.raw;
    action.reference = event.reference;
    act(action);
}

void Projector::fold(const core::TransferReceived& event) {
    const Cause cause = Cause::transfer_received;
    post(event.account, event.asset, event.amount, {}, {cause, core::in_transit_account, {}, {}, {}, {}});
    post(core::in_transit_account, event.asset, -event.amount, {}, {cause, event.account, {}, {}, {}, {}});
    batch_.shard_transfers.push_back({event.account,
                                      {batch_.progress.sequence, 0, 0},
                                      event.asset,
                                      event.amount,
                                      {},
                                      event.reference,
                                      event.from,
                                      {},
                                      {}});
}

void Projector::fold(const core::TransferConfirmed& event) {
    batch_.confirmations.push_back({event.sent, batch_.progress.sequence});
}

// --- Operators ---

namespace {

/// What is listed at the first start is listed by nobody.
std::optional<core::Uuid> operator_or_nobody(const core::Uuid& id) {
    if (id == core::Uuid{}) return std::nullopt;
    return id;
}

}  // namespace

void Projector::act(ActionRow action) {
    action.place = {batch_.progress.sequence, event_, 0};
    batch_.actions.push_back(action);
}

void Projector::fold(const core::AssetListed& event) {
    batch_.assets.push_back(event);
    ActionRow action;
    action.kind = ActionKind::asset_listed;
    action.operator_id = operator_or_nobody(event.operator_id);
    action.asset = event.asset;
    act(action);
}

void Projector::fold(const core::MarketListed& event) {
    batch_.markets.push_back(event);
    ActionRow action;
    action.kind = ActionKind::market_listed;
    action.operator_id = operator_or_nobody(event.operator_id);
    action.market = event.market;
    act(action);
}

void Projector::fold(const core::FeesChanged& event) {
    ActionRow action;
    action.kind = ActionKind::fees_changed;
    action.operator_id = event.operator_id;
    action.market = event.market;
    action.value = event.fees.maker_ppm;
    action.value_2 = event.fees.taker_ppm;
    act(action);
}

void Projector::fold(const core::MarketStateChanged& event) {
    ActionRow action;
    action.kind = ActionKind::market_state_changed;
    action.operator_id = event.operator_id;
    action.market = event.market;
    action.value = static_cast<std::int64_t>(event.state);
    act(action);
}

void Projector::fold(const core::AssetStateChanged& event) {
    ActionRow action;
    action.kind = ActionKind::asset_state_changed;
    action.operator_id = event.operator_id;
    action.asset = event.asset;
    action.value = event.halted;
    act(action);
}

void Projector::fold(const core::AccountStateChanged& event) {
    ActionRow action;
    action.kind = ActionKind::account_state_changed;
    action.operator_id = event.operator_id;
    action.account = event.account;
    action.value = event.frozen;
    act(action);
}

void Projector::fold(const core::AccountOpened& event) {
    if (event.existed == 0) batch_.accounts.push_back(event);
}

}  // namespace sauda::history
