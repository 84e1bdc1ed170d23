/// Every limit of the core in one place. Relations between them are asserted below.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sauda::core {

/// A quantity counts quantity units and fits 32 bits, so that a resting order is 32 bytes. A market chooses
/// its unit.
inline constexpr std::int64_t order_quantity_max = 0xFFFF'FFFF;
/// A price counts price units.
inline constexpr std::int64_t order_price_max = (std::int64_t{1} << 40) - 1;
/// The most of one asset that may exist (minor units). Every balance is at most this, and those that may be
/// negative are no further below zero, so sums of two never overflow.
inline constexpr std::int64_t asset_supply_max = std::int64_t{1} << 61;
/// Fee and rebate rates, parts per million of the notional.
inline constexpr std::int32_t fee_rate_ppm_max = 500'000;
inline constexpr std::int64_t ppm = 1'000'000;

inline constexpr int asset_scale_max = 12;
inline constexpr std::size_t asset_name_size_max = 15;
inline constexpr std::size_t market_name_size_max = 31;
inline constexpr std::size_t client_order_id_size_max = 36;
inline constexpr std::size_t transfer_reference_size_max = 64;
inline constexpr std::size_t shard_name_size_max = 15;

inline constexpr std::uint32_t assets_max = 1u << 16;
inline constexpr std::uint32_t markets_max = 1u << 16;
inline constexpr std::uint32_t accounts_max = 1u << 26;
inline constexpr std::uint32_t open_orders_per_account_max = 200'000;
/// Client order ids remembered per account; one more is refused, never silently forgotten.
inline constexpr std::uint32_t client_order_ids_per_account_max = 100'000;
/// How long a client order id is remembered after its order has closed, in command time.
inline constexpr std::int64_t client_order_id_memory_ns = 600'000'000'000;

/// Leases that one account may be under, and all accounts together. Whoever renews looks at all of them.
inline constexpr std::uint32_t leases_per_account_max = 64;
inline constexpr std::size_t leases_max = 1u << 16;
inline constexpr std::int64_t lease_span_ns_max = 86'400'000'000'000;

/// Order ids fit 53 bits (exact in JSON): the shard in the top 8, a count in the lower 45.
inline constexpr int order_id_bits = 53;
inline constexpr int order_id_shard_bits = 8;

/// Commands of one gateway remembered behind its newest, to recognise redelivery out of order.
inline constexpr std::uint64_t gateway_window = 4096;
/// Gateways remembered; the one that spoke longest ago is forgotten first.
inline constexpr std::size_t gateways_max = 64;

static_assert(asset_supply_max <= INT64_MAX / 2, "the sum of two balances fits");
static_assert(order_quantity_max <= UINT32_MAX);

}  // namespace sauda::core
