#include "api-server/history_json.h"

#include <cstdlib>
#include <ctime>

#include <fmt/format.h>

#include "codec/json_reply.h"
#include "codec/json_value.h"
#include "core/types/decimal.h"
#include "identity/random_id.h"

namespace sauda::api_server {

namespace {

std::string amount_text(const views::Listings& listings, core::AssetId asset, core::Amount amount) {
    return core::format_decimal(amount.raw, listings.find_asset(asset)->scale);
}

std::string uuid_text(const core::Uuid& uuid) {
    identity::Uuid same;
    same.bytes = uuid.bytes;
    return same.text();
}

/// A number, or null for the id that names nothing.
template <class Id>
std::string id_or_null(Id id) {
    return id ? std::to_string(id.raw) : "null";
}

std::string quoted(std::string_view text) {
    std::string out;
    codec::append_json_string(out, text);
    return out;
}

std::string text_or_null(std::string_view text) {
    return text.empty() ? "null" : quoted(text);
}

std::string percent(std::int64_t rate_ppm) {
    return core::format_decimal(rate_ppm, 4);
}

std::string_view end_text(core::EndCause cause) {
    using enum core::EndCause;
    switch (cause) {
        case canceled_by_owner:
            return "canceled_by_owner";
        case canceled_all:
            return "canceled_all";
        case replaced:
            return "replaced";
        case reduced_to_nothing:
            return "reduced_to_nothing";
        case ioc_remainder:
            return "ioc_remainder";
        case fok_unfillable:
            return "fok_unfillable";
        case market_remainder:
            return "market_remainder";
        case canceled_by_operator:
            return "canceled_by_operator";
        case cancel_on_disconnect:
            return "cancel_on_disconnect";
        case cancel_after:
            return "cancel_after";
    }
    return "other";
}

std::string_view action_text(history::ActionKind kind) {
    using enum history::ActionKind;
    switch (kind) {
        case asset_listed:
            return "list_asset";
        case market_listed:
            return "list_market";
        case fees_changed:
            return "set_fees";
        case market_state_changed:
            return "set_market_state";
        case asset_state_changed:
            return "set_asset_state";
        case account_state_changed:
            return "set_account_state";
        case deposit:
            return "deposit";
        case withdrawal:
            return "withdraw";
        case transfer_sent:
            return "send_transfer";
    }
    return "other";
}

/// What an action set, as members.
std::string action_members(const views::Listings& listings, const history::ActionRow& action) {
    using enum history::ActionKind;
    switch (action.kind) {
        case fees_changed:
            return fmt::format(R"(,"maker_fee_percent":"{}","taker_fee_percent":"{}")", percent(action.value),
                               percent(action.value_2));
        case market_state_changed:
            return fmt::format(R"(,"state":"{}")",
                               codec::market_state_text(static_cast<core::MarketState>(action.value)));
        case asset_state_changed:
            return fmt::format(R"(,"halted":{})", action.value != 0);
        case account_state_changed:
            return fmt::format(R"(,"frozen":{})", action.value != 0);
        case deposit:
        case withdrawal:
        case transfer_sent:
            return fmt::format(R"(,"amount":"{}","reference":{})",
                               amount_text(listings, action.asset, {std::abs(action.value)}),
                               quoted(action.reference.view()));
        case asset_listed:
        case market_listed:
            return {};
    }
    return {};
}

}  // namespace

std::string_view cause_text(history::Cause cause) {
    using enum history::Cause;
    switch (cause) {
        case deposit:
            return "deposit";
        case withdrawal:
            return "withdrawal";
        case hold:
            return "hold";
        case release:
            return "release";
        case trade:
            return "trade";
        case fee:
            return "fee";
        case rebate:
            return "rebate";
        case transfer_sent:
            return "transfer_sent";
        case transfer_received:
            return "transfer_received";
    }
    return "other";
}

std::string_view counter_text(const history::LedgerEntry& entry, core::AccountId account) {
    if (entry.counter == core::external_account) return "external";
    if (entry.counter == core::fees_account) return "fees";
    if (entry.counter == core::in_transit_account) return "in_transit";
    const bool is_move = entry.cause == history::Cause::hold || entry.cause == history::Cause::release;
    return is_move && entry.counter == account ? "self" : "counterparty";
}

std::string fill_json(const views::Listings& listings, const history::Fill& fill) {
    const core::MarketSpec& spec = listings.find_market(fill.market)->spec;
    const core::AssetId fee_asset = fill.fee_in_base ? spec.base : spec.quote;
    return fmt::format(
        R"({{"trade_id":{},"market":"{}","order_id":{},"matched_with":{},"side":"{}","liquidity":"{}",)"
        R"("price":"{}","quantity":"{}","leaves":"{}","fee":"{}","fee_asset":"{}","sequence":{},"time":{}}})",
        fill.trade.raw, spec.name.view(), fill.order.raw, fill.matched_with.raw, codec::side_text(fill.side),
        fill.liquidity == core::Liquidity::maker ? "maker" : "taker",
        core::format_decimal(fill.price.raw, spec.price_scale),
        core::format_decimal(fill.quantity.raw, spec.quantity_scale),
        core::format_decimal(fill.leaves.raw, spec.quantity_scale),
        amount_text(listings, fee_asset, fill.fee), listings.find_asset(fee_asset)->name.view(),
        fill.place.sequence.raw, fill.time.milliseconds());
}

std::string entry_json(const views::Listings& listings, const history::LedgerEntry& entry,
                       core::AccountId account) {
    const auto amount = [&](core::Amount value) { return amount_text(listings, entry.asset, value); };
    const core::Market* market = listings.find_market(entry.market);
    return fmt::format(
        R"({{"entry_id":"{}","asset":"{}","cause":"{}","available_change":"{}","held_change":"{}",)"
        R"("available":"{}","held":"{}","counter_account":"{}","order_id":{},"market":{},"trade_id":{},)"
        R"("reference":{},"sequence":{},"time":{}}})",
        history::to_text(entry.place), listings.find_asset(entry.asset)->name.view(), cause_text(entry.cause),
        amount(entry.available_change), amount(entry.held_change), amount(entry.available),
        amount(entry.held), counter_text(entry, account), id_or_null(entry.order),
        text_or_null(market == nullptr ? "" : market->spec.name.view()), id_or_null(entry.trade),
        text_or_null(entry.reference.view()), entry.place.sequence.raw, entry.time.milliseconds());
}

std::string transfer_json(const views::Listings& listings, const history::TransferRow& transfer) {
    return fmt::format(
        R"({{"kind":"{}","asset":"{}","amount":"{}","reference":{},"sequence":{},"time":{}}})",
        transfer.amount.raw > 0 ? "deposit" : "withdrawal", listings.find_asset(transfer.asset)->name.view(),
        amount_text(listings, transfer.asset, {std::abs(transfer.amount.raw)}),
        quoted(transfer.reference.view()), transfer.place.sequence.raw, transfer.time.milliseconds());
}

std::string action_json(const views::Listings& listings, const history::ActionRow& action) {
    const core::Asset* asset = listings.find_asset(action.asset);
    const core::Market* market = listings.find_market(action.market);
    const std::string operator_id = action.operator_id ? quoted(uuid_text(*action.operator_id)) : "null";
    return fmt::format(
        R"({{"action":"{}","operator_id":{},"account":{},"asset":{},"market":{}{},"sequence":{},"time":{}}})",
        action_text(action.kind), operator_id, id_or_null(action.account),
        text_or_null(asset == nullptr ? "" : asset->name.view()),
        text_or_null(market == nullptr ? "" : market->spec.name.view()), action_members(listings, action),
        action.place.sequence.raw, action.time.milliseconds());
}

std::string event_json(const views::Listings& listings, const views::OrderView& order,
                       const history::OrderEvent& event) {
    const core::MarketSpec& spec = listings.find_market(order.market)->spec;
    const auto lots = [&](core::QuantityLots quantity) {
        return core::format_decimal(quantity.raw, spec.quantity_scale);
    };
    const auto price = [&](core::PriceTicks value) {
        return order.kind == core::OrderKind::limit
                   ? '"' + core::format_decimal(value.raw, spec.price_scale) + '"'
                   : std::string("null");
    };
    const auto quantity = [&](core::QuantityLots value) {
        return order.quote_quantity.raw == 0 ? '"' + lots(value) + '"' : std::string("null");
    };
    const std::string place =
        fmt::format(R"("sequence":{},"time":{}}})", event.place.sequence.raw, event.time.milliseconds());
    using enum history::OrderEvent::Kind;
    switch (event.kind) {
        case accepted:
            return fmt::format(R"({{"event":"Accepted","price":{},"quantity":{},{})", price(event.price),
                               quantity(event.quantity), place);
        case rested:
            return fmt::format(R"({{"event":"Rested","leaves":"{}",{})", lots(event.leaves), place);
        case filled:
            return R"({"event":"Filled",)" + fill_json(listings, *event.fill).substr(1);
        case amended:
            return fmt::format(
                R"({{"event":"Amended","price_before":{},"price":{},"leaves_before":"{}","leaves":"{}",)"
                R"("quantity":"{}","lost_priority":{},{})",
                price(event.price_before), price(event.price), lots(event.leaves_before), lots(event.leaves),
                lots(event.quantity), event.lost_priority, place);
        case ended:
            return fmt::format(R"({{"event":"{}","cause":"{}","unfilled":{},{})",
                               core::is_expiry(event.cause) ? "Expired" : "Canceled", end_text(event.cause),
                               quantity(event.quantity), place);
    }
    return "{}";
}

std::string balance_json(const views::Listings& listings, const history::MomentBalance& balance) {
    return fmt::format(R"({{"asset":"{}","available":"{}","held":"{}"}})",
                       listings.find_asset(balance.asset)->name.view(),
                       amount_text(listings, balance.asset, balance.balance.available),
                       amount_text(listings, balance.asset, balance.balance.held));
}

// --- Statements ---

std::string utc_text(core::TimestampNs time) {
    const auto seconds = static_cast<std::time_t>(time.milliseconds() / 1000);
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", utc.tm_year + 1900, utc.tm_mon + 1,
                       utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, time.milliseconds() % 1000);
}

std::string csv_text(std::string_view text) {
    constexpr std::string_view formula_starts = "=+-@\t\r";
    const bool looks_like_formula =
        !text.empty() && formula_starts.find(text.front()) != std::string_view::npos;
    std::string field(looks_like_formula ? "'" : "");
    field += text;
    if (field.find_first_of(",\"\r\n") == std::string::npos) return field;
    std::string out = "\"";
    for (const char c : field) out += c == '"' ? std::string("\"\"") : std::string(1, c);
    return out + '"';
}

std::string_view statement_header() {
    return "time,sequence,entry_id,cause,asset,available_change,held_change,available,held,counter_account,"
           "order_id,"
           "market,trade_id,reference\r\n";
}

std::string statement_line(const views::Listings& listings, const history::LedgerEntry& entry,
                           core::AccountId account) {
    const auto amount = [&](core::Amount value) { return amount_text(listings, entry.asset, value); };
    const auto id = [](auto value) { return value ? std::to_string(value.raw) : std::string(); };
    const core::Market* market = listings.find_market(entry.market);
    return fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{}\r\n", utc_text(entry.time),
                       entry.place.sequence.raw, history::to_text(entry.place), cause_text(entry.cause),
                       csv_text(listings.find_asset(entry.asset)->name.view()),
                       amount(entry.available_change), amount(entry.held_change), amount(entry.available),
                       amount(entry.held), counter_text(entry, account), id(entry.order),
                       csv_text(market == nullptr ? "" : market->spec.name.view()), id(entry.trade),
                       csv_text(entry.reference.view()));
}

}  // namespace sauda::api_server
