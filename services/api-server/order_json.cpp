#include "api-server/order_json.h"

#include <fmt/format.h>

#include "api-server/responses.h"
#include "codec/json_reply.h"
#include "core/types/decimal.h"

namespace sauda::api_server {

std::string order_json(const views::Listings& listings, const views::OrderView& order) {
    const core::Market& market = *listings.find_market(order.market);
    const core::MarketSpec& spec = market.spec;
    const core::Asset& quote = *listings.find_asset(spec.quote);
    const auto lots = [&](core::QuantityLots quantity) {
        return core::format_decimal(quantity.raw, spec.quantity_scale);
    };
    std::string out = fmt::format(R"({{"order_id":{},"client_order_id":)", order.id.raw);
    if (order.client_order_id.empty()) {
        out += "null";
    } else {
        codec::append_json_string(out, order.client_order_id.view());
    }
    out += fmt::format(
        R"(,"market":"{}","order_type":"{}","order_kind":"{}","time_in_force":"{}","post_only":{},"order_status":"{}",)"
        R"("price":{},"quantity":{},"filled":"{}","leaves":"{}")",
        spec.name.view(), codec::side_text(order.side), codec::kind_text(order.kind),
        codec::time_in_force_text(order.time_in_force), order.post_only, codec::status_text(order.status),
        order.kind == core::OrderKind::limit
            ? '"' + core::format_decimal(order.price.raw, spec.price_scale) + '"'
            : "null",
        order.quote_quantity.raw == 0 ? '"' + lots(order.quantity) + '"' : "null", lots(order.filled),
        lots(order.leaves));
    out += codec::quote_members(order.quote_quantity, order.quote_used, quote);
    const bool has_average = order.filled.raw > 0 && order.filled_quote_complete;
    const core::Int128 price_units = order.filled_quote / market.quote_per_unit;
    out += R"(,"average_price":)";
    out +=
        has_average ? '"' + codec::average_price(price_units, order.filled, spec.price_scale) + '"' : "null";
    return out + fmt::format(R"(,"created":{},"updated":{}}})", order.created.milliseconds(),
                             order.updated.milliseconds());
}

net::Response order_response(const views::Listings& listings, const views::OrderView& order) {
    // The order's own members, without its braces.
    const std::string object = order_json(listings, order);
    return success("," + object.substr(1, object.size() - 2));
}

}  // namespace sauda::api_server
