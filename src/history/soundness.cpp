#include "history/soundness.h"

#include "core/limits.h"

namespace sauda::history {

namespace {

constexpr std::int64_t seconds_max = INT64_MAX / 1'000'000'000;
constexpr std::uint64_t id_max = (std::uint64_t{1} << core::order_id_bits) - 1;

template <class Enum>
bool is_at_most(Enum value, Enum last) {
    return static_cast<unsigned>(value) <= static_cast<unsigned>(last);
}
bool is_between(std::int64_t value, std::int64_t low, std::int64_t high) {
    return value >= low && value <= high;
}
bool is_price(core::PriceTicks price) {
    return is_between(price.raw, 0, core::order_price_max);
}
bool is_quantity(core::QuantityLots quantity) {
    return is_between(quantity.raw, 0, core::order_quantity_max);
}
/// Any balance, difference of balances, fee or amount.
bool is_amount(core::Amount amount) {
    return is_between(amount.raw, -core::asset_supply_max, core::asset_supply_max);
}
bool is_rate(std::int32_t ppm) {
    return is_between(ppm, -core::fee_rate_ppm_max, core::fee_rate_ppm_max);
}
bool is_id(std::uint64_t id) {
    return id <= id_max;
}

/// Whether operators do such things with such values.
bool is_sound_value(const ActionRow& row) {
    switch (row.kind) {
        case ActionKind::asset_listed:
        case ActionKind::market_listed:
            return row.value == 0 && row.value_2 == 0;
        case ActionKind::fees_changed:
            return is_between(row.value, -core::fee_rate_ppm_max, core::fee_rate_ppm_max) &&
                   is_between(row.value_2, 0, core::fee_rate_ppm_max);
        case ActionKind::market_state_changed:
            return is_between(row.value, 0, static_cast<std::int64_t>(core::MarketState::halted));
        case ActionKind::asset_state_changed:
        case ActionKind::account_state_changed:
            return is_between(row.value, 0, 1);
        case ActionKind::deposit:
        case ActionKind::withdrawal:
        case ActionKind::transfer_sent:
            return is_amount({row.value});
    }
    return false;
}

}  // namespace

bool is_sound(const OrderRow& row) {
    const views::OrderView& order = row.order;
    const bool has_terms = is_at_most(order.kind, core::OrderKind::market) &&
                           is_at_most(order.time_in_force, core::TimeInForce::fok);
    const bool has_state = is_at_most(order.status, core::OrderStatus::expired) &&
                           is_at_most(order.end_cause, core::end_cause_last) &&
                           order.is_open() == !row.closed;
    // An order bound by quote may be filled by more than any order may ask for.
    const bool has_quantities = is_price(order.price) && is_quantity(order.quantity) &&
                                is_quantity(order.leaves) &&
                                is_between(order.filled.raw, 0, core::asset_supply_max);
    const bool has_amounts =
        is_amount(order.quote_quantity) && is_amount(order.quote_used) && order.filled_quote >= 0;
    return has_terms && has_state && has_quantities && has_amounts && is_id(order.id.raw) &&
           is_id(row.created.raw) && is_id(row.updated.raw) && is_id(row.closed.raw) &&
           is_rate(order.fees.maker_ppm) && is_rate(order.fees.taker_ppm);
}

bool is_sound(const AmendmentRow& row) {
    return is_id(row.sequence.raw) && is_price(row.price_before) && is_price(row.price) &&
           is_quantity(row.leaves_before) && is_quantity(row.leaves) && is_quantity(row.quantity);
}

/// What is outside has less than nothing, and what fees earn may be short between a rebate and the fee that
/// pays for it; no user is.
bool is_sound(core::AccountId account, const Balance& balance) {
    return is_amount(balance.available) && is_between(balance.held.raw, 0, core::asset_supply_max) &&
           (balance.available.raw >= 0 || account < core::first_user_account);
}

bool is_sound(const Posting& row) {
    const bool has_cause = static_cast<unsigned>(row.cause) >= static_cast<unsigned>(Cause::deposit) &&
                           is_at_most(row.cause, Cause::transfer_received);
    return has_cause && is_sound(row.account, {row.available, row.held}) && is_amount(row.fee) &&
           is_id(row.sequence.raw) && is_id(row.order.raw) && is_id(row.trade.raw);
}

bool is_sound(const Fill& fill) {
    return is_price(fill.price) && is_quantity(fill.quantity) && fill.quantity.raw > 0 &&
           is_quantity(fill.leaves) && is_amount(fill.fee) && is_at_most(fill.side, core::Side::sell) &&
           is_id(fill.place.sequence.raw) && is_id(fill.order.raw) && is_id(fill.matched_with.raw) &&
           is_id(fill.trade.raw);
}

bool is_sound(const TransferRow& row) {
    return is_amount(row.amount) && row.amount.raw != 0 && is_id(row.place.sequence.raw);
}

bool is_sound(const ShardTransferRow& row) {
    const bool may_be_confirmed = row.amount.raw < 0 || !row.confirmed;
    return is_amount(row.amount) && row.amount.raw != 0 && core::is_valid_shard_name(row.peer.view()) &&
           may_be_confirmed && is_id(row.place.sequence.raw) && is_id(row.confirmed.raw);
}

bool is_sound(const ActionRow& row) {
    return is_sound_value(row) && is_id(row.place.sequence.raw);
}

bool is_sound(const Candle& candle) {
    const bool has_prices = is_price(candle.open) && is_price(candle.high) && is_price(candle.low) &&
                            is_price(candle.close) && candle.low <= candle.open &&
                            candle.low <= candle.close && candle.high >= candle.open &&
                            candle.high >= candle.close;
    const bool has_sums =
        candle.volume > 0 && candle.quote_volume >= 0 &&
        (!candle.taker_bought ||
         (candle.taker_bought->quantity >= 0 && candle.taker_bought->quantity <= candle.volume &&
          candle.taker_bought->quote >= 0 && candle.taker_bought->quote <= candle.quote_volume));
    const bool has_trades = is_id(candle.last_trade.raw) && candle.first_trade.raw > 0 &&
                            candle.first_trade <= candle.last_trade &&
                            candle.trade_count == candle.last_trade.raw - candle.first_trade.raw + 1;
    const bool has_time = candle.interval_s > 0 && is_between(candle.start_s, 0, seconds_max) &&
                          candle.start_s % candle.interval_s == 0;
    return has_prices && has_sums && has_trades && has_time;
}

bool is_sound(const core::Market& market, core::PriceTicks price, core::QuantityLots quantity,
              core::Side taker_side) {
    return is_price(price) && is_quantity(quantity) && quantity.raw > 0 &&
           market.notional(price, quantity) <= core::asset_supply_max &&
           is_at_most(taker_side, core::Side::sell);
}

}  // namespace sauda::history
