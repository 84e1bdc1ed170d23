/// What can happen. Each event is a plain struct of fixed layout (little endian, no hidden padding), so the
/// event buffer that `apply` fills is, byte for byte, what the event log keeps and the bus carries.
///
/// Layout of a buffer: events one after the other, each a multiple of 8 bytes and starting with
///   offset 0  u16  type (EventType)
///   offset 2  u16  size in bytes
///   offset 4  ...  the rest of its struct
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/bytes.h"
#include "core/types/ids.h"
#include "core/types/market.h"
#include "core/types/order.h"
#include "core/types/reject.h"
#include "core/types/text.h"
#include "core/types/timestamp.h"
#include "core/types/units.h"

namespace sauda::core {

/// Values stand in event logs: append, never renumber.
enum class EventType : std::uint16_t {
    order_accepted = 1,
    order_rested = 2,
    trade = 3,
    order_ended = 4,
    order_amended = 5,
    refused = 6,
    repeated = 7,
    redelivered = 8,
    asset_listed = 20,
    market_listed = 21,
    fees_changed = 22,
    market_state_changed = 23,
    asset_state_changed = 24,
    account_opened = 25,
    account_state_changed = 26,
    transferred = 27,
};

struct EventHeader {
    EventType type{};
    std::uint16_t size = 0;
};

/// A valid order came in. Trades, a rest or an end of it follow within the same command.
struct OrderAccepted {
    static constexpr EventType type = EventType::order_accepted;
    EventHeader header;
    AccountId account;
    AccountSequence account_sequence;
    OrderId order;
    MarketId market;
    Side side{};
    OrderKind kind{};
    TimeInForce time_in_force{};
    std::uint8_t post_only = 0;
    PriceTicks price;  ///< zero on market orders
    QuantityLots quantity;
    Amount quote_quantity;
    FeeRates fees;  ///< the rates it keeps for life
    ClientOrderId client_order_id;
};

/// What was left of an order came to rest in the book; `held` moved from available to held.
struct OrderRested {
    static constexpr EventType type = EventType::order_rested;
    EventHeader header;
    MarketId market;
    UpdateId update;
    OrderId order;
    AccountId account;
    Side side{};
    std::uint8_t reserved[3] = {};
    PriceTicks price;
    QuantityLots leaves;
    Amount held;  ///< quote for buyers, base for sellers
};

/// One match. Quote amount = price × quantity, exact; fees as charged.
///
/// The maker's `released` leaves held: a buyer's covers notional and fee and the rest returns to available; a
/// seller's is the base sold. The taker pays from available.
struct Trade {
    static constexpr EventType type = EventType::trade;
    EventHeader header;
    MarketId market;
    UpdateId update;
    TradeId trade;
    PriceTicks price;
    QuantityLots quantity;
    OrderId maker_order;
    OrderId taker_order;
    AccountId maker_account;
    AccountId taker_account;
    AccountSequence maker_account_sequence;
    AccountSequence taker_account_sequence;
    QuantityLots maker_leaves;
    QuantityLots taker_leaves;  ///< zero-quantity (quote-bound) market orders: zero
    Amount quote;               ///< notional, in quote minor units
    Amount maker_fee;           ///< negative: a rebate. Asset: see fee_asset()
    Amount taker_fee;
    Amount released;
    Side taker_side{};
    FeeAsset fee_asset{};
    std::uint8_t reserved[6] = {};

    /// True where the fee of that side is charged in base; otherwise in quote. A rebate comes in the asset
    /// that the taker paid in.
    bool fee_in_base(Liquidity liquidity) const {
        if (fee_asset == FeeAsset::quote) return false;
        const Side side =
            liquidity == Liquidity::taker || maker_fee.raw < 0 ? taker_side : opposite(taker_side);
        return side == Side::buy;
    }

    /// What the trade takes of its taker's quote quantity: notional, a buyer's fee in quote included.
    Amount taker_quote_used() const {
        const bool has_fee = taker_side == Side::buy && !fee_in_base(Liquidity::taker);
        return has_fee ? quote + taker_fee : quote;
    }
};

/// An order ended other than by being filled; `released` went back to available.
struct OrderEnded {
    static constexpr EventType type = EventType::order_ended;
    EventHeader header;
    MarketId market;
    UpdateId update;  ///< zero when it never rested: the book did not change
    OrderId order;
    AccountId account;
    Side side{};
    EndCause cause{};
    std::uint8_t reserved[2] = {};
    AccountSequence account_sequence;
    PriceTicks price;
    QuantityLots leaves;  ///< what was open and is no more
    Amount released;
};

/// An open order changed. With `lost_priority` it left the book (update) and may trade and rest again after
/// this event; otherwise it stands where it stood with fewer leaves.
struct OrderAmended {
    static constexpr EventType type = EventType::order_amended;
    EventHeader header;
    MarketId market;
    UpdateId update;
    OrderId order;
    AccountId account;
    Side side{};
    std::uint8_t lost_priority = 0;
    std::uint8_t reserved[2] = {};
    AccountSequence account_sequence;
    PriceTicks price_before;
    PriceTicks price;
    QuantityLots leaves_before;
    QuantityLots leaves;
    QuantityLots quantity;  ///< in all, filled part included
    Amount released;        ///< went back to available; what rests again is held anew
};

/// The command changed nothing, for this reason.
struct Refused {
    static constexpr EventType type = EventType::refused;
    EventHeader header;
    AccountId account;
    MarketId market;
    RejectReason reason{};
    std::uint16_t reserved = 0;
    OrderId order;  ///< with client_order_id_open and _conflict: the order that has it
};

/// The command was a retry of one already applied: its report is the one of `first`. Nothing changed.
struct Repeated {
    static constexpr EventType type = EventType::repeated;
    EventHeader header;
    AccountId account;
    Sequence first;  ///< the sequence whose events tell the first outcome
    OrderId order;   ///< zero for transfers
};

/// The bus delivered this command before: it was applied then and is not applied now.
struct Redelivered {
    static constexpr EventType type = EventType::redelivered;
    EventHeader header;
    std::uint32_t reserved = 0;
};

struct AssetListed {
    static constexpr EventType type = EventType::asset_listed;
    EventHeader header;
    AssetId asset;
    AssetName name;
    std::uint8_t scale = 0;
    std::uint8_t reserved[7] = {};
};

struct MarketListed {
    static constexpr EventType type = EventType::market_listed;
    EventHeader header;
    MarketId market;
    MarketName name;
    AssetId base;
    AssetId quote;
    std::uint8_t price_scale = 0;
    std::uint8_t quantity_scale = 0;
    FeeAsset fee_asset{};
    std::uint8_t reserved[5] = {};
    std::int64_t tick = 0;
    std::int64_t lot = 0;
    Amount min_notional;
    FeeRates fees;
};

struct FeesChanged {
    static constexpr EventType type = EventType::fees_changed;
    EventHeader header;
    MarketId market;
    FeeRates fees;
    Uuid operator_id;
};

struct MarketStateChanged {
    static constexpr EventType type = EventType::market_state_changed;
    EventHeader header;
    MarketId market;
    Uuid operator_id;
    MarketState state{};
    std::uint8_t reserved[7] = {};
};

struct AssetStateChanged {
    static constexpr EventType type = EventType::asset_state_changed;
    EventHeader header;
    AssetId asset;
    Uuid operator_id;
    std::uint8_t halted = 0;
    std::uint8_t reserved[7] = {};
};

/// Also the answer to a repeated OpenAccount: `existed` is 1 then, and nothing changed.
struct AccountOpened {
    static constexpr EventType type = EventType::account_opened;
    EventHeader header;
    AccountId account;
    Uuid user;
    std::uint8_t existed = 0;
    std::uint8_t reserved[7] = {};
};

struct AccountStateChanged {
    static constexpr EventType type = EventType::account_state_changed;
    EventHeader header;
    AccountId account;
    AccountSequence account_sequence;
    Uuid operator_id;
    std::uint8_t frozen = 0;
    std::uint8_t reserved[7] = {};
};

/// A deposit (amount above zero) or a withdrawal (below).
struct Transferred {
    static constexpr EventType type = EventType::transferred;
    EventHeader header;
    AccountId account;
    AccountSequence account_sequence;
    AssetId asset;
    std::uint32_t reserved = 0;
    Amount amount;
    Uuid operator_id;
    TransferReference reference;
};

/// What a fixed layout asks of an event struct.
template <class E>
concept EventStruct = std::is_trivially_copyable_v<E> && std::is_standard_layout_v<E> && sizeof(E) % 8 == 0 &&
                      alignof(E) <= 8 && std::has_unique_object_representations_v<E>;

/// Calls `visitor` with the event of `type` at `at`; false when the type is unknown or `size` is not its
/// size.
template <class Visitor>
bool visit_event(EventType type, const std::byte* at, std::size_t size, Visitor&& visitor) {
    const auto call = [&]<class E>(std::type_identity<E>) {
        static_assert(EventStruct<E>);
        if (size != sizeof(E)) return false;
        E event;
        std::memcpy(static_cast<void*>(&event), at, sizeof(E));
        visitor(static_cast<const E&>(event));
        return true;
    };
    switch (type) {
        case EventType::order_accepted:
            return call(std::type_identity<OrderAccepted>{});
        case EventType::order_rested:
            return call(std::type_identity<OrderRested>{});
        case EventType::trade:
            return call(std::type_identity<Trade>{});
        case EventType::order_ended:
            return call(std::type_identity<OrderEnded>{});
        case EventType::order_amended:
            return call(std::type_identity<OrderAmended>{});
        case EventType::refused:
            return call(std::type_identity<Refused>{});
        case EventType::repeated:
            return call(std::type_identity<Repeated>{});
        case EventType::redelivered:
            return call(std::type_identity<Redelivered>{});
        case EventType::asset_listed:
            return call(std::type_identity<AssetListed>{});
        case EventType::market_listed:
            return call(std::type_identity<MarketListed>{});
        case EventType::fees_changed:
            return call(std::type_identity<FeesChanged>{});
        case EventType::market_state_changed:
            return call(std::type_identity<MarketStateChanged>{});
        case EventType::asset_state_changed:
            return call(std::type_identity<AssetStateChanged>{});
        case EventType::account_opened:
            return call(std::type_identity<AccountOpened>{});
        case EventType::account_state_changed:
            return call(std::type_identity<AccountStateChanged>{});
        case EventType::transferred:
            return call(std::type_identity<Transferred>{});
    }
    return false;
}

/// Calls `visitor` (an overload set over const E&) with each event in `bytes`, in order.
/// False, having visited what came before, where the bytes are not a valid event buffer.
template <class Visitor>
bool for_each_event(base::ByteView bytes, Visitor&& visitor) {
    while (!bytes.empty()) {
        EventHeader header;
        if (bytes.size() < sizeof header) return false;
        std::memcpy(static_cast<void*>(&header), bytes.data(), sizeof header);
        if (header.size == 0 || header.size > bytes.size()) return false;
        if (!visit_event(header.type, bytes.data(), header.size, visitor)) return false;
        bytes = bytes.subspan(header.size);
    }
    return true;
}

/// A visitor from lambdas: `for_each_event(bytes, Overloaded{[](const Trade&) {...}, [](const auto&) {}})`.
template <class... F>
struct Overloaded : F... {
    using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

/// What `apply` appends to. Grows; cleared by its owner, who may keep the memory.
class EventBuffer {
public:
    EventBuffer() { bytes_.resize(4096); }

    /// Appends an event of which only the header is filled in, for its maker to fill in where it stands:
    /// an event made elsewhere and copied costs twice. The reference lives until the next event.
    template <class E>
    E& add() {
        static_assert(EventStruct<E>);
        if (size_ + sizeof(E) > bytes_.size()) [[unlikely]]
            grow(sizeof(E));
        E* event = new (bytes_.data() + size_) E{};
        event->header = {E::type, static_cast<std::uint16_t>(sizeof(E))};
        size_ += sizeof(E);
        return *event;
    }

    /// Appends `event`, filling in its header.
    template <class E>
    void append(const E& event) {
        E& added = add<E>();
        const EventHeader header = added.header;
        added = event;
        added.header = header;
    }
    base::ByteView bytes() const { return base::ByteView(bytes_).first(size_); }
    base::ByteView bytes_from(std::size_t offset) const { return bytes().subspan(offset); }
    std::size_t size() const { return size_; }
    void clear() { size_ = 0; }

private:
    void grow(std::size_t more) { bytes_.resize(bytes_.size() * 2 + more); }

    base::Bytes bytes_;  // of the allocator's alignment, and events are multiples of 8: each is aligned
    std::size_t size_ = 0;
};

}  // namespace sauda::core
