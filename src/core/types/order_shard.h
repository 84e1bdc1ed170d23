/// What an order id is made of: the number of the shard that gave it in the top bits, and a count below.
#pragma once

#include <cstdint>

#include "core/limits.h"
#include "core/types/ids.h"

namespace sauda::core {

inline constexpr int order_id_count_bits = order_id_bits - order_id_shard_bits;

/// Requires: `shard` is below 2^order_id_shard_bits, `count` below 2^order_id_count_bits.
constexpr OrderId order_id_of(std::uint64_t shard, std::uint64_t count) {
    return {(shard << order_id_count_bits) | count};
}
/// The number of the shard that gave `id`; of what is no order's id, one that no shard has.
constexpr std::uint64_t shard_of(OrderId id) {
    return id.raw >> order_id_count_bits;
}
/// Which of its shard's orders this is, from 1 on.
constexpr std::uint64_t count_of(OrderId id) {
    return id.raw & ((std::uint64_t{1} << order_id_count_bits) - 1);
}

static_assert(shard_of(order_id_of(255, 17)) == 255 && count_of(order_id_of(255, 17)) == 17);

}  // namespace sauda::core
