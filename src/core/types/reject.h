/// Every refusal, in one place. Values stand in event logs: append, never renumber.
#pragma once

#include <cstdint>
#include <string_view>

namespace sauda::core {

enum class RejectReason : std::uint16_t {
    none = 0,
    // Who and where
    unknown_account = 1,
    account_frozen = 2,
    unknown_market = 3,
    market_halted = 4,
    unknown_asset = 5,
    asset_halted = 6,
    // The order itself
    invalid_price = 10,
    price_off_tick = 11,
    price_too_large = 12,
    invalid_quantity = 13,
    quantity_off_lot = 14,
    quantity_too_large = 15,
    below_min_notional = 16,
    notional_too_large = 17,
    invalid_combination = 18,
    not_supported = 19,
    // Against the state
    insufficient_funds = 30,
    post_only_would_take = 31,
    too_many_open_orders = 32,
    unknown_order = 33,
    nothing_to_amend = 34,
    // Identity of requests
    client_order_id_conflict = 50,
    client_order_id_open = 51,
    idempotency_window_full = 52,
    invalid_client_order_id = 53,
    expired_before_sequencing = 54,
    // Leases
    too_many_leases = 60,
    unknown_lease = 61,
    invalid_lease_span = 62,
    // Operators
    duplicate_name = 70,
    invalid_name = 71,
    invalid_scale = 72,
    settlement_would_round = 73,
    invalid_fee_rates = 74,
    invalid_tick_or_lot = 75,
    too_many = 76,
    invalid_amount = 77,
    supply_exceeded = 78,
    reference_conflict = 79,
    invalid_reference = 80,
    // Transfers between shards
    unknown_transfer = 81,
    invalid_shard = 82,
    orders_were_taken = 90,
};

/// The stable snake_case code that clients see: the enumerator's own name.
std::string_view code(RejectReason reason);
/// One sentence a person can act on.
std::string_view sentence(RejectReason reason);

}  // namespace sauda::core
