// Registration, login, sessions, balances.
#include <span>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "api-server/account_opening.h"
#include "api-server/api_server.h"
#include "api-server/auth.h"
#include "api-server/paging.h"
#include "api-server/responses.h"
#include "api-server/shard_choice.h"
#include "codec/json_request.h"
#include "core/types/decimal.h"
#include "telemetry/log.h"

namespace sauda::api_server {

namespace log = telemetry::log;

namespace {

struct Credentials {
    std::string email;
    std::string password;
};

codec::RequestResult<Credentials> read_credentials(const std::string& body) {
    const auto json = codec::parse_json_object(body);
    if (!json) return base::Unexpected{json.error()};
    const codec::FieldReader fields(*json);
    const auto email = fields.text("email");
    if (!email) return base::Unexpected{email.error()};
    const auto password = fields.text("password");
    if (!password) return base::Unexpected{password.error()};
    return Credentials{*email, *password};
}

net::Response busy() {
    return failure(503, "overloaded", "Too many logins and registrations wait; try again in a moment.");
}

std::string quoted(std::string_view text) {
    std::string out;
    codec::append_json_string(out, text);
    return out;
}

Answer register_user(const Context& context, Call call) {
    const auto credentials = read_credentials(call.request.body);
    if (!credentials) co_return failure(credentials.error());
    auto work = [&identity = context.identity, given = *credentials, now = context.now().milliseconds()] {
        return identity.register_user(given.email, given.password, now);
    };
    const auto done = co_await context.pool.run(std::move(work));
    if (!done) co_return busy();
    if (!*done) co_return failure(done->error());
    const identity::User user = **done;
    co_await open_accounts(context, user.user_id, false);
    log::info("user registered", {{"request_id", call.request.request_id}, {"user_id", user.user_id.text()}});
    co_return success(fmt::format(R"(,"user_id":"{}")", user.user_id.text()), 201);
}

Answer login(const Context& context, Call call) {
    const auto credentials = read_credentials(call.request.body);
    if (!credentials) co_return failure(credentials.error());
    const identity::LoginAttempt attempt{credentials->email, credentials->password, call.request.peer_address,
                                         std::string(call.request.headers.get("User-Agent").substr(0, 200))};
    auto work = [&identity = context.identity, attempt, now = context.now().milliseconds()] {
        return identity.login(attempt, now);
    };
    const auto done = co_await context.pool.run(std::move(work));
    if (!done) co_return busy();
    if (!*done) co_return failure(done->error());
    const identity::Login session = **done;
    co_await open_accounts(context, session.session->user_id, session.session->account_id.has_value());
    log::info("login",
              {{"request_id", call.request.request_id}, {"user_id", session.session->user_id.text()}});
    co_return success(fmt::format(R"(,"message":"login successful","token":"{}")", session.token));
}

Answer logout(const Context& context, Call call) {
    const auto session = authenticate(context, call.request);
    if (!session) co_return session.error();
    auto work = [&identity = context.identity, session = *session, now = context.now().milliseconds()] {
        return identity.logout(*session, now);
    };
    const auto done = co_await context.pool.run(std::move(work));
    if (!done) co_return busy();
    if (!*done) co_return failure(done->error());
    co_return success(R"(,"message":"logged out")");
}

Answer change_password(const Context& context, Call call) {
    const auto session = authenticate(context, call.request);
    if (!session) co_return session.error();
    const auto json = codec::parse_json_object(call.request.body);
    if (!json) co_return failure(json.error());
    const codec::FieldReader fields(*json);
    const auto old_password = fields.text("old_password");
    if (!old_password) co_return failure(old_password.error());
    const auto new_password = fields.text("new_password");
    if (!new_password) co_return failure(new_password.error());
    auto work = [&identity = context.identity, session = *session, before = *old_password,
                 after = *new_password, now = context.now().milliseconds()] {
        return identity.change_password(*session, before, after, now);
    };
    const auto done = co_await context.pool.run(std::move(work));
    if (!done) co_return busy();
    if (!*done) co_return failure(done->error());
    co_return success(R"(,"message":"password changed; other sessions have ended")");
}

Answer list_sessions(const Context& context, Call call) {
    const auto session = authenticate(context, call.request);
    if (!session) co_return session.error();
    auto work = [&identity = context.identity, user = (*session)->user_id,
                 now = context.now().milliseconds()] { return identity.list_sessions(user, now); };
    const auto done = co_await context.pool.run(std::move(work));
    if (!done) co_return busy();
    if (!*done) co_return failure(done->error());
    std::string list;
    for (const identity::SessionRecord& record : **done) {
        list += fmt::format(
            R"({}{{"session_id":{},"issued":{},"expires":{},"peer":{},"user_agent":{},"current":{}}})",
            list.empty() ? "" : ",", quoted(record.token_id), record.issued_ms, record.expires_ms,
            quoted(record.peer), quoted(record.user_agent), record.token_id == (*session)->token_id);
    }
    co_return success(fmt::format(R"(,"sessions":[{}],"next_cursor":null)", list));
}

/// Ends every session of the caller, the present one included.
Answer end_sessions(const Context& context, Call call) {
    const auto session = authenticate(context, call.request);
    if (!session) co_return session.error();
    auto work = [&identity = context.identity, user = (*session)->user_id,
                 now = context.now().milliseconds()] { return identity.end_all_sessions(user, now); };
    const auto done = co_await context.pool.run(std::move(work));
    if (!done) co_return busy();
    if (!*done) co_return failure(done->error());
    co_return success(R"(,"message":"all sessions have ended")");
}

net::Response ticket_response(const identity::IdentityService::Outcome<std::string>& ticket) {
    if (!ticket) return failure(ticket.error());
    return success(fmt::format(R"(,"ticket":"{}")", *ticket));
}

Answer issue_ticket(const Context& context, Call call) {
    const auto session = authenticate(context, call.request);
    if (!session) co_return session.error();
    auto work = [&identity = context.identity, session = *session, now = context.now().milliseconds()] {
        return identity.issue_ticket(*session, now);
    };
    if (!context.identity.is_shared()) co_return ticket_response(work());
    const auto ticket = co_await context.pool.run(std::move(work));
    if (!ticket) co_return busy();
    co_return ticket_response(*ticket);
}

/// `,"shards":[...]`: where the account of the caller stands with each.
std::string standings_members(std::span<const Context> shards, core::Uuid user) {
    std::string list;
    for (const Context& shard : shards) {
        const core::AccountId account = shard.views.catalog.find_account(user);
        list += fmt::format(R"({}{{"shard":"{}","account_sequence":{},"sequence":{}}})",
                            list.empty() ? "" : ",", shard.shard.name,
                            shard.views.accounts.account_sequence(account).raw, shard.views.last().raw);
    }
    return fmt::format(R"(,"shards":[{}])", list);
}

/// A balance, and whose.
struct BalanceRow {
    const Context& shard;
    core::AccountId account;
    const core::Asset& asset;
};

std::string balance_json(const BalanceRow& row) {
    const auto& [shard, account, asset] = row;
    const views::BalanceView balance = shard.views.accounts.balance(account, asset.id);
    return fmt::format(R"({{"asset":"{}","available":"{}","held":"{}","shard":"{}"}})", asset.name.view(),
                       core::format_decimal(balance.available.raw, asset.scale),
                       core::format_decimal(balance.held.raw, asset.scale), shard.shard.name);
}

/// Of every shard, or of the one that is named: an asset that is on several has a balance with each.
Answer balances(const Context& context, Call call) {
    const auto caller = authenticate_trader(context, call.request);
    if (!caller) co_return caller.error();
    const core::Uuid user = to_core(caller->session->user_id);
    const std::span<const Context> shards = told_of(context, call.request);
    std::vector<BalanceRow> rows;
    for (const Context& shard : shards) {
        const core::AccountId account = shard.views.catalog.find_account(user);
        for (const core::Asset& asset : shard.views.catalog.listings().assets())
            rows.push_back({shard, account, asset});
    }
    const auto page = list_page(call.request, rows.size(), list_page_max, list_page_max);
    if (!page) co_return page.error();
    std::string list;
    for (std::size_t i = page->first; i < page->end; ++i)
        list += (list.empty() ? "" : ",") + balance_json(rows[i]);
    co_return success(
        fmt::format(R"(,"balances":[{}],"account_sequence":{},"sequence":{}{},"next_cursor":{})", list,
                    context.views.accounts.account_sequence(caller->account).raw, context.views.last().raw,
                    context.has_peers() ? standings_members(shards, user) : "", page->next_cursor));
}

}  // namespace

void add_account_routes(Router& router, const Context& context) {
    using net::Method;
    const auto add = [&](Method method, const char* path, Answer (*route)(const Context&, Call)) {
        router.add(method, path, [&context, route](Call call) { return route(context, std::move(call)); });
    };
    add(Method::post, "/register", register_user);
    add(Method::post, "/login", login);
    add(Method::post, "/logout", logout);
    add(Method::post, "/api/v1/password", change_password);
    add(Method::get, "/api/v1/sessions", list_sessions);
    add(Method::delete_, "/api/v1/sessions", end_sessions);
    add(Method::post, "/api/v1/ws-ticket", issue_ticket);
    add(Method::get, "/api/v1/balances", balances);
    for (const auto& [method, path] :
         {std::pair(Method::get, "/api/v1/keys"), std::pair(Method::post, "/api/v1/keys"),
          std::pair(Method::delete_, "/api/v1/keys/{id}")}) {
        router.add(method, path, [](Call) -> Answer { co_return not_supported("/api/v1/keys"); });
    }
}

}  // namespace sauda::api_server
