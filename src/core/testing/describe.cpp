#include "core/testing/describe.h"

#include <sstream>

#include "core/event_reader.h"

namespace sauda::core::testing {

namespace {

template <class T>
concept HasRaw = requires(const T& value) {
    value.raw;
};

/// One line: a name and then `field=value` pairs.
class Line {
public:
    explicit Line(const char* name) { out_ << name; }

    template <class T>
    Line& with(const char* field, const T& value) {
        out_ << ' ' << field << '=';
        put(value);
        return *this;
    }
    std::string text() const { return out_.str(); }

private:
    template <class T>
    void put(const T& value) {
        if constexpr (HasRaw<T>) {
            out_ << value.raw;
        } else if constexpr (std::is_enum_v<T>) {
            out_ << static_cast<long long>(value);
        } else {
            out_ << +value;
        }
    }
    void put(bool value) { out_ << (value ? 1 : 0); }
    template <std::size_t Size>
    void put(const Text<Size>& value) {
        out_ << value.view();
    }
    void put(RejectReason value) { out_ << code(value); }
    void put(const FeeRates& value) { out_ << value.maker_ppm << '/' << value.taker_ppm; }
    void put(const Uuid& value) {
        for (const std::uint8_t byte : value.bytes) out_ << +byte << '.';
    }
    void put(const MarketSpec& value) {
        out_ << value.name.view() << " base " << value.base.raw << " quote " << value.quote.raw << " scales "
             << +value.price_scale << '/' << +value.quantity_scale << " tick " << value.tick << " lot "
             << value.lot << " min " << value.min_notional.raw << " fee_asset " << +put_raw(value.fee_asset)
             << " fees " << value.fees.maker_ppm << '/' << value.fees.taker_ppm;
    }
    void put(const LeaseId& value) { out_ << value.holder << ':' << value.number; }
    void put(const RequestContent& value) {
        out_ << +value.request << ',' << +put_raw(value.side) << ',' << +put_raw(value.kind) << ','
             << +put_raw(value.time_in_force) << ',' << +value.post_only << ',' << +value.on_duplicate << ','
             << +put_raw(value.quantity_change) << ',' << +value.requeue << ',' << value.market.raw << ','
             << value.price.raw << ',' << value.quantity.raw << ',' << value.quote_quantity.raw << ','
             << value.target.raw;
    }
    template <class T>
    static std::underlying_type_t<T> put_raw(T value) {
        return static_cast<std::underlying_type_t<T>>(value);
    }

    std::ostringstream out_;
};

Line& place_fields(Line& line, const PlaceOrder& c) {
    return line.with("account", c.account)
        .with("market", c.market)
        .with("side", c.side)
        .with("kind", c.kind)
        .with("tif", c.time_in_force)
        .with("post_only", c.post_only)
        .with("on_duplicate", c.on_duplicate)
        .with("price", c.price)
        .with("quantity", c.quantity)
        .with("quote_quantity", c.quote_quantity)
        .with("client", c.client_order_id);
}

template <class Transfer>
Line transfer_line(const char* name, const Transfer& c) {
    Line line(name);
    line.with("account", c.account).with("asset", c.asset).with("amount", c.amount);
    line.with("reference", c.reference);
    return line;
}

Line line_of(const AdvanceTime&) {
    return Line("advance_time");
}
Line line_of(const PlaceOrder& c) {
    Line line("place");
    return std::move(place_fields(line, c));
}
Line line_of(const CancelOrder& c) {
    Line line("cancel");
    line.with("account", c.account).with("order", c.order).with("client", c.client_order_id);
    return line;
}
Line line_of(const CancelAll& c) {
    Line line("cancel_all");
    line.with("account", c.account).with("market", c.market);
    return line;
}
Line line_of(const AmendOrder& c) {
    Line line("amend");
    line.with("account", c.account).with("order", c.order).with("price", c.price);
    line.with("quantity", c.quantity).with("change", c.quantity_change).with("requeue", c.requeue);
    line.with("request", c.request_id);
    return line;
}
Line line_of(const ReplaceOrder& c) {
    Line line("replace");
    line.with("cancel", c.cancel);
    return std::move(place_fields(line, c.place));
}
Line line_of(const ListAsset& c) {
    Line line("list_asset");
    line.with("name", c.name).with("scale", c.scale);
    return line;
}
Line line_of(const ListMarket& c) {
    Line line("list_market");
    line.with("spec", c.spec);
    return line;
}
Line line_of(const SetFees& c) {
    Line line("set_fees");
    line.with("market", c.market).with("fees", c.fees);
    return line;
}
Line line_of(const SetMarketState& c) {
    Line line("set_market_state");
    line.with("market", c.market).with("state", c.state);
    return line;
}
Line line_of(const SetAssetState& c) {
    Line line("set_asset_state");
    line.with("asset", c.asset).with("halted", c.halted);
    return line;
}
Line line_of(const OpenAccount& c) {
    Line line("open_account");
    line.with("user", c.user);
    return line;
}
Line line_of(const SetAccountState& c) {
    Line line("set_account_state");
    line.with("account", c.account).with("frozen", c.frozen);
    return line;
}
Line line_of(const Deposit& c) {
    return transfer_line("deposit", c);
}
Line line_of(const Withdraw& c) {
    return transfer_line("withdraw", c);
}
Line line_of(const SendTransfer& c) {
    Line line = transfer_line("send_transfer", c);
    line.with("to", c.to);
    return line;
}
Line line_of(const ReceiveTransfer& c) {
    Line line = transfer_line("receive_transfer", c);
    line.with("from", c.from);
    return line;
}
Line line_of(const ConfirmTransfer& c) {
    Line line("confirm_transfer");
    line.with("reference", c.reference).with("to", c.to);
    return line;
}

Line line_of(const NumberShard& c) {
    Line line("number_shard");
    line.with("number", c.number);
    return line;
}

Line line_of(const GrantLease& c) {
    Line line("grant_lease");
    line.with("account", c.account).with("lease", c.lease).with("span", c.span);
    return line;
}
Line line_of(const RenewLeases& c) {
    Line line("renew_leases");
    line.with("holder", c.holder);
    return line;
}
Line line_of(const EndLease& c) {
    Line line("end_lease");
    line.with("account", c.account).with("lease", c.lease).with("cancel_orders", c.cancel_orders);
    return line;
}
Line line_of(const RestartLeases&) {
    return Line("restart_leases");
}
Line line_of(const LapseLeases& c) {
    Line line("lapse_leases");
    line.with("events_max", c.events_max).with("pause", c.pause);
    return line;
}

Line line_of(const OrderAccepted& e) {
    Line line("order_accepted");
    line.with("account", e.account).with("account_sequence", e.account_sequence).with("order", e.order);
    line.with("market", e.market).with("side", e.side).with("kind", e.kind).with("tif", e.time_in_force);
    line.with("post_only", e.post_only).with("price", e.price).with("quantity", e.quantity);
    line.with("quote_quantity", e.quote_quantity).with("fees", e.fees).with("client", e.client_order_id);
    return line;
}
Line line_of(const OrderRested& e) {
    Line line("order_rested");
    line.with("market", e.market).with("update", e.update).with("order", e.order).with("account", e.account);
    line.with("side", e.side).with("price", e.price).with("leaves", e.leaves).with("held", e.held);
    return line;
}
Line line_of(const Trade& e) {
    Line line("trade");
    line.with("market", e.market).with("update", e.update).with("trade", e.trade).with("price", e.price);
    line.with("quantity", e.quantity).with("maker_order", e.maker_order).with("taker_order", e.taker_order);
    line.with("maker_account", e.maker_account).with("taker_account", e.taker_account);
    line.with("maker_sequence", e.maker_account_sequence);
    line.with("taker_sequence", e.taker_account_sequence).with("maker_leaves", e.maker_leaves);
    line.with("taker_leaves", e.taker_leaves).with("quote", e.quote).with("maker_fee", e.maker_fee);
    line.with("taker_fee", e.taker_fee).with("released", e.released).with("taker_side", e.taker_side);
    line.with("fee_asset", e.fee_asset);
    return line;
}
Line line_of(const OrderEnded& e) {
    Line line("order_ended");
    line.with("market", e.market).with("update", e.update).with("order", e.order).with("account", e.account);
    line.with("side", e.side).with("cause", e.cause).with("account_sequence", e.account_sequence);
    line.with("price", e.price).with("leaves", e.leaves).with("released", e.released);
    return line;
}
Line line_of(const OrderAmended& e) {
    Line line("order_amended");
    line.with("market", e.market).with("update", e.update).with("order", e.order).with("account", e.account);
    line.with("side", e.side).with("lost_priority", e.lost_priority);
    line.with("account_sequence", e.account_sequence).with("price_before", e.price_before);
    line.with("price", e.price).with("leaves_before", e.leaves_before).with("leaves", e.leaves);
    line.with("quantity", e.quantity).with("released", e.released);
    return line;
}
Line line_of(const Refused& e) {
    Line line("refused");
    line.with("account", e.account).with("market", e.market).with("reason", e.reason).with("order", e.order);
    return line;
}
Line line_of(const Repeated& e) {
    Line line("repeated");
    line.with("account", e.account).with("first", e.first).with("order", e.order);
    return line;
}
Line line_of(const Redelivered&) {
    return Line("redelivered");
}
Line line_of(const AssetListed& e) {
    Line line("asset_listed");
    line.with("asset", e.asset).with("name", e.name).with("scale", e.scale);
    line.with("operator", e.operator_id);
    return line;
}
Line line_of(const MarketListed& e) {
    Line line("market_listed");
    line.with("market", e.market).with("name", e.name).with("base", e.base).with("quote", e.quote);
    line.with("price_scale", e.price_scale).with("quantity_scale", e.quantity_scale);
    line.with("fee_asset", e.fee_asset).with("tick", e.tick).with("lot", e.lot);
    line.with("min_notional", e.min_notional).with("fees", e.fees).with("operator", e.operator_id);
    return line;
}
Line line_of(const FeesChanged& e) {
    Line line("fees_changed");
    line.with("market", e.market).with("fees", e.fees).with("operator", e.operator_id);
    return line;
}
Line line_of(const MarketStateChanged& e) {
    Line line("market_state_changed");
    line.with("market", e.market).with("operator", e.operator_id).with("state", e.state);
    return line;
}
Line line_of(const AssetStateChanged& e) {
    Line line("asset_state_changed");
    line.with("asset", e.asset).with("operator", e.operator_id).with("halted", e.halted);
    return line;
}
Line line_of(const AccountOpened& e) {
    Line line("account_opened");
    line.with("account", e.account).with("user", e.user).with("existed", e.existed);
    return line;
}
Line line_of(const AccountStateChanged& e) {
    Line line("account_state_changed");
    line.with("account", e.account).with("account_sequence", e.account_sequence);
    line.with("operator", e.operator_id).with("frozen", e.frozen);
    return line;
}
Line line_of(const Transferred& e) {
    Line line("transferred");
    line.with("account", e.account).with("account_sequence", e.account_sequence).with("asset", e.asset);
    line.with("amount", e.amount).with("operator", e.operator_id).with("reference", e.reference);
    return line;
}
Line line_of(const TransferSent& e) {
    Line line("transfer_sent");
    line.with("account", e.account).with("account_sequence", e.account_sequence).with("asset", e.asset);
    line.with("amount", e.amount).with("operator", e.operator_id).with("reference", e.reference);
    line.with("to", e.to);
    return line;
}
Line line_of(const TransferReceived& e) {
    Line line("transfer_received");
    line.with("account", e.account).with("account_sequence", e.account_sequence).with("asset", e.asset);
    line.with("amount", e.amount).with("reference", e.reference).with("from", e.from);
    return line;
}
Line line_of(const TransferConfirmed& e) {
    Line line("transfer_confirmed");
    line.with("account", e.account).with("sent", e.sent).with("asset", e.asset).with("amount", e.amount);
    line.with("reference", e.reference).with("to", e.to);
    return line;
}

Line line_of(const ShardNumbered& e) {
    Line line("shard_numbered");
    line.with("number", e.number);
    return line;
}

Line line_of(const LeaseGranted& e) {
    Line line("lease_granted");
    line.with("account", e.account).with("lease", e.lease).with("span", e.span).with("due", e.due);
    return line;
}
Line line_of(const LeaseEnded& e) {
    Line line("lease_ended");
    line.with("account", e.account).with("lease", e.lease).with("how", e.how);
    return line;
}

Line line_of(const AssetState& s) {
    Line line("asset");
    line.with("id", s.asset.id).with("name", s.asset.name).with("scale", s.asset.scale);
    line.with("halted", s.halted);
    return line;
}
Line line_of(const MarketStateRecord& s) {
    Line line("market");
    line.with("spec", s.spec).with("state", s.state).with("last_trade", s.last_trade);
    line.with("last_update", s.last_update);
    for (const FeeRates& fees : s.fee_schedules) line.with("schedule", fees);
    return line;
}
Line line_of(const AccountRecord& s) {
    Line line("account");
    line.with("user", s.user).with("frozen", s.frozen).with("last_sequence", s.last_sequence);
    return line;
}
Line line_of(const BalanceRecord& s) {
    Line line("balance");
    line.with("account", s.account).with("asset", s.asset).with("available", s.available);
    line.with("held", s.held);
    return line;
}
Line line_of(const OrderRecord& s) {
    Line line("order");
    line.with("id", s.id).with("account", s.account).with("market", s.market).with("side", s.side);
    line.with("kind", s.kind).with("tif", s.time_in_force).with("post_only", s.post_only);
    line.with("fee_schedule", s.fee_schedule).with("price", s.price).with("quantity", s.quantity);
    line.with("leaves", s.leaves).with("accepted", s.accepted);
    return line;
}
Line line_of(const ClientOrderRecord& s) {
    Line line("client_order");
    line.with("account", s.account).with("id", s.client_order_id).with("content", s.content);
    line.with("order", s.order).with("first", s.first).with("open", s.open);
    line.with("forgotten_from", s.forgotten_from);
    return line;
}
Line line_of(const TransferRecord& s) {
    Line line("transfer");
    line.with("reference", s.reference).with("account", s.account).with("asset", s.asset);
    line.with("amount", s.amount).with("first", s.first).with("peer", s.peer);
    line.with("confirmed", s.confirmed);
    return line;
}
Line line_of(const GatewayRecord& s) {
    Line line("gateway");
    line.with("id", s.gateway).with("newest", s.newest).with("last_spoke", s.last_spoke);
    for (std::size_t word = 0; word < s.seen.size(); ++word) {
        if (s.seen[word] != 0) line.with("word", word).with("seen", s.seen[word]);
    }
    return line;
}

Line line_of(const LeaseRecord& s) {
    Line line("lease");
    line.with("account", s.account).with("lease", s.lease).with("span", s.span).with("due", s.due);
    return line;
}

template <class Record>
void append_lines(std::string& out, const std::vector<Record>& records) {
    for (const Record& record : records) out += line_of(record).text() + "\n";
}

}  // namespace

std::string describe(const CommandBody& body) {
    return std::visit([](const auto& alternative) { return line_of(alternative).text(); }, body);
}

std::string describe(const Command& command, Stamp stamp) {
    Line line("#");
    line.with("sequence", stamp.sequence).with("time", stamp.time).with("gateway", command.id.gateway);
    line.with("id", command.id.sequence).with("deadline", command.deadline);
    return line.text() + ": " + describe(command.body);
}

std::string describe_events(base::ByteView events) {
    std::string out;
    const bool valid =
        for_each_event(events, [&](const auto& event) { out += line_of(event).text() + "\n"; });
    return valid ? out : out + "and bytes that are no event\n";
}

std::string describe(const ExchangeState& state) {
    Line head("exchange");
    head.with("shard", state.shard).with("sequence", state.last.sequence).with("time", state.last.time);
    head.with("last_order_count", state.last_order_count);
    std::string out = head.text() + "\n";
    append_lines(out, state.assets);
    append_lines(out, state.markets);
    append_lines(out, state.accounts);
    append_lines(out, state.balances);
    append_lines(out, state.orders);
    append_lines(out, state.client_orders);
    append_lines(out, state.transfers);
    append_lines(out, state.gateways);
    append_lines(out, state.leases);
    return out;
}

std::string first_difference(const std::string& expected, const std::string& got) {
    std::istringstream left(expected), right(got);
    std::string wanted, found;
    for (int number = 1;; ++number) {
        const bool has_left = static_cast<bool>(std::getline(left, wanted));
        const bool has_right = static_cast<bool>(std::getline(right, found));
        if (!has_left && !has_right) return {};
        if (has_left && has_right && wanted == found) continue;
        return "line " + std::to_string(number) + "\n  expected " + (has_left ? wanted : "nothing") +
               "\n  got      " + (has_right ? found : "nothing");
    }
}

}  // namespace sauda::core::testing
