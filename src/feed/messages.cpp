#include "feed/messages.h"

#include <algorithm>
#include <iterator>

#include <fmt/compile.h>
#include <fmt/format.h>

#include "base/assert.h"
#include "codec/json_reply.h"
#include "core/event.h"
#include "core/types/decimal.h"

namespace sauda::feed {

using core::format_decimal;

namespace {

/// fmt escapes nothing: every text that comes here is of a restricted alphabet (names, client order ids,
/// references) and needs no escaping.
template <class Format, class... Args>
void put(std::string& out, const Format& format, const Args&... args) {
    fmt::format_to(std::back_inserter(out), format, args...);
}

std::string_view liquidity_name(core::Liquidity liquidity) {
    return liquidity == core::Liquidity::maker ? "maker" : "taker";
}
std::string_view cause_name(core::EndCause cause) {
    switch (cause) {
        case core::EndCause::canceled_by_owner:
            return "canceled_by_owner";
        case core::EndCause::canceled_all:
            return "canceled_all";
        case core::EndCause::replaced:
            return "replaced";
        case core::EndCause::reduced_to_nothing:
            return "reduced_to_nothing";
        case core::EndCause::ioc_remainder:
            return "ioc_remainder";
        case core::EndCause::fok_unfillable:
            return "fok_unfillable";
        case core::EndCause::market_remainder:
            return "market_remainder";
        case core::EndCause::canceled_by_operator:
            return "canceled_by_operator";
        case core::EndCause::cancel_on_disconnect:
            return "cancel_on_disconnect";
        case core::EndCause::cancel_after:
            return "cancel_after";
    }
    return "canceled";
}

std::string price_text(const core::MarketSpec& spec, core::PriceTicks price) {
    return format_decimal(price.raw, spec.price_scale);
}
std::string quantity_text(const core::MarketSpec& spec, core::QuantityLots quantity) {
    return format_decimal(quantity.raw, spec.quantity_scale);
}

void append_levels(std::string& out, const core::MarketSpec& spec,
                   std::span<const views::DepthLevel> levels) {
    out += '[';
    for (const views::DepthLevel& level : levels) {
        if (out.back() != '[') out += ',';
        put(out, FMT_COMPILE("[\"{}\",\"{}\"]"), price_text(spec, level.price),
            level.quantity.raw == 0 ? "0" : quantity_text(spec, level.quantity));
    }
    out += ']';
}

/// RFC 4122 text: 8-4-4-4-12 lower-case hexadecimal digits.
void append_uuid(std::string& out, const core::Uuid& uuid) {
    constexpr std::string_view digits = "0123456789abcdef";
    for (std::size_t i = 0; i < uuid.bytes.size(); ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
        out += digits[uuid.bytes[i] >> 4];
        out += digits[uuid.bytes[i] & 15];
    }
}

/// Writes the body of each kind of private event: everything between its name and the common tail.
class PrivateWriter {
public:
    PrivateWriter(std::string& out, const views::Catalog& catalog) : out_(out), catalog_(catalog) {}

    void operator()(const core::OrderAccepted& event) {
        const core::Market& market = market_of(event.market);
        begin("OrderAccepted", event.order);
        if (!event.client_order_id.empty()) {
            put(out_, FMT_COMPILE(",\"client_order_id\":\"{}\""), event.client_order_id.view());
        }
        put(out_,
            FMT_COMPILE(",\"market\":\"{}\",\"side\":\"{}\",\"order_kind\":\"{}\",\"time_in_force\":\"{}\","
                        "\"post_only\":{}"),
            market.spec.name.view(), codec::side_text(event.side), codec::kind_text(event.kind),
            codec::time_in_force_text(event.time_in_force), event.post_only != 0);
        if (event.kind == core::OrderKind::limit) text("price", price_text(market.spec, event.price));
        if (event.quote_quantity.raw == 0) {
            text("quantity", quantity_text(market.spec, event.quantity));
        } else {
            out_ += ",\"quantity\":null";
            text("quote_quantity", amount_text(market.spec.quote, event.quote_quantity));
        }
    }
    void operator()(const Fill& fill) {
        const core::Trade& trade = fill.trade;
        const core::MarketSpec& spec = market_of(trade.market).spec;
        begin(name_of(fill), fill.order());
        const core::AssetId fee_asset = trade.fee_in_base(fill.liquidity) ? spec.base : spec.quote;
        put(out_,
            FMT_COMPILE(",\"matched_with\":{},\"quantity\":\"{}\",\"price\":\"{}\",\"order_kind\":\"{}\","
                        "\"market\":\"{}\",\"side\":\"{}\",\"trade_id\":{},\"liquidity\":\"{}\","
                        "\"fee\":\"{}\",\"fee_asset\":\"{}\",\"leaves\":\"{}\""),
            fill.counter_order().raw, quantity_text(spec, trade.quantity), price_text(spec, trade.price),
            codec::kind_text(fill.kind), spec.name.view(), codec::side_text(fill.side()), trade.trade.raw,
            liquidity_name(fill.liquidity), amount_text(fee_asset, fill.fee()),
            asset_of(fee_asset).name.view(), quantity_text(spec, fill.leaves()));
    }
    void operator()(const core::OrderEnded& event) {
        const core::MarketSpec& spec = market_of(event.market).spec;
        begin(core::is_expiry(event.cause) ? "OrderExpired" : "OrderCanceled", event.order);
        put(out_, FMT_COMPILE(",\"market\":\"{}\",\"side\":\"{}\",\"reason\":\"{}\""), spec.name.view(),
            codec::side_text(event.side), cause_name(event.cause));
        // Only an order that counts quote can end with nothing of its quantity open: it has none.
        if (event.leaves.raw == 0) {
            out_ += ",\"unfilled\":null";
        } else {
            text("unfilled", quantity_text(spec, event.leaves));
        }
    }
    void operator()(const core::OrderAmended& event) {
        const core::MarketSpec& spec = market_of(event.market).spec;
        begin("OrderAmended", event.order);
        put(out_,
            FMT_COMPILE(",\"market\":\"{}\",\"side\":\"{}\",\"price\":\"{}\",\"quantity\":\"{}\","
                        "\"leaves\":\"{}\",\"kept_priority\":{}"),
            spec.name.view(), codec::side_text(event.side), price_text(spec, event.price),
            quantity_text(spec, event.quantity), quantity_text(spec, event.leaves), event.lost_priority == 0);
    }
    void operator()(const core::Transferred& event) {
        const bool is_deposit = event.amount.raw > 0;
        put(out_,
            FMT_COMPILE("{{\"event_type\":\"{}\",\"asset\":\"{}\",\"amount\":\"{}\",\"reference\":\"{}\""),
            is_deposit ? "Deposit" : "Withdrawal", asset_of(event.asset).name.view(),
            amount_text(event.asset, is_deposit ? event.amount : -event.amount), event.reference.view());
    }
    void operator()(const core::TransferSent& event) {
        between_shards("TransferSent", event);
        put(out_, FMT_COMPILE(",\"to_shard\":\"{}\""), event.to.view());
    }
    void operator()(const core::TransferReceived& event) {
        between_shards("TransferReceived", event);
        put(out_, FMT_COMPILE(",\"from_shard\":\"{}\""), event.from.view());
    }
    void operator()(const core::AccountStateChanged& event) {
        put(out_, FMT_COMPILE("{{\"event_type\":\"{}\""),
            event.frozen != 0 ? "AccountFrozen" : "AccountUnfrozen");
    }

private:
    static std::string_view name_of(const Fill& fill) {
        if (fill.is_last) return "FullFill";
        return fill.kind == core::OrderKind::market ? "MarketPartialFill" : "PartialFill";
    }
    void begin(std::string_view name, core::OrderId order) {
        put(out_, FMT_COMPILE("{{\"event_type\":\"{}\",\"order_id\":{}"), name, order.raw);
    }
    void between_shards(std::string_view name, const auto& event) {
        put(out_,
            FMT_COMPILE("{{\"event_type\":\"{}\",\"asset\":\"{}\",\"amount\":\"{}\",\"reference\":\"{}\""),
            name, asset_of(event.asset).name.view(), amount_text(event.asset, event.amount),
            event.reference.view());
    }
    void text(std::string_view field, const std::string& value) {
        put(out_, FMT_COMPILE(",\"{}\":\"{}\""), field, value);
    }
    std::string amount_text(core::AssetId asset, core::Amount amount) const {
        return format_decimal(amount.raw, asset_of(asset).scale);
    }
    const core::Market& market_of(core::MarketId id) const {
        const core::Market* const market = catalog_.find_market(id);
        ASSERT(market != nullptr);
        return *market;
    }
    const core::Asset& asset_of(core::AssetId id) const {
        const core::Asset* const asset = catalog_.find_asset(id);
        ASSERT(asset != nullptr);
        return *asset;
    }

    std::string& out_;
    const views::Catalog& catalog_;
};

void append_balance(std::string& out, const views::Catalog& catalog, const views::BalanceView& balance) {
    const core::Asset* const asset = catalog.find_asset(balance.asset);
    ASSERT(asset != nullptr);
    put(out, FMT_COMPILE("{{\"asset\":\"{}\",\"available\":\"{}\",\"held\":\"{}\"}}"), asset->name.view(),
        format_decimal(balance.available.raw, asset->scale), format_decimal(balance.held.raw, asset->scale));
}

void append_open_order(std::string& out, const views::Catalog& catalog, const views::OrderView& order) {
    const core::Market* const market = catalog.find_market(order.market);
    ASSERT(market != nullptr);
    const core::MarketSpec& spec = market->spec;
    put(out, FMT_COMPILE("{{\"order_id\":{}"), order.id.raw);
    if (!order.client_order_id.empty()) {
        put(out, FMT_COMPILE(",\"client_order_id\":\"{}\""), order.client_order_id.view());
    }
    put(out,
        FMT_COMPILE(",\"market\":\"{}\",\"side\":\"{}\",\"order_kind\":\"{}\",\"time_in_force\":\"{}\","
                    "\"price\":\"{}\",\"quantity\":\"{}\",\"filled\":\"{}\",\"leaves\":\"{}\",\"time\":{}}}"),
        spec.name.view(), codec::side_text(order.side), codec::kind_text(order.kind),
        codec::time_in_force_text(order.time_in_force), price_text(spec, order.price),
        quantity_text(spec, order.quantity), quantity_text(spec, order.filled),
        quantity_text(spec, order.leaves), order.created.milliseconds());
}

void append_user(std::string& out, const core::Uuid& user) {
    out += ",\"user_id\":\"";
    append_uuid(out, user);
    out += '"';
}

void end_answer(std::string& out, std::string_view request_id) {
    if (!request_id.empty()) put(out, FMT_COMPILE(",\"request_id\":{}"), request_id);
    out += '}';
}

}  // namespace

void append_snapshot(std::string& out, const core::MarketSpec& spec, const views::DepthBook& book,
                     const SnapshotShape& shape) {
    put(out, FMT_COMPILE("{{\"channel\":\"orderbook\",\"market\":\"{}\",\"sequence\":{},\"bids\":"),
        spec.name.view(), book.update().raw);
    append_levels(out, spec, book.top(core::Side::buy, shape.levels_max));
    out += ",\"asks\":";
    append_levels(out, spec, book.top(core::Side::sell, shape.levels_max));
    put(out, FMT_COMPILE(",\"checksum\":{}"), views::depth_checksum(book, spec));
    if (shape.conflated) out += ",\"conflated\":true";
    const std::size_t levels =
        std::max(book.level_count(core::Side::buy), book.level_count(core::Side::sell));
    if (levels > shape.levels_max) out += ",\"truncated\":true";
    out += '}';
}

void append_update(std::string& out, const core::MarketSpec& spec, const BookUpdate& update) {
    put(out,
        FMT_COMPILE(
            "{{\"channel\":\"orderbook\",\"market\":\"{}\",\"first_sequence\":{},\"last_sequence\":{},"
            "\"bids\":"),
        spec.name.view(), update.first.raw, update.last.raw);
    append_levels(out, spec, update.bids);
    out += ",\"asks\":";
    append_levels(out, spec, update.asks);
    put(out, FMT_COMPILE(",\"checksum\":{}}}"), update.checksum);
}

void append_trade(std::string& out, const core::MarketSpec& spec, const core::Trade& trade,
                  core::TimestampNs time) {
    put(out,
        FMT_COMPILE("{{\"channel\":\"trades\",\"market\":\"{}\",\"event_type\":\"Trade\",\"trade_id\":{},"
                    "\"price\":\"{}\",\"quantity\":\"{}\",\"taker_side\":\"{}\",\"sequence\":{},"
                    "\"time\":{}}}"),
        spec.name.view(), trade.trade.raw, price_text(spec, trade.price), quantity_text(spec, trade.quantity),
        codec::side_text(trade.taker_side), trade.update.raw, time.milliseconds());
}

void append_trade_gap(std::string& out, const core::MarketSpec& spec, core::TradeId first,
                      core::TradeId last) {
    put(out,
        FMT_COMPILE("{{\"channel\":\"trades\",\"market\":\"{}\",\"event_type\":\"Gap\",\"first_trade_id\":{},"
                    "\"last_trade_id\":{}}}"),
        spec.name.view(), first.raw, last.raw);
}

void append_private_event(std::string& out, const views::Catalog& catalog, const PrivateEvent& event) {
    std::visit(PrivateWriter(out, catalog), event.body);
    append_user(out, catalog.find_user(event.account).value_or(core::Uuid{}));
    put(out, FMT_COMPILE(",\"account_sequence\":{},\"time\":{}}}"), event.sequence.raw,
        event.time.milliseconds());
}

void append_ticker(std::string& out, const TickerMessage& ticker) {
    put(out, FMT_COMPILE("{{\"channel\":\"ticker\",{},\"window_start\":{},\"time\":{}}}"), ticker.members,
        ticker.window_start.milliseconds(), ticker.time.milliseconds());
}

void append_candle(std::string& out, const CandleMessage& message) {
    put(out, FMT_COMPILE("{{\"channel\":\"candles\",\"market\":\"{}\",\"interval\":\"{}\",\"candle\":{}"),
        message.market, message.interval, message.candle);
    if (message.conflated) out += ",\"conflated\":true";
    out += '}';
}

void append_subscription_ack(std::string& out, std::string_view action, const SubscriptionName& subscription,
                             std::string_view request_id) {
    put(out, FMT_COMPILE("{{\"status\":\"Success\",\"action\":\"{}\",\"channel\":\"{}\",\"market\":\"{}\""),
        action, subscription.channel, subscription.market);
    if (!subscription.interval.empty()) put(out, FMT_COMPILE(",\"interval\":\"{}\""), subscription.interval);
    end_answer(out, request_id);
}

void append_attached(std::string& out, const core::Uuid& user, core::AccountSequence sequence,
                     std::string_view request_id) {
    out += "{\"status\":\"Success\",\"action\":\"authenticated\"";
    append_user(out, user);
    put(out, FMT_COMPILE(",\"account_sequence\":{}"), sequence.raw);
    end_answer(out, request_id);
}

void append_resumed(std::string& out, core::AccountSequence sequence, std::uint64_t replayed,
                    std::string_view request_id) {
    put(out,
        FMT_COMPILE("{{\"status\":\"Success\",\"action\":\"resumed\",\"account_sequence\":{},"
                    "\"replayed\":{}"),
        sequence.raw, replayed);
    end_answer(out, request_id);
}

void append_resume_too_old(std::string& out, const views::Catalog& catalog,
                           const views::AccountsView& accounts, core::AccountId account,
                           std::size_t open_orders_max, std::string_view request_id) {
    out += "{\"event_type\":\"resume_too_old\"";
    append_user(out, catalog.find_user(account).value_or(core::Uuid{}));
    put(out, FMT_COMPILE(",\"account_sequence\":{},\"balances\":["), accounts.account_sequence(account).raw);
    for (const views::BalanceView& balance : accounts.balances(account)) {
        if (out.back() != '[') out += ',';
        append_balance(out, catalog, balance);
    }
    out += "],\"open_orders\":[";
    const auto orders = accounts.open_orders(account, {}, open_orders_max + 1);
    const bool is_complete = orders.size() <= open_orders_max;
    for (std::size_t i = 0; i < orders.size() && i < open_orders_max; ++i) {
        if (i > 0) out += ',';
        append_open_order(out, catalog, *orders[i]);
    }
    put(out, FMT_COMPILE("],\"open_orders_complete\":{}"), is_complete);
    end_answer(out, request_id);
}

void append_refusal(std::string& out, const Refusal& refusal, std::string_view request_id) {
    put(out, FMT_COMPILE("{{\"status\":\"Error\",\"error\":\"{}\",\"code\":\"{}\""), refusal.sentence,
        refusal.code);
    if (!refusal.channel.empty()) put(out, FMT_COMPILE(",\"channel\":\"{}\""), refusal.channel);
    if (!refusal.market.empty()) put(out, FMT_COMPILE(",\"market\":\"{}\""), refusal.market);
    end_answer(out, request_id);
}

}  // namespace sauda::feed
