/// How events are stored: in the buffer that `apply` fills, which the event log keeps and the bus carries as
/// it is. Little endian; each record a multiple of 8 bytes, starting with
///   offset 0  u8   type (EventType)
///   offset 1  u8   size in words of 8 bytes
///   offset 2  u16  bits, by type
///   offset 4  ...  the rest
///
/// The events of every order have records of their own here: quantities in 32 bits, flags in the header, and
/// what goes with an event only sometimes in parts behind it. An order that rests whole as it comes in, or is
/// amended, is one record; readers see two events. All other events are stored as core/event.h has them.
#pragma once

#include <concepts>
#include <cstdint>
#include <type_traits>

#include "core/event.h"
#include "core/types/order_terms.h"

namespace sauda::core {

/// What a fixed layout asks of a record.
template <class R>
concept Record = std::is_trivially_copyable_v<R> && std::is_standard_layout_v<R> && sizeof(R) % 8 == 0 &&
                 alignof(R) <= 8 && std::has_unique_object_representations_v<R>;

/// Some bits of a header, and what they say.
template <class T, int first, int width>
struct BitField {
    static_assert(first + width <= 16);
    static constexpr std::uint16_t put(T value) {
        return static_cast<std::uint16_t>(static_cast<unsigned>(value) << first);
    }
    static constexpr T get(std::uint16_t bits) { return static_cast<T>(bits >> first & ((1u << width) - 1)); }
};

/// OrderAccepted; behind it, in this order and as its bits say: RestedPart (an OrderRested follows within the
/// record), the quote quantity, the client order id with zero bytes to a multiple of 8.
struct AcceptedRecord {
    static constexpr EventType type = EventType::order_accepted;
    using terms = BitField<std::uint8_t, 0, 7>;  // OrderTerms
    using side = BitField<Side, 7, 1>;
    using rests = BitField<bool, 8, 1>;
    using has_quote_quantity = BitField<bool, 9, 1>;
    using client_order_id_size = BitField<unsigned, 10, 6>;

    EventHeader header;
    MarketId market;
    OrderId order;
    AccountId account;
    std::uint32_t quantity = 0;
    AccountSequence account_sequence;
    PriceTicks price;
    FeeRates fees;
};
struct RestedPart {
    UpdateId update;
    Amount held;
};

struct RestedRecord {
    static constexpr EventType type = EventType::order_rested;
    using side = BitField<Side, 0, 1>;

    EventHeader header;
    MarketId market;
    OrderId order;
    AccountId account;
    std::uint32_t leaves = 0;
    UpdateId update;
    PriceTicks price;
    Amount held;
};

struct TradeRecord {
    static constexpr EventType type = EventType::trade;
    using taker_side = BitField<Side, 0, 1>;
    using fee_asset = BitField<FeeAsset, 1, 1>;

    EventHeader header;
    MarketId market;
    UpdateId update;
    TradeId trade;
    PriceTicks price;
    OrderId maker_order;
    OrderId taker_order;
    AccountId maker_account;
    AccountId taker_account;
    AccountSequence maker_account_sequence;
    AccountSequence taker_account_sequence;
    std::uint32_t quantity = 0;
    std::uint32_t maker_leaves = 0;
    std::uint32_t taker_leaves = 0;
    std::uint32_t reserved = 0;
    Amount quote;
    Amount maker_fee;
    Amount taker_fee;
    Amount released;
};

struct EndedRecord {
    static constexpr EventType type = EventType::order_ended;
    using side = BitField<Side, 0, 1>;
    using cause = BitField<EndCause, 1, 7>;

    EventHeader header;
    MarketId market;
    OrderId order;
    AccountId account;
    std::uint32_t leaves = 0;
    UpdateId update;
    AccountSequence account_sequence;
    PriceTicks price;
    Amount released;
};

/// OrderAmended. With `rests` an OrderRested follows within the record: of the next update id, at the price
/// and with the leaves amended to, holding what stands behind the record.
struct AmendedRecord {
    static constexpr EventType type = EventType::order_amended;
    using side = BitField<Side, 0, 1>;
    using lost_priority = BitField<bool, 1, 1>;
    using rests = BitField<bool, 2, 1>;

    EventHeader header;
    MarketId market;
    OrderId order;
    AccountId account;
    std::uint32_t leaves_before = 0;
    std::uint32_t leaves = 0;
    std::uint32_t quantity = 0;
    UpdateId update;
    AccountSequence account_sequence;
    PriceTicks price_before;
    PriceTicks price;
    Amount released;
};

static_assert(Record<AcceptedRecord> && sizeof(AcceptedRecord) == 48);
static_assert(Record<RestedPart> && sizeof(RestedPart) == 16);
static_assert(Record<RestedRecord> && sizeof(RestedRecord) == 48);
static_assert(Record<TradeRecord> && sizeof(TradeRecord) == 120);
static_assert(Record<EndedRecord> && sizeof(EndedRecord) == 56);
static_assert(Record<AmendedRecord> && sizeof(AmendedRecord) == 72);

}  // namespace sauda::core
