#include "codec/state_codec.h"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "codec/byte_coder.h"
#include "codec/digest.h"
#include "codec/market_spec_fields.h"
#include "core/limits.h"

namespace sauda::codec {

namespace {

constexpr std::string_view magic = "SAUDASTA";
constexpr std::uint32_t version_min = 1;
constexpr std::uint32_t version_of_transfers = 2;  ///< with those between shards
constexpr std::uint32_t version_of_leases = 3;
constexpr std::uint32_t version_max = version_of_leases;
constexpr std::size_t head_size = 16;
constexpr std::size_t digest_size = 8;
/// No record is longer, a gateway's window aside, which is written in parts.
constexpr std::size_t record_size_max = 256;
using RecordEncoder = ByteEncoder<record_size_max>;

template <class Coder>
void fields(Coder& coder, Subject<Coder, core::AssetState>& state) {
    coder.id(state.asset.id);
    coder.text(state.asset.name);
    coder.raw(state.asset.scale);
    coder.boolean(state.halted);
}

template <class Coder>
void fields(Coder& coder, Subject<Coder, core::FeeRates>& rates) {
    coder.fees(rates);
}

/// All but the fee schedules, which follow as a list of their own.
template <class Coder>
void fields(Coder& coder, Subject<Coder, core::MarketStateRecord>& market) {
    codec::fields(coder, market.spec);
    coder.enumerator(market.state, core::MarketState::halted);
    coder.id(market.last_trade);
    coder.id(market.last_update);
}

template <class Coder>
void fields(Coder& coder, Subject<Coder, core::AccountRecord>& account) {
    coder.uuid(account.user);
    coder.boolean(account.frozen);
    coder.id(account.last_sequence);
}

template <class Coder>
void fields(Coder& coder, Subject<Coder, core::BalanceRecord>& balance) {
    coder.id(balance.account);
    coder.id(balance.asset);
    coder.unit(balance.available);
    coder.unit(balance.held);
}

template <class Coder>
void fields(Coder& coder, Subject<Coder, core::OrderRecord>& order) {
    coder.id(order.id);
    coder.id(order.account);
    coder.id(order.market);
    coder.enumerator(order.side, core::Side::sell);
    coder.enumerator(order.kind, core::OrderKind::market);
    coder.enumerator(order.time_in_force, core::TimeInForce::fok);
    coder.boolean(order.post_only);
    coder.number(order.fee_schedule);
    coder.unit(order.price);
    coder.unit(order.quantity);
    coder.unit(order.leaves);
    coder.unit(order.accepted);
}

template <class Coder>
void fields(Coder& coder, Subject<Coder, core::RequestContent>& content) {
    coder.raw(content.request);
    coder.enumerator(content.side, core::Side::sell);
    coder.enumerator(content.kind, core::OrderKind::market);
    coder.enumerator(content.time_in_force, core::TimeInForce::fok);
    coder.raw(content.post_only);
    coder.raw(content.on_duplicate);
    coder.enumerator(content.quantity_change, core::QuantityChange::reduce_by);
    coder.raw(content.requeue);
    coder.id(content.market);
    coder.number(content.reserved);
    coder.unit(content.price);
    coder.unit(content.quantity);
    coder.unit(content.quote_quantity);
    coder.id(content.target);
}

template <class Coder>
void fields(Coder& coder, Subject<Coder, core::ClientOrderRecord>& record) {
    coder.id(record.account);
    coder.text(record.client_order_id);
    fields(coder, record.content);
    coder.id(record.order);
    coder.id(record.first);
    coder.boolean(record.open);
    coder.unit(record.forgotten_from);
}

/// To or from outside.
template <class Coder>
void fields(Coder& coder, Subject<Coder, core::TransferRecord>& transfer) {
    coder.text(transfer.reference);
    coder.id(transfer.account);
    coder.id(transfer.asset);
    coder.unit(transfer.amount);
    coder.id(transfer.first);
}

/// To or from another shard.
struct BetweenShards {
    core::TransferRecord transfer;
};
template <class Coder>
void fields(Coder& coder, Subject<Coder, BetweenShards>& between) {
    fields(coder, between.transfer);
    coder.text(between.transfer.peer);
    coder.id(between.transfer.confirmed);
}

/// What canonical order goes by.
auto transfer_key(const core::TransferRecord& transfer) {
    return std::pair(transfer.origin(), transfer.reference);
}

/// All but the window, which follows as a list of its own.
template <class Coder>
void fields(Coder& coder, Subject<Coder, core::GatewayRecord>& gateway) {
    coder.raw(gateway.gateway);
    coder.number(gateway.newest);
    coder.id(gateway.last_spoke);
}

template <class Coder>
void fields(Coder& coder, Subject<Coder, std::uint64_t>& word) {
    coder.raw(word);
}

template <class Coder>
void fields(Coder& coder, Subject<Coder, core::LeaseRecord>& record) {
    coder.id(record.account);
    coder.lease(record.lease);
    coder.unit(record.span);
    coder.unit(record.due);
}

struct Counted {
    std::uint64_t raw = 0;
};
template <class Coder>
void fields(Coder& coder, Subject<Coder, Counted>& count) {
    coder.number(count.raw);
}

template <class Coder>
void head_fields(Coder& coder, Subject<Coder, core::ExchangeState>& state) {
    coder.raw(state.shard);
    coder.id(state.last.sequence);
    coder.unit(state.last.time);
    coder.number(state.last_order_count);
}

// --- Writing ---

template <class Record>
void write_one(const Record& record, base::Bytes& out) {
    RecordEncoder encoder;
    fields(encoder, record);
    out.insert(out.end(), encoder.bytes().begin(), encoder.bytes().end());
}

template <class Record>
void write_list(const std::vector<Record>& records, base::Bytes& out) {
    write_one(Counted{records.size()}, out);
    for (const Record& record : records) {
        write_one(record, out);
        if constexpr (std::is_same_v<Record, core::MarketStateRecord>) write_list(record.fee_schedules, out);
        if constexpr (std::is_same_v<Record, core::GatewayRecord>) write_list(record.seen, out);
    }
}

/// The transfers in two lists, each in canonical order.
struct TransferLists {
    std::vector<core::TransferRecord> outside;
    std::vector<BetweenShards> between;
};

TransferLists split_transfers(const std::vector<core::TransferRecord>& transfers) {
    TransferLists lists;
    for (const core::TransferRecord& transfer : transfers) {
        if (transfer.peer.empty()) {
            lists.outside.push_back(transfer);
        } else {
            lists.between.push_back({transfer});
        }
    }
    return lists;
}

/// The oldest version that can hold the state: a state has the bytes, and the hash, that it always had.
std::uint32_t version_needed(const core::ExchangeState& state, const TransferLists& transfers) {
    if (!state.leases.empty()) return version_of_leases;
    return transfers.between.empty() ? version_min : version_of_transfers;
}

// --- Reading ---

/// The fewest bytes that any record takes, so that a count is believed only as far as bytes follow.
template <class Record>
std::size_t record_size_min() {
    base::Bytes bytes;
    write_one(Record{}, bytes);
    return bytes.size();
}

template <class Record>
void read_list(ByteDecoder& decoder, std::vector<Record>& records) {
    Counted count;
    fields(decoder, count);
    static const std::size_t size_min = record_size_min<Record>();
    if (count.raw > decoder.left() / size_min) return decoder.fail(DecodeError::truncated);
    records.reserve(count.raw);
    for (; count.raw > 0 && !decoder.failed(); --count.raw) {
        Record& record = records.emplace_back();
        fields(decoder, record);
        if constexpr (std::is_same_v<Record, core::MarketStateRecord>)
            read_list(decoder, record.fee_schedules);
        if constexpr (std::is_same_v<Record, core::GatewayRecord>) read_list(decoder, record.seen);
    }
}

/// The transfers between shards, put among the others.
void read_between_shards(ByteDecoder& decoder, std::uint32_t version,
                         std::vector<core::TransferRecord>& transfers) {
    std::vector<BetweenShards> between;
    read_list(decoder, between);
    // A state without any is of another version, and a transfer outside belongs among the others.
    const bool is_empty = between.empty() && version == version_of_transfers;
    const bool is_canonical = !is_empty && std::ranges::none_of(between, [](const BetweenShards& b) {
        return b.transfer.peer.empty();
    });
    if (!decoder.failed() && !is_canonical) decoder.fail(DecodeError::not_canonical);
    const auto middle = static_cast<std::ptrdiff_t>(transfers.size());
    for (const BetweenShards& b : between) transfers.push_back(b.transfer);
    std::ranges::inplace_merge(transfers, transfers.begin() + middle, {}, transfer_key);
}

void read_leases(ByteDecoder& decoder, std::vector<core::LeaseRecord>& leases) {
    read_list(decoder, leases);
    if (!decoder.failed() && leases.empty()) decoder.fail(DecodeError::not_canonical);
}

core::ExchangeState read_sections(ByteDecoder& decoder, std::uint32_t version) {
    core::ExchangeState state;
    head_fields(decoder, state);
    read_list(decoder, state.assets);
    read_list(decoder, state.markets);
    read_list(decoder, state.accounts);
    read_list(decoder, state.balances);
    read_list(decoder, state.orders);
    read_list(decoder, state.client_orders);
    read_list(decoder, state.transfers);
    read_list(decoder, state.gateways);
    if (version >= version_of_transfers) read_between_shards(decoder, version, state.transfers);
    if (version >= version_of_leases) read_leases(decoder, state.leases);
    return state;
}

// --- What core could not have written ---

/// Ids that the records of a state may name.
class Known {
public:
    explicit Known(const core::ExchangeState& state) : state_(state) {}

    bool asset(core::AssetId id) const { return id.raw >= 1 && id.raw <= state_.assets.size(); }
    bool market(core::MarketId id) const { return id.raw >= 1 && id.raw <= state_.markets.size(); }
    bool user(core::AccountId id) const {
        return id >= core::first_user_account &&
               id.raw - core::first_user_account.raw < state_.accounts.size();
    }
    bool account(core::AccountId id) const {
        return user(id) || (id.raw != 0 && id <= core::in_transit_account);
    }
    bool order_is_sound(const core::OrderRecord& order) const {
        return market(order.market) && user(order.account) && order.id &&
               order.fee_schedule < state_.markets[order.market.raw - 1].fee_schedules.size() &&
               order.price.raw > 0 && order.price.raw <= core::order_price_max && order.leaves.raw > 0 &&
               order.leaves <= order.quantity && order.quantity.raw <= core::order_quantity_max;
    }
    bool transfer_is_sound(const core::TransferRecord& transfer) const {
        if (transfer.peer.empty()) return true;
        return core::is_valid_shard_name(transfer.peer.view()) && user(transfer.account) &&
               asset(transfer.asset) && transfer.amount.raw != 0 &&
               (transfer.is_sent() || !transfer.confirmed);
    }
    bool market_is_sound(const core::MarketStateRecord& record) const {
        return asset(record.spec.base) && asset(record.spec.quote) && !record.fee_schedules.empty();
    }

    bool lease_is_sound(const core::LeaseRecord& record) const {
        return user(record.account) && record.span.raw > 0 && record.span.raw <= core::lease_span_ns_max &&
               record.due > state_.last.time;
    }

    /// Restored as it stands, a window of another size would be read past its end.
    static bool gateway_is_sound(const core::GatewayRecord& gateway) {
        return gateway.gateway != 0 && gateway.seen.size() == core::gateway_window / 64;
    }

private:
    const core::ExchangeState& state_;
};

/// Every client order id that is open must have its order, of the same account.
bool open_client_orders_exist(const core::ExchangeState& state) {
    using Owned = std::pair<core::OrderId, core::AccountId>;
    std::vector<Owned> open;
    open.reserve(state.orders.size());
    for (const core::OrderRecord& order : state.orders) open.emplace_back(order.id, order.account);
    std::ranges::sort(open);
    return std::ranges::all_of(state.client_orders, [&](const core::ClientOrderRecord& record) {
        return !record.open || std::ranges::binary_search(open, Owned(record.order, record.account));
    });
}

template <class Records, class Key>
bool rises(const Records& records, Key key) {
    return std::ranges::adjacent_find(
               records, [&](const auto& a, const auto& b) { return !(key(a) < key(b)); }) == records.end();
}

bool is_in_order(const core::ExchangeState& state) {
    return rises(state.balances, [](const auto& b) { return std::pair(b.account, b.asset); }) &&
           rises(state.client_orders,
                 [](const auto& c) { return std::pair(c.account, c.client_order_id); }) &&
           rises(state.transfers, transfer_key) &&
           rises(state.gateways, [](const auto& g) { return g.gateway; }) &&
           rises(state.leases, [](const auto& l) { return std::pair(l.lease, l.account); });
}

bool is_sound(const core::ExchangeState& state) {
    const Known known(state);
    for (std::size_t i = 0; i < state.assets.size(); ++i) {
        if (state.assets[i].asset.id.raw != i + 1) return false;
    }
    return std::ranges::all_of(state.markets, [&](const auto& m) { return known.market_is_sound(m); }) &&
           std::ranges::all_of(
               state.balances,
               [&](const auto& b) { return known.account(b.account) && known.asset(b.asset); }) &&
           std::ranges::all_of(state.orders, [&](const auto& o) { return known.order_is_sound(o); }) &&
           std::ranges::all_of(state.client_orders, [&](const auto& c) { return known.user(c.account); }) &&
           std::ranges::all_of(state.transfers, [&](const auto& t) { return known.transfer_is_sound(t); }) &&
           std::ranges::all_of(state.gateways, [](const auto& g) { return Known::gateway_is_sound(g); }) &&
           std::ranges::all_of(state.leases, [&](const auto& l) { return known.lease_is_sound(l); }) &&
           state.gateways.size() <= core::gateways_max && state.leases.size() <= core::leases_max &&
           is_in_order(state) && open_client_orders_exist(state);
}

struct Unframed {
    std::uint32_t version = 0;
    base::ByteView sections;
};

/// The sections, once the frame around them has proved whole.
base::Result<Unframed, DecodeError> unframe(base::ByteView bytes) {
    base::ByteReader head(bytes);
    if (!std::ranges::equal(head.get_bytes(magic.size()), base::as_bytes(magic)))
        return base::Unexpected{bytes.size() < head_size ? DecodeError::truncated : DecodeError::unknown_tag};
    const auto version = head.get<std::uint32_t>();
    if (version < version_min || version > version_max) return base::Unexpected{DecodeError::unknown_version};
    const auto size = head.get<std::uint32_t>();
    if (!head.ok() || head.left() < digest_size) return base::Unexpected{DecodeError::truncated};
    const base::ByteView sections = head.get_bytes(head.left() - digest_size);
    if (static_cast<std::uint32_t>(sections.size()) != size) return base::Unexpected{DecodeError::truncated};
    const auto digest = head.get<std::uint64_t>();
    if (digest64(bytes.first(bytes.size() - digest_size)) != digest)
        return base::Unexpected{DecodeError::bad_checksum};
    return Unframed{version, sections};
}

}  // namespace

void encode_state(const core::ExchangeState& state, base::Bytes& out) {
    const std::size_t start = out.size();
    base::ByteWriter writer(out);
    writer.put_text(magic);
    const TransferLists transfers = split_transfers(state.transfers);
    const std::uint32_t version = version_needed(state, transfers);
    writer.put(version);
    writer.put(std::uint32_t{0});  // the size, filled in below

    RecordEncoder head;
    head_fields(head, state);
    writer.put_bytes(head.bytes());
    write_list(state.assets, out);
    write_list(state.markets, out);
    write_list(state.accounts, out);
    write_list(state.balances, out);
    write_list(state.orders, out);
    write_list(state.client_orders, out);
    write_list(transfers.outside, out);
    write_list(state.gateways, out);
    if (version >= version_of_transfers) write_list(transfers.between, out);
    if (version >= version_of_leases) write_list(state.leases, out);

    const auto size = static_cast<std::uint32_t>(out.size() - start - head_size);
    std::memcpy(out.data() + start + head_size - sizeof size, &size, sizeof size);
    writer.put(digest64(base::ByteView(out).subspan(start)));
}

base::Result<core::ExchangeState, DecodeError> decode_state(base::ByteView bytes) {
    const auto framed = unframe(bytes);
    if (!framed) return base::Unexpected{framed.error()};
    ByteDecoder decoder(framed->sections);
    core::ExchangeState state = read_sections(decoder, framed->version);
    if (decoder.failed()) return base::Unexpected{decoder.error()};
    if (decoder.left() != 0) return base::Unexpected{DecodeError::trailing_bytes};
    if (!is_sound(state)) return base::Unexpected{DecodeError::out_of_range};
    return state;
}

std::uint64_t hash_state(const core::ExchangeState& state) {
    base::Bytes bytes;
    encode_state(state, bytes);
    return digest64(bytes);
}

}  // namespace sauda::codec
