#include "core/types/reject.h"

namespace sauda::core {

namespace {

struct Explanation {
    std::string_view code;
    std::string_view sentence;
};

Explanation explain(RejectReason reason) {
    switch (reason) {
        case RejectReason::none:
            return {"none", "Nothing was refused."};
        case RejectReason::unknown_account:
            return {"unknown_account", "There is no such account."};
        case RejectReason::account_frozen:
            return {"account_frozen",
                    "This account is frozen: it may cancel orders, not place them. Ask the operator."};
        case RejectReason::unknown_market:
            return {"unknown_market", "There is no such market; see /api/v1/markets."};
        case RejectReason::market_halted:
            return {"market_halted",
                    "This market is not trading at the moment; open orders can be cancelled."};
        case RejectReason::unknown_asset:
            return {"unknown_asset", "There is no such asset."};
        case RejectReason::asset_halted:
            return {"asset_halted", "This asset is halted at the moment."};
        case RejectReason::invalid_price:
            return {"invalid_price", "The price must be a decimal above zero."};
        case RejectReason::price_off_tick:
            return {"price_off_tick", "The price is not a multiple of the market's tick size."};
        case RejectReason::price_too_large:
            return {"price_too_large", "The price is beyond what this market allows."};
        case RejectReason::invalid_quantity:
            return {"invalid_quantity", "The quantity must be a decimal above zero."};
        case RejectReason::quantity_off_lot:
            return {"quantity_off_lot", "The quantity is not a multiple of the market's lot size."};
        case RejectReason::quantity_too_large:
            return {"quantity_too_large", "The quantity is beyond what this market allows in one order."};
        case RejectReason::below_min_notional:
            return {"below_min_notional", "Price times quantity is below the market's minimum notional."};
        case RejectReason::notional_too_large:
            return {"notional_too_large", "Price times quantity is beyond what can be settled."};
        case RejectReason::invalid_combination:
            return {"invalid_combination", "These order options contradict each other."};
        case RejectReason::not_supported:
            return {"not_supported", "This is not supported yet."};
        case RejectReason::insufficient_funds:
            return {"insufficient_funds",
                    "The available balance does not cover this, with its fee where there is one."};
        case RejectReason::post_only_would_take:
            return {"post_only_would_take", "The order is post-only and would trade at once at this price."};
        case RejectReason::too_many_open_orders:
            return {"too_many_open_orders",
                    "This account has as many open orders as it may; cancel some first."};
        case RejectReason::unknown_order:
            return {"unknown_order",
                    "This account has no such open order; it may have been filled or cancelled."};
        case RejectReason::nothing_to_amend:
            return {"nothing_to_amend", "The amendment names no new price or quantity."};
        case RejectReason::client_order_id_conflict:
            return {"client_order_id_conflict",
                    "This client order id was used for a different request; use a new one."};
        case RejectReason::client_order_id_open:
            return {"client_order_id_open", "An order with this client order id is still open."};
        case RejectReason::idempotency_window_full:
            return {"idempotency_window_full",
                    "Too many client order ids are remembered for this account; close orders or wait ten "
                    "minutes."};
        case RejectReason::invalid_client_order_id:
            return {"invalid_client_order_id",
                    "A client order id is 1 to 36 of letters, digits and - _ : . /"};
        case RejectReason::expired_before_sequencing:
            return {"expired_before_sequencing",
                    "The order's deadline passed before the engine saw it; it was not placed."};
        case RejectReason::too_many_leases:
            return {"too_many_leases",
                    "This account has as many connections that cancel its orders when they end as it may."};
        case RejectReason::unknown_lease:
            return {"unknown_lease", "Nothing is set that would cancel this account's orders."};
        case RejectReason::invalid_lease_span:
            return {"invalid_lease_span",
                    "The time until orders are cancelled is above zero, a day at most."};
        case RejectReason::duplicate_name:
            return {"duplicate_name", "This name is listed already."};
        case RejectReason::invalid_name:
            return {"invalid_name",
                    "A name is upper-case letters, digits and _, with a letter or digit first."};
        case RejectReason::invalid_scale:
            return {"invalid_scale", "A scale is 0 to 12 decimals."};
        case RejectReason::settlement_would_round:
            return {
                "settlement_would_round",
                "One price unit times one quantity unit must be a whole number of quote minor units, and one "
                "quantity unit a whole number of base minor units."};
        case RejectReason::invalid_fee_rates:
            return {"invalid_fee_rates",
                    "Fee rates are at most 50 %, the taker's not negative, and a rebate no more than the "
                    "taker's rate."};
        case RejectReason::invalid_tick_or_lot:
            return {"invalid_tick_or_lot",
                    "Tick and lot are positive multiples of the price and quantity unit."};
        case RejectReason::too_many:
            return {"too_many", "The exchange holds as many of these as it can."};
        case RejectReason::invalid_amount:
            return {"invalid_amount", "The amount must be a decimal above zero."};
        case RejectReason::supply_exceeded:
            return {"supply_exceeded",
                    "This would exceed the most of this asset that the exchange can hold or owe."};
        case RejectReason::reference_conflict:
            return {"reference_conflict",
                    "This reference was used for a different transfer; nothing was moved."};
        case RejectReason::invalid_reference:
            return {"invalid_reference",
                    "A reference is 1 to 64 printable characters without spaces or quotes."};
        case RejectReason::unknown_transfer:
            return {"unknown_transfer", "No transfer to that shard was sent under this reference."};
        case RejectReason::invalid_shard:
            return {"invalid_shard", "A shard's name is 1 to 15 lower-case letters, digits and dashes."};
        case RejectReason::orders_were_taken:
            return {"orders_were_taken",
                    "This exchange has taken orders: its shard's number is in their ids and stays."};
    }
    return {"unknown_reason", "Refused."};
}

}  // namespace

std::string_view code(RejectReason reason) {
    return explain(reason).code;
}
std::string_view sentence(RejectReason reason) {
    return explain(reason).sentence;
}

}  // namespace sauda::core
