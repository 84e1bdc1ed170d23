/// The buffer that `apply` fills with events, and how events are read out of one.
#pragma once

#include <cstddef>
#include <cstring>
#include <new>
#include <utility>

#include "base/bytes.h"
#include "core/event_record.h"

namespace sauda::core {

/// What `apply` appends to. Grows; cleared by its owner, who may keep the memory.
class EventBuffer {
public:
    EventBuffer() { bytes_.resize(4096); }

    /// Appends a record of which only the header is filled in, for its maker to fill in where it stands: an
    /// event made elsewhere and copied costs twice. `behind` bytes for parts follow it, not filled in.
    /// The reference lives until the next event. Requires: `behind` is a multiple of 8.
    template <Record R>
    R& add(std::size_t behind = 0) {
        const std::size_t size = sizeof(R) + behind;
        if (size_ + size > bytes_.size()) [[unlikely]]
            grow(size);
        R* record = new (bytes_.data() + size_) R{};
        record->header = {R::type, static_cast<std::uint8_t>(size / 8), 0};
        size_ += size;
        return *record;
    }

    /// Appends an AcceptedRecord with the parts that it needs behind it, filled in but for the RestedPart,
    /// whose place is returned where it `rests`.
    struct Accepted {
        AcceptedRecord& record;
        RestedPart* rested;
    };
    Accepted add_accepted(bool rests, Amount quote_quantity, const ClientOrderId& id) {
        const bool has_quote = quote_quantity.raw != 0;
        const std::size_t id_room = (id.view().size() + 7) / 8 * 8;
        AcceptedRecord& record = add<AcceptedRecord>((rests ? sizeof(RestedPart) : 0) +
                                                     (has_quote ? sizeof(Amount) : 0) + id_room);
        record.header.bits = static_cast<std::uint16_t>(
            AcceptedRecord::rests::put(rests) | AcceptedRecord::has_quote_quantity::put(has_quote) |
            AcceptedRecord::client_order_id_size::put(static_cast<unsigned>(id.view().size())));
        std::byte* part = reinterpret_cast<std::byte*>(&record + 1);
        RestedPart* rested = rests ? new (part) RestedPart{} : nullptr;
        if (rests) part += sizeof(RestedPart);
        if (has_quote) part = reinterpret_cast<std::byte*>(new (part) Amount{quote_quantity} + 1);
        if (id_room != 0) {
            std::memset(part, 0, id_room);
            std::memcpy(part, id.view().data(), id.view().size());
        }
        return {record, rested};
    }

    /// Appends `event`, one that is stored as it is, filling in its header.
    template <Record E>
    void append(const E& event) {
        E& added = add<E>();
        const EventHeader header = added.header;
        added = event;
        added.header = header;
    }
    /// Appends `event` in a record of its own. For whom speed does not matter.
    void append(const OrderAccepted& event);
    void append(const OrderRested& event);
    void append(const Trade& event);
    void append(const OrderEnded& event);
    void append(const OrderAmended& event);

    base::ByteView bytes() const { return base::ByteView(bytes_).first(size_); }
    base::ByteView bytes_from(std::size_t offset) const { return bytes().subspan(offset); }
    std::size_t size() const { return size_; }
    void clear() { size_ = 0; }

private:
    void grow(std::size_t more) { bytes_.resize(bytes_.size() * 2 + more); }

    base::Bytes bytes_;  // of the allocator's alignment, and records are multiples of 8: each is aligned
    std::size_t size_ = 0;
};

/// A stored event read back: up to two events. Empty where the bytes are not a record of its type.
struct AcceptedEvents {
    OrderAccepted accepted;
    OrderRested rested;
    bool rests = false;
    bool is_valid = false;
};
struct AmendedEvents {
    OrderAmended amended;
    OrderRested rested;
    bool rests = false;
    bool is_valid = false;
};
AcceptedEvents read_accepted(base::ByteView record);
AmendedEvents read_amended(base::ByteView record);
OrderRested read_event(const RestedRecord& record);
Trade read_event(const TradeRecord& record);
OrderEnded read_event(const EndedRecord& record);

/// Calls `visitor` with what one record says: one event, or two. False when its type is unknown or its size
/// is not its type's. Requires: a header is there.
template <class Visitor>
bool visit_record(base::ByteView record, Visitor&& visitor) {
    const auto stored = [&]<class R>(std::type_identity<R>, auto read) {
        static_assert(Record<R>);
        if (record.size() != sizeof(R)) return false;
        R copy;
        std::memcpy(static_cast<void*>(&copy), record.data(), sizeof(R));
        visitor(read(copy));
        return true;
    };
    const auto as_is = [&]<class E>(std::type_identity<E> event) {
        return stored(event, [](const E& e) -> const E& { return e; });
    };
    const auto unpacked = [&]<class R>(std::type_identity<R> event) {
        return stored(event, [](const R& r) { return read_event(r); });
    };
    switch (static_cast<EventType>(record[0])) {
        case EventType::order_accepted: {
            const AcceptedEvents events = read_accepted(record);
            if (!events.is_valid) return false;
            visitor(events.accepted);
            if (events.rests) visitor(events.rested);
            return true;
        }
        case EventType::order_amended: {
            const AmendedEvents events = read_amended(record);
            if (!events.is_valid) return false;
            visitor(events.amended);
            if (events.rests) visitor(events.rested);
            return true;
        }
        case EventType::order_rested:
            return unpacked(std::type_identity<RestedRecord>{});
        case EventType::trade:
            return unpacked(std::type_identity<TradeRecord>{});
        case EventType::order_ended:
            return unpacked(std::type_identity<EndedRecord>{});
        case EventType::refused:
            return as_is(std::type_identity<Refused>{});
        case EventType::repeated:
            return as_is(std::type_identity<Repeated>{});
        case EventType::redelivered:
            return as_is(std::type_identity<Redelivered>{});
        case EventType::asset_listed:
            return as_is(std::type_identity<AssetListed>{});
        case EventType::market_listed:
            return as_is(std::type_identity<MarketListed>{});
        case EventType::fees_changed:
            return as_is(std::type_identity<FeesChanged>{});
        case EventType::market_state_changed:
            return as_is(std::type_identity<MarketStateChanged>{});
        case EventType::asset_state_changed:
            return as_is(std::type_identity<AssetStateChanged>{});
        case EventType::account_opened:
            return as_is(std::type_identity<AccountOpened>{});
        case EventType::account_state_changed:
            return as_is(std::type_identity<AccountStateChanged>{});
        case EventType::transferred:
            return as_is(std::type_identity<Transferred>{});
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
        const std::size_t size = std::size_t{header.words} * 8;
        if (size == 0 || size > bytes.size()) return false;
        if (!visit_record(bytes.first(size), visitor)) return false;
        bytes = bytes.subspan(size);
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

}  // namespace sauda::core
