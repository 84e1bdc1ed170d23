// Orders: placing, cancelling, amending, and asking about them.
#include <algorithm>

#include <fmt/format.h>

#include "api-server/api_server.h"
#include "api-server/auth.h"
#include "api-server/await_callback.h"
#include "api-server/paging.h"
#include "api-server/responses.h"
#include "codec/json_reply.h"
#include "core/types/decimal.h"
#include "order_entry/answer_log.h"

namespace sauda::api_server {

namespace {

/// What the order routes work with.
struct Desk {
    const Context& context;
    OrderLimit limit_orders;
};

/// The caller, within its rate for `count` orders; or the error to answer.
base::Result<Caller, net::Response> admit(const Desk& desk, const net::Request& request,
                                          std::uint64_t count) {
    auto caller = authenticate_trader(desk.context, request);
    if (!caller || count == 0) return caller;
    const auto wait = desk.limit_orders(caller->account, count);
    if (wait != 0) return base::Unexpected{too_many_requests(wait)};
    return caller;
}

/// Awaits what `start(done)` answers; the log ties the request, named by its method and route, to its
/// sequence.
template <class Start>
Answer answered(const Desk& desk, const net::Request& request, std::string_view name, Start start) {
    const core::TimestampNs received = desk.context.now();
    order_entry::Answer answer = co_await await_callback<order_entry::Answer>(std::move(start));
    order_entry::log_answer({name, request.request_id, std::nullopt, received}, answer, desk.context.now());
    co_return from(std::move(answer));
}

/// Admits the caller and answers what `start(account, done)` does.
template <class Start>
Answer admitted(const Desk& desk, Call call, std::string_view name, std::uint64_t count, Start start) {
    const auto caller = admit(desk, call.request, count);
    if (!caller) co_return caller.error();
    const auto begin = [&](order_entry::Done done) { start(call, caller->account, std::move(done)); };
    co_return co_await answered(desk, call.request, name, begin);
}

/// The same for `start(body, account, done)`, where the request has a JSON object for a body.
template <class Start>
Answer admitted_with_body(const Desk& desk, Call call, std::string_view name, Start start) {
    const auto read = [start](const Call& asked, core::AccountId account, order_entry::Done done) {
        const auto body = codec::parse_json_object(asked.request.body);
        if (!body) return done(order_entry::refusal(body.error()));
        start(asked, *body, account, std::move(done));
    };
    return admitted(desk, std::move(call), name, 1, read);
}

std::string order_json(const Context& context, const views::OrderView& order) {
    const core::Market& market = *context.views.catalog.find_market(order.market);
    const core::MarketSpec& spec = market.spec;
    const core::Asset& quote = *context.views.catalog.find_asset(spec.quote);
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

net::Response order_response(const Context& context, const views::OrderView& order) {
    // The order's own members, without its braces.
    const std::string object = order_json(context, order);
    return success("," + object.substr(1, object.size() - 2));
}

using Json = codec::JsonValue;

Answer place(const Desk& desk, Call call) {
    const auto start = [&desk](const Call&, const Json& body, core::AccountId account,
                               order_entry::Done done) {
        desk.context.orders.place(account, body, std::move(done));
    };
    return admitted_with_body(desk, std::move(call), "POST /order", start);
}

/// A batch takes as much of the account's rate as it has orders.
Answer place_batch(const Desk& desk, Call call) {
    const auto caller = admit(desk, call.request, 0);
    if (!caller) co_return caller.error();
    const auto json = codec::parse_json_object(call.request.body);
    if (!json) co_return failure(json.error());
    const Json* orders = json->find("orders");
    const std::size_t count = orders == nullptr ? 1 : std::max<std::size_t>(orders->items.size(), 1);
    const std::uint64_t wait =
        desk.limit_orders(caller->account, std::min<std::size_t>(count, order_entry::OrderEntry::batch_max));
    if (wait != 0) co_return too_many_requests(wait);
    const auto start = [&](order_entry::Done done) {
        desk.context.orders.place_batch(caller->account, *json, std::move(done));
    };
    co_return co_await answered(desk, call.request, "POST /orders/batch", start);
}

Answer replace(const Desk& desk, Call call) {
    const auto start = [&desk](const Call&, const Json& body, core::AccountId account,
                               order_entry::Done done) {
        desk.context.orders.replace(account, body, std::move(done));
    };
    return admitted_with_body(desk, std::move(call), "POST /orders/replace", start);
}

/// What no order has for an id: zero.
core::OrderId order_named(const Call& call) {
    return {parse_whole(call.parameter).value_or(0)};
}

Answer amend(const Desk& desk, Call call) {
    const auto start = [&desk](const Call& asked, const Json& body, core::AccountId account,
                               order_entry::Done done) {
        desk.context.orders.amend(account, order_named(asked), body, std::move(done));
    };
    return admitted_with_body(desk, std::move(call), "PATCH /order/{id}", start);
}

Answer cancel(const Desk& desk, Call call) {
    const auto start = [&desk](const Call& asked, core::AccountId account, order_entry::Done done) {
        desk.context.orders.cancel(account, order_named(asked), std::move(done));
    };
    return admitted(desk, std::move(call), "DELETE /order/{id}", 0, start);
}

Answer cancel_by_client_id(const Desk& desk, Call call) {
    const auto start = [&desk](const Call& asked, core::AccountId account, order_entry::Done done) {
        const auto id = codec::read_client_order_id(asked.request.query.get("client_order_id").value_or(""));
        if (!id) return done(order_entry::refusal(id.error()));
        desk.context.orders.cancel(account, *id, std::move(done));
    };
    return admitted(desk, std::move(call), "DELETE /order", 0, start);
}

Answer cancel_all(const Desk& desk, Call call) {
    const auto start = [&desk](const Call& asked, core::AccountId account, order_entry::Done done) {
        const auto market = asked.request.query.get("market");
        // No market means all of them, so one that is there but empty must not pass for none.
        if (market && market->empty()) return done(order_entry::refusal(core::RejectReason::unknown_market));
        desk.context.orders.cancel_all(account, market.value_or(""), std::move(done));
    };
    return admitted(desk, std::move(call), "DELETE /orders", 0, start);
}

Answer find_by_id(const Desk& desk, Call call) {
    const auto caller = admit(desk, call.request, 0);
    if (!caller) co_return caller.error();
    const auto id = parse_whole(call.parameter);
    const views::OrderView* order =
        id ? desk.context.views.accounts.find_order(caller->account, core::OrderId{*id}) : nullptr;
    if (order == nullptr) co_return failure(404, "unknown_order", "This account has no such order.");
    co_return order_response(desk.context, *order);
}

Answer find_by_client_id(const Desk& desk, Call call) {
    const auto caller = admit(desk, call.request, 0);
    if (!caller) co_return caller.error();
    const auto id = codec::read_client_order_id(call.request.query.get("client_order_id").value_or(""));
    if (!id) co_return failure(id.error());
    const views::OrderView* order = desk.context.views.accounts.find_order(caller->account, *id);
    if (order != nullptr) co_return order_response(desk.context, *order);
    if (desk.context.orders.is_pending(caller->account, *id)) {
        co_return json(202, R"({"status":"Pending","code":"pending"})");
    }
    co_return failure(404, "unknown_order", "This account has no order of this client order id.");
}

Answer list(const Desk& desk, Call call) {
    const auto caller = admit(desk, call.request, 0);
    if (!caller) co_return caller.error();
    const auto limit = whole_parameter(call.request, "limit", 100, 1, 1000);
    if (!limit) co_return limit.error();
    const auto cursor = whole_parameter(call.request, "cursor", 0, 0, (std::uint64_t{1} << 53) - 1);
    if (!cursor) co_return cursor.error();
    core::MarketId market;
    if (const auto name = call.request.query.get("market")) {
        const core::Market* found = desk.context.views.catalog.find_market(*name);
        if (found == nullptr) co_return failure(core::RejectReason::unknown_market);
        market = found->id;
    }
    const std::string_view status = call.request.query.get("status").value_or("open");
    if (status != "open" && status != "closed") {
        co_return failure(400, "malformed_request", "The parameter \"status\" must be open or closed.");
    }
    const auto& accounts = desk.context.views.accounts;
    const auto orders = status == "open" ? accounts.open_orders(caller->account, market, *limit, {*cursor})
                                         : accounts.closed_orders(caller->account, market, *limit, {*cursor});
    std::string out;
    for (const views::OrderView* order : orders)
        out += (out.empty() ? "" : ",") + order_json(desk.context, *order);
    co_return success(fmt::format(R"(,"orders":[{}],"next_cursor":{})", out,
                                  orders.size() == *limit ? std::to_string(orders.back()->id.raw) : "null"));
}

}  // namespace

void add_order_routes(Router& router, const Context& context, OrderLimit limit_orders) {
    using net::Method;
    const auto add = [&](Method method, const char* path, Answer (*route)(const Desk&, Call)) {
        router.add(method, path, [desk = Desk{context, limit_orders}, route](Call call) {
            return route(desk, std::move(call));
        });
    };
    for (const char* prefix : {"", "/api/v1"}) {
        const std::string order = std::string(prefix) + "/order";
        add(Method::post, order.c_str(), place);
        add(Method::get, order.c_str(), find_by_client_id);
        add(Method::delete_, order.c_str(), cancel_by_client_id);
        const std::string by_id = order + "/{id}";
        add(Method::get, by_id.c_str(), find_by_id);
        add(Method::delete_, by_id.c_str(), cancel);
        add(Method::patch, by_id.c_str(), amend);
    }
    add(Method::get, "/api/v1/orders", list);
    add(Method::delete_, "/api/v1/orders", cancel_all);
    add(Method::post, "/api/v1/orders/batch", place_batch);
    add(Method::post, "/api/v1/orders/replace", replace);
}

}  // namespace sauda::api_server
