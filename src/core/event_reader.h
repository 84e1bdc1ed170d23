/// How events are read out of the bytes that an EventBuffer holds, the event log keeps and the bus carries.
///
/// All of it is inline, so that a reader who ignores a kind of event does not pay for unpacking it.
#pragma once

#include <cstddef>
#include <cstring>
#include <type_traits>
#include <utility>

#include "base/bytes.h"
#include "core/event_record.h"
#include "core/limits.h"

namespace sauda::core {

namespace detail {

/// Reads what stands behind a record, part by part.
class RecordParts {
public:
    explicit RecordParts(base::ByteView bytes) : rest_(bytes) {}

    template <class T>
    T take() {
        T value{};
        if (rest_.size() < sizeof value) return is_valid_ = false, value;
        std::memcpy(static_cast<void*>(&value), rest_.data(), sizeof value);
        rest_ = rest_.subspan(sizeof value);
        return value;
    }
    ClientOrderId take_client_order_id(std::size_t size) {
        const std::size_t room = (size + 7) / 8 * 8;
        if (size > client_order_id_size_max || rest_.size() < room) return is_valid_ = false, ClientOrderId{};
        const ClientOrderId id(std::string_view(reinterpret_cast<const char*>(rest_.data()), size));
        rest_ = rest_.subspan(room);
        return id;
    }
    bool all_read() const { return is_valid_ && rest_.empty(); }

private:
    base::ByteView rest_;
    bool is_valid_ = true;
};

/// What one record says: up to two events.
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

inline AcceptedEvents read_accepted(base::ByteView bytes) {
    using R = AcceptedRecord;
    RecordParts parts(bytes);
    const R record = parts.take<R>();
    const std::uint16_t bits = record.header.bits;
    AcceptedEvents out;
    OrderAccepted& accepted = out.accepted;
    accepted.account = record.account;
    accepted.account_sequence = record.account_sequence;
    accepted.order = record.order;
    accepted.market = record.market;
    accepted.side = R::side::get(bits);
    const OrderTerms terms(R::terms::get(bits));
    accepted.kind = terms.kind();
    accepted.time_in_force = terms.time_in_force();
    accepted.post_only = terms.post_only() ? 1 : 0;
    accepted.price = record.price;
    accepted.quantity = {record.quantity};
    accepted.fees = record.fees;
    out.rests = R::rests::get(bits);
    if (out.rests) {
        const RestedPart part = parts.take<RestedPart>();
        out.rested = {record.market, part.update,  record.order,      record.account,
                      accepted.side, record.price, accepted.quantity, part.held};
    }
    if (R::has_quote_quantity::get(bits)) accepted.quote_quantity = parts.take<Amount>();
    if (const unsigned size = R::client_order_id_size::get(bits); size != 0)
        accepted.client_order_id = parts.take_client_order_id(size);
    out.is_valid = parts.all_read();
    return out;
}

inline AmendedEvents read_amended(base::ByteView bytes) {
    using R = AmendedRecord;
    RecordParts parts(bytes);
    const R record = parts.take<R>();
    AmendedEvents out;
    OrderAmended& amended = out.amended;
    amended.market = record.market;
    amended.update = record.update;
    amended.order = record.order;
    amended.account = record.account;
    amended.side = R::side::get(record.header.bits);
    amended.lost_priority = R::lost_priority::get(record.header.bits) ? 1 : 0;
    amended.account_sequence = record.account_sequence;
    amended.price_before = record.price_before;
    amended.price = record.price;
    amended.leaves_before = {record.leaves_before};
    amended.leaves = {record.leaves};
    amended.quantity = {record.quantity};
    amended.released = record.released;
    out.rests = R::rests::get(record.header.bits);
    if (out.rests) {
        const Amount held = parts.take<Amount>();
        out.rested = {record.market, {record.update.raw + 1}, record.order, record.account, amended.side,
                      record.price,  amended.leaves,          held};
    }
    out.is_valid = parts.all_read();
    return out;
}

inline OrderRested read_event(const RestedRecord& record) {
    return {record.market,
            record.update,
            record.order,
            record.account,
            RestedRecord::side::get(record.header.bits),
            record.price,
            {record.leaves},
            record.held};
}

inline Trade read_event(const TradeRecord& record) {
    Trade trade;
    trade.market = record.market;
    trade.update = record.update;
    trade.trade = record.trade;
    trade.price = record.price;
    trade.quantity = {record.quantity};
    trade.maker_order = record.maker_order;
    trade.taker_order = record.taker_order;
    trade.maker_account = record.maker_account;
    trade.taker_account = record.taker_account;
    trade.maker_account_sequence = record.maker_account_sequence;
    trade.taker_account_sequence = record.taker_account_sequence;
    trade.maker_leaves = {record.maker_leaves};
    trade.taker_leaves = {record.taker_leaves};
    trade.quote = record.quote;
    trade.maker_fee = record.maker_fee;
    trade.taker_fee = record.taker_fee;
    trade.released = record.released;
    trade.taker_side = TradeRecord::taker_side::get(record.header.bits);
    trade.fee_asset = TradeRecord::fee_asset::get(record.header.bits);
    return trade;
}

inline OrderEnded read_event(const EndedRecord& record) {
    OrderEnded ended;
    ended.market = record.market;
    ended.update = record.update;
    ended.order = record.order;
    ended.account = record.account;
    ended.side = EndedRecord::side::get(record.header.bits);
    ended.cause = EndedRecord::cause::get(record.header.bits);
    ended.account_sequence = record.account_sequence;
    ended.price = record.price;
    ended.leaves = {record.leaves};
    ended.released = record.released;
    return ended;
}

}  // namespace detail

/// A visitor from lambdas: `for_each_event(bytes, Overloaded{[](const Trade&) {...}, [](const auto&) {}})`.
template <class... F>
struct Overloaded : F... {
    using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

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
        return stored(event, [](const R& r) { return detail::read_event(r); });
    };
    switch (static_cast<EventType>(record[0])) {
        case EventType::order_accepted: {
            const detail::AcceptedEvents events = detail::read_accepted(record);
            if (!events.is_valid) return false;
            visitor(events.accepted);
            if (events.rests) visitor(events.rested);
            return true;
        }
        case EventType::order_amended: {
            const detail::AmendedEvents events = detail::read_amended(record);
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
        case EventType::transfer_sent:
            return as_is(std::type_identity<TransferSent>{});
        case EventType::transfer_received:
            return as_is(std::type_identity<TransferReceived>{});
        case EventType::transfer_confirmed:
            return as_is(std::type_identity<TransferConfirmed>{});
        case EventType::shard_numbered:
            return as_is(std::type_identity<ShardNumbered>{});
        case EventType::lease_granted:
            return as_is(std::type_identity<LeaseGranted>{});
        case EventType::lease_ended:
            return as_is(std::type_identity<LeaseEnded>{});
    }
    return false;
}

/// Calls `visitor(type, record)` with each record in `bytes`, in order, until it returns false. False, too,
/// where the bytes are not records one after the other.
template <class Visitor>
bool for_each_record(base::ByteView bytes, Visitor&& visitor) {
    while (!bytes.empty()) {
        EventHeader header;
        if (bytes.size() < sizeof header) return false;
        std::memcpy(static_cast<void*>(&header), bytes.data(), sizeof header);
        const std::size_t size = std::size_t{header.words} * 8;
        if (size == 0 || size > bytes.size()) return false;
        if (!visitor(header.type, bytes.first(size))) return false;
        bytes = bytes.subspan(size);
    }
    return true;
}

/// Calls `visitor` (an overload set over const E&) with each event in `bytes`, in order.
/// False, having visited what came before, where the bytes are not a valid event buffer.
template <class Visitor>
bool for_each_event(base::ByteView bytes, Visitor&& visitor) {
    return for_each_record(bytes,
                           [&](EventType, base::ByteView record) { return visit_record(record, visitor); });
}

/// The same with trades alone: what else there is, is passed over unread.
template <class Visitor>
bool for_each_trade(base::ByteView bytes, Visitor&& visitor) {
    return for_each_record(bytes, [&](EventType type, base::ByteView record) {
        if (type != EventType::trade) return true;
        TradeRecord stored;
        if (record.size() != sizeof stored) return false;
        std::memcpy(static_cast<void*>(&stored), record.data(), sizeof stored);
        visitor(detail::read_event(stored));
        return true;
    });
}

}  // namespace sauda::core
