#include "api-server/auth.h"

#include <algorithm>

#include "api-server/responses.h"

namespace sauda::api_server {

using base::Result;
using base::Unexpected;

namespace {

net::Response unauthorized(std::string_view sentence) {
    net::Response response = failure(401, "unauthorized", sentence);
    response.headers.emplace_back("WWW-Authenticate", "Bearer");
    return response;
}

/// Stands for whoever holds the operator token, in the journal.
core::Uuid token_operator() {
    core::Uuid id;
    constexpr std::string_view name = "operator-token";
    std::ranges::copy(name, id.bytes.begin());
    return id;
}

}  // namespace

core::Uuid to_core(const identity::Uuid& uuid) {
    core::Uuid out;
    out.bytes = uuid.bytes;
    return out;
}

std::optional<std::string_view> bearer_token(const net::Request& request) {
    constexpr std::string_view scheme = "bearer ";
    if (request.headers.count("Authorization") != 1) return std::nullopt;
    const std::string_view value = request.headers.get("Authorization");
    if (value.size() <= scheme.size() || !net::equals_ignoring_case(value.substr(0, scheme.size()), scheme))
        return std::nullopt;
    return value.substr(scheme.size());
}

Result<identity::SessionCache::SessionPointer, net::Response> authenticate(const Context& context,
                                                                           const net::Request& request) {
    const auto token = bearer_token(request);
    if (!token)
        return Unexpected{unauthorized("Log in with POST /login and send: Authorization: Bearer <token>.")};
    auto session = context.identity.authenticate(*token, context.now().milliseconds());
    if (!session) return Unexpected{failure(session.error())};
    return *session;
}

Result<Caller, net::Response> authenticate_trader(const Context& context, const net::Request& request) {
    auto session = authenticate(context, request);
    if (!session) return Unexpected{std::move(session).error()};
    const core::AccountId account = context.views.catalog.find_account(to_core((*session)->user_id));
    if (!account) {
        return Unexpected{
            failure(503, "account_pending", "This account is being opened; log in again in a moment.")};
    }
    return Caller{*session, account};
}

Result<Operator, net::Response> authenticate_operator(const Context& context, const net::Request& request) {
    const auto token = bearer_token(request);
    if (!token) return Unexpected{unauthorized("Send the operator token: Authorization: Bearer <token>.")};
    if (context.operator_token.matches(*token)) return Operator{token_operator(), true};
    const auto session = context.identity.authenticate(*token, context.now().milliseconds());
    if (!session) return Unexpected{failure(session.error())};
    if ((*session)->role != identity::Role::exchange_operator) {
        return Unexpected{failure(403, "forbidden", "Only operators may do this.")};
    }
    return Operator{to_core((*session)->user_id), false};
}

}  // namespace sauda::api_server
