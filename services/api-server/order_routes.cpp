// Orders: placing, cancelling, amending, and asking about them.
#include <algorithm>

#include <fmt/format.h>

#include "api-server/api_server.h"
#include "api-server/auth.h"
#include "api-server/await_callback.h"
#include "api-server/order_json.h"
#include "api-server/paging.h"
#include "api-server/responses.h"
#include "codec/json_reply.h"
#include "core/types/decimal.h"
#include "order_entry/answer_log.h"
#include "order_entry/cancel_switch.h"

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

/// Without it there is no question; one that no order can have is refused as where orders are placed.
codec::RequestResult<core::ClientOrderId> client_order_id_parameter(const net::Request& request) {
    const auto text = request.query.get("client_order_id");
    if (text) return codec::read_client_order_id(*text);
    return base::Unexpected{codec::RequestError{
        400, "malformed_request", "Name the order: the parameter \"client_order_id\" is missing."}};
}

Answer cancel_by_client_id(const Desk& desk, Call call) {
    const auto start = [&desk](const Call& asked, core::AccountId account, order_entry::Done done) {
        const auto id = client_order_id_parameter(asked.request);
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

/// The switch of a client that renews it himself.
Answer cancel_after(const Desk& desk, Call call) {
    const auto start = [&desk](const Call&, const Json& body, core::AccountId account,
                               order_entry::Done done) {
        order_entry::cancel_after(desk.context.gateway, account, body, desk.context.now(), std::move(done));
    };
    return admitted_with_body(desk, std::move(call), "POST /cancel-after", start);
}

// --- Asking. What the views have forgotten history tells. ---

net::Response unknown_order() {
    return failure(404, "unknown_order", "This account has no such order.");
}

net::Response pending_order() {
    return json(202, R"({"status":"Pending","code":"pending"})");
}

/// `find(reader)`, which returns a Read of an order or nothing, as an answer. `may_come`: what is not there
/// yet may still come to be.
template <class Find>
Answer find_in_history(const Desk& desk, core::AccountId account, Find find, bool may_come = false) {
    auto work = [find = std::move(find), may_come](history::Reader& reader) -> history::Read<net::Response> {
        const auto order = find(reader);
        if (!order) return base::Unexpected{order.error()};
        if (!*order) return may_come ? pending_order() : unknown_order();
        const auto listings = reader.listings();
        if (!listings) return base::Unexpected{listings.error()};
        return order_response(**listings, **order);
    };
    return desk.context.history.run(HistoryPool::asker(account), desk.context.views.last(), std::move(work));
}

Answer find_by_id(const Desk& desk, Call call) {
    const auto caller = admit(desk, call.request, 0);
    if (!caller) co_return caller.error();
    const core::OrderId id = order_named(call);
    if (!id) co_return unknown_order();
    const core::AccountId account = caller->account;
    const views::OrderView* order = desk.context.views.accounts.find_order(account, id);
    if (order != nullptr) co_return order_response(desk.context.views.catalog.listings(), *order);
    auto find = [account, id](history::Reader& reader) { return reader.find_order(account, id); };
    co_return co_await find_in_history(desk, account, std::move(find));
}

/// Whether an order of this id may still come to be, as far as can be found out. Once not, the views have
/// what came of it. Of what was sent through another server this one knows nothing: the engine and Redis have
/// to say that nothing is on its way.
boost::asio::awaitable<bool> may_still_come(const Desk& desk, core::AccountId account,
                                            core::ClientOrderId id) {
    const Context& context = desk.context;
    const bool is_alone = !context.catch_up;
    if (is_alone && !context.orders.is_pending(account, id)) co_return false;
    // While its time is not over nobody need be asked.
    if (context.orders.is_pending(account, id, context.now())) co_return true;
    const auto horizon = co_await await_callback<std::optional<gateway::Horizon>>(context.find_horizon);
    if (!horizon || !horizon->is_clear) co_return true;
    co_return context.orders.is_pending(account, id, horizon->time);
}

Answer find_by_client_id(const Desk& desk, Call call) {
    const auto caller = admit(desk, call.request, 0);
    if (!caller) co_return caller.error();
    const auto read = client_order_id_parameter(call.request);
    if (!read) co_return failure(read.error());
    const core::ClientOrderId id = *read;
    const core::AccountId account = caller->account;
    const auto& accounts = desk.context.views.accounts;
    const views::OrderView* order = accounts.find_order(account, id);
    if (order != nullptr) co_return order_response(desk.context.views.catalog.listings(), *order);
    const bool may_come = co_await may_still_come(desk, account, id);
    order = accounts.find_order(account, id);  // it may have come meanwhile
    if (order != nullptr) co_return order_response(desk.context.views.catalog.listings(), *order);
    if (desk.context.orders.is_pending(account, id) && may_come) co_return pending_order();
    auto find = [account, id](history::Reader& reader) { return reader.find_order(account, id); };
    co_return co_await find_in_history(desk, account, std::move(find), may_come);
}

struct OrderListQuery {
    core::MarketId market;  ///< zero: of all
    bool is_open = true;
    std::size_t limit = 0;
    core::OrderId cursor;
};

base::Result<OrderListQuery, net::Response> read_list_query(const Context& context,
                                                            const net::Request& request) {
    OrderListQuery query;
    const auto limit = whole_parameter(request, "limit", 100, 1, 1000);
    if (!limit) return base::Unexpected{limit.error()};
    query.limit = *limit;
    const auto cursor = whole_parameter(request, "cursor", 0, 0, (std::uint64_t{1} << 53) - 1);
    if (!cursor) return base::Unexpected{cursor.error()};
    query.cursor = {*cursor};
    if (const auto name = request.query.get("market")) {
        const core::Market* found = context.views.catalog.find_market(*name);
        if (found == nullptr) return base::Unexpected{failure(core::RejectReason::unknown_market)};
        query.market = found->id;
    }
    const std::string_view status = request.query.get("status").value_or("open");
    if (status != "open" && status != "closed") {
        return base::Unexpected{
            failure(400, "malformed_request", "The parameter \"status\" must be open or closed.")};
    }
    query.is_open = status == "open";
    return query;
}

net::Response order_list(const std::string& orders, core::OrderId next) {
    return success(
        fmt::format(R"(,"orders":[{}],"next_cursor":{})", orders, next ? std::to_string(next.raw) : "null"));
}

std::string orders_json(const Context& context, const std::vector<const views::OrderView*>& orders) {
    std::string out;
    for (const views::OrderView* order : orders)
        out += (out.empty() ? "" : ",") + order_json(context.views.catalog.listings(), *order);
    return out;
}

/// The rest of a page that the views began: `count` orders, in `begun`, of which `last` is the last.
Answer continue_in_history(const Context& context, core::AccountId account, OrderListQuery query,
                           std::string begun, std::size_t count, core::OrderId last) {
    auto work = [=](history::Reader& reader) -> history::Read<net::Response> {
        const auto page = reader.closed_orders(account, query.market, query.limit - count, last);
        if (!page) return base::Unexpected{page.error()};
        const auto listings = reader.listings();
        if (!listings) return base::Unexpected{listings.error()};
        std::string orders = begun;
        for (const views::OrderView& order : page->orders)
            orders += (orders.empty() ? "" : ",") + order_json(**listings, order);
        return order_list(orders, page->next);
    };
    return context.history.run(HistoryPool::asker(account), context.views.last(), std::move(work));
}

Answer list(const Desk& desk, Call call) {
    const auto caller = admit(desk, call.request, 0);
    if (!caller) co_return caller.error();
    const auto query = read_list_query(desk.context, call.request);
    if (!query) co_return query.error();
    const auto& accounts = desk.context.views.accounts;
    if (query->is_open) {
        const auto orders = accounts.open_orders(caller->account, query->market, query->limit, query->cursor);
        const bool is_full = orders.size() == query->limit;
        co_return order_list(orders_json(desk.context, orders),
                             is_full ? orders.back()->id : core::OrderId{});
    }
    const auto orders = accounts.closed_orders(caller->account, query->market, query->limit, query->cursor);
    std::string begun = orders_json(desk.context, orders);
    if (orders.size() == query->limit) co_return order_list(begun, orders.back()->id);
    const core::OrderId last = orders.empty() ? query->cursor : orders.back()->id;
    co_return co_await continue_in_history(desk.context, caller->account, *query, std::move(begun),
                                           orders.size(), last);
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
    add(Method::post, "/api/v1/cancel-after", cancel_after);
}

}  // namespace sauda::api_server
