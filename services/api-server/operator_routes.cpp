// Who the operators are: made and ended by whoever holds the token file, and by nobody else, so that one who
// was made cannot make others that outlast him.
#include <fmt/format.h>

#include "api-server/api_server.h"
#include "api-server/auth.h"
#include "api-server/responses.h"
#include "codec/json_request.h"
#include "telemetry/log.h"

namespace sauda::api_server {

namespace log = telemetry::log;

namespace {

struct RoleRequest {
    std::string email;
    identity::Role role{};
};

codec::RequestResult<RoleRequest> read_role_request(const std::string& body) {
    const auto json = codec::parse_json_object(body);
    if (!json) return base::Unexpected{json.error()};
    const codec::FieldReader fields(*json);
    const auto email = fields.text("email");
    if (!email) return base::Unexpected{email.error()};
    const auto is_operator = fields.boolean_or("operator", true);
    if (!is_operator) return base::Unexpected{is_operator.error()};
    return RoleRequest{*email, *is_operator ? identity::Role::exchange_operator : identity::Role::trader};
}

Answer set_role(const Context& context, Call call) {
    const auto caller = authenticate_operator(context, call.request);
    if (!caller) co_return caller.error();
    if (!caller->has_token_file) {
        co_return failure(403, "forbidden", "Only who holds the operator token may make or end operators.");
    }
    const auto wanted = read_role_request(call.request.body);
    if (!wanted) co_return failure(wanted.error());
    auto work = [&identity = context.identity, wanted = *wanted] {
        return identity.set_role(wanted.email, wanted.role);
    };
    const auto done = co_await context.pool.run(std::move(work));
    if (!done) co_return failure(503, "overloaded", "Too many requests wait for the user store; try again.");
    if (!*done && done->error().refusal == identity::Refusal::unknown_user)
        co_return failure(404, "unknown_account", "There is no user of this email.");
    if (!*done) co_return failure(done->error());
    const identity::User& user = **done;
    log::info("role set", {{"request_id", call.request.request_id},
                           {"user_id", user.user_id.text()},
                           {"role", identity::role_text(user.role)}});
    co_return success(
        fmt::format(R"(,"user_id":"{}","role":"{}")", user.user_id.text(), identity::role_text(user.role)));
}

}  // namespace

void add_operator_routes(Router& router, const Context& context) {
    router.add(net::Method::post, "/api/v1/admin/operators",
               [&context](Call call) { return set_role(context, std::move(call)); });
}

}  // namespace sauda::api_server
