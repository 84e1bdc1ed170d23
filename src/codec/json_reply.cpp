#include "codec/json_reply.h"

#include <iterator>

#include <fmt/compile.h>
#include <fmt/format.h>

#include "core/event_reader.h"
#include "core/types/decimal.h"

namespace sauda::codec {

using core::RejectReason;

namespace {

/// Folds one command's events into the outcome for its sender.
struct OutcomeFold {
    CommandOutcome out;

    bool is_ours(core::OrderId order) const { return out.report && out.report->order == order; }

    void operator()(const core::OrderAccepted& event) {
        ExecutionReport report;
        report.order = event.order;
        report.account = event.account;
        report.client_order_id = event.client_order_id;
        report.market = event.market;
        report.status = core::OrderStatus::filled;  // unless it rests or ends
        report.quantity = event.quantity;
        report.leaves = event.quantity;
        report.quote_quantity = event.quote_quantity;
        report.quote_before = 0;
        // A replacement's first event is the end of the order it replaces.
        if (!out.ended.empty()) report.replaced = out.ended.back();
        out.report = report;
    }
    void operator()(const core::OrderAmended& event) {
        ExecutionReport report;
        report.order = event.order;
        report.account = event.account;
        report.market = event.market;
        report.quantity = event.quantity;
        report.leaves = event.leaves;
        report.filled = event.quantity - event.leaves;
        if (report.filled.raw == 0) report.quote_before = 0;
        out.amended = true;
        report.status = event.lost_priority != 0 ? core::OrderStatus::filled : resting_status(report);
        out.report = report;
    }
    void operator()(const core::Trade& event) {
        if (!is_ours(event.taker_order)) return;
        ExecutionReport& report = *out.report;
        report.fills.push_back({event.trade, event.price, event.quantity, event.taker_fee,
                                event.fee_in_base(core::Liquidity::taker)});
        report.filled += event.quantity;
        report.quote_now += event.quote;
        if (report.quote_quantity.raw != 0) report.quote_used += event.taker_quote_used();
        if (report.quantity.raw != 0) report.leaves -= event.quantity;
    }
    void operator()(const core::OrderRested& event) {
        if (is_ours(event.order)) out.report->status = resting_status(*out.report);
    }
    void operator()(const core::OrderEnded& event) {
        // What fell due before the command is none of its doing.
        if (core::is_of_lease(event.cause)) return;
        out.ended.push_back(event.order);
        const bool is_of_one = event.cause == core::EndCause::canceled_by_owner ||
                               event.cause == core::EndCause::reduced_to_nothing;
        if (is_of_one) out.canceled_owner = event.account;
        if (!is_ours(event.order)) return;
        out.report->status =
            core::is_expiry(event.cause) ? core::OrderStatus::expired : core::OrderStatus::canceled;
        out.report->leaves = {};
    }
    void operator()(const core::Refused& event) {
        out.refused = event.reason;
        out.refused_order = event.order;
    }
    void operator()(const core::Repeated& event) { out.repeated = event.first; }
    template <class E>
    void operator()(const E&) {}

    static core::OrderStatus resting_status(const ExecutionReport& report) {
        return report.filled.raw > 0 ? core::OrderStatus::partially_filled : core::OrderStatus::accepted;
    }
};

void append_fill(std::string& out, const ReportFill& fill, const ReportContext& context) {
    const core::MarketSpec& spec = context.market.spec;
    const core::Asset& fee_asset = fill.fee_in_base ? context.base : context.quote;
    fmt::format_to(
        std::back_inserter(out),
        FMT_COMPILE(
            R"({{"trade_id":{},"price":"{}","quantity":"{}","fee":"{}","fee_asset":"{}","liquidity":"taker"}})"),
        fill.trade.raw, core::format_decimal(fill.price.raw, spec.price_scale),
        core::format_decimal(fill.quantity.raw, spec.quantity_scale),
        core::format_decimal(fill.fee.raw, fee_asset.scale), fee_asset.name.view());
}

}  // namespace

int http_status(RejectReason reason) {
    switch (reason) {
        case RejectReason::account_frozen:
            return 403;
        case RejectReason::unknown_account:
        case RejectReason::unknown_order:
        case RejectReason::unknown_transfer:
            return 404;
        case RejectReason::client_order_id_conflict:
        case RejectReason::client_order_id_open:
        case RejectReason::reference_conflict:
        case RejectReason::duplicate_name:
            return 409;
        case RejectReason::expired_before_sequencing:
            return 503;
        default:
            return 422;
    }
}

std::string error_json(std::string_view code, std::string_view sentence) {
    std::string out = R"({"status":"Error","error":)";
    append_json_string(out, sentence);
    out += R"(,"code":)";
    append_json_string(out, code);
    return out + "}";
}

std::string error_json(RejectReason reason) {
    return error_json(core::code(reason), core::sentence(reason));
}

std::string_view status_text(core::OrderStatus status) {
    constexpr std::string_view texts[] = {"New", "PartiallyFilled", "Filled", "Canceled", "Expired"};
    return texts[static_cast<std::size_t>(status)];
}

std::string_view side_text(core::Side side) {
    return side == core::Side::buy ? "Buy" : "Sell";
}

std::string_view kind_text(core::OrderKind kind) {
    return kind == core::OrderKind::limit ? "Limit" : "Market";
}

std::string_view time_in_force_text(core::TimeInForce time_in_force) {
    constexpr std::string_view texts[] = {"GTC", "IOC", "FOK"};
    return texts[static_cast<std::size_t>(time_in_force)];
}

std::string_view market_state_text(core::MarketState state) {
    constexpr std::string_view texts[] = {"trading", "cancel_only", "halted"};
    return texts[static_cast<std::size_t>(state)];
}

std::string average_price(core::Int128 notional, core::QuantityLots quantity, int price_scale) {
    constexpr int more_decimals = 8;
    const core::Int128 scaled = notional * core::power_of_ten(more_decimals) / quantity.raw;
    std::string text = core::format_decimal_wide(scaled, price_scale + more_decimals);
    const std::size_t shortest = text.size() - more_decimals;
    while (text.size() > shortest && text.back() == '0') text.pop_back();
    if (text.back() == '.') text.pop_back();
    return text;
}

CommandOutcome outcome_of(base::ByteView events) {
    OutcomeFold fold;
    core::for_each_event(events, fold);
    return std::move(fold.out);
}

std::string quote_members(core::Amount quote_quantity, core::Amount quote_used, const core::Asset& quote) {
    if (quote_quantity.raw == 0) return {};
    const auto text = [&](core::Amount amount) { return core::format_decimal(amount.raw, quote.scale); };
    return fmt::format(R"(,"quote_quantity":"{}","quote_filled":"{}","quote_leaves":"{}")",
                       text(quote_quantity), text(quote_used), text(quote_quantity - quote_used));
}

std::string report_json(const ExecutionReport& report, const ReportContext& context, core::Sequence sequence,
                        bool is_duplicate) {
    const core::MarketSpec& spec = context.market.spec;
    const auto quantity = [&](core::QuantityLots lots) {
        return core::format_decimal(lots.raw, spec.quantity_scale);
    };
    std::string out = fmt::format(FMT_COMPILE(R"({{"status":"Success","order_id":{},"client_order_id":)"),
                                  report.order.raw);
    if (report.client_order_id.empty()) {
        out += "null";
    } else {
        append_json_string(out, report.client_order_id.view());
    }
    fmt::format_to(
        std::back_inserter(out),
        FMT_COMPILE(R"(,"market":"{}","order_status":"{}","quantity":{},"filled":"{}","leaves":"{}")"),
        spec.name.view(), status_text(report.status),
        report.quote_quantity.raw == 0 ? '"' + quantity(report.quantity) + '"' : "null",
        quantity(report.filled), quantity(report.leaves));
    out += quote_members(report.quote_quantity, report.quote_used, context.quote);
    out += R"(,"average_price":)";
    if (report.filled.raw > 0 && report.quote_before) {
        const core::Int128 quote = *report.quote_before + report.quote_now.raw;
        out +=
            '"' + average_price(quote / context.market.quote_per_unit, report.filled, spec.price_scale) + '"';
    } else {
        out += "null";
    }
    out += R"(,"fills":[)";
    for (const ReportFill& fill : report.fills) {
        if (&fill != report.fills.data()) out.push_back(',');
        append_fill(out, fill, context);
    }
    out.push_back(']');
    if (report.replaced)
        fmt::format_to(std::back_inserter(out), R"(,"replaced_order_id":{})", report.replaced.raw);
    if (is_duplicate) out += R"(,"duplicate":true)";
    fmt::format_to(std::back_inserter(out), FMT_COMPILE(R"(,"sequence":{}}})"), sequence.raw);
    return out;
}

}  // namespace sauda::codec
