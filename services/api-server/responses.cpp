#include "api-server/responses.h"

#include <fmt/format.h>

#include "codec/json_reply.h"

namespace sauda::api_server {

namespace {

int status_of(identity::Refusal refusal) {
    using identity::Refusal;
    switch (refusal) {
        case Refusal::invalid_email:
        case Refusal::weak_password:
        case Refusal::demo_user:
            return 422;
        case Refusal::email_taken:
        case Refusal::account_taken:
            return 409;
        case Refusal::bad_credentials:
        case Refusal::bad_token:
        case Refusal::session_ended:
        case Refusal::bad_ticket:
            return 401;
        case Refusal::user_locked:
            return 403;
        case Refusal::too_many_attempts:
        case Refusal::too_many_tickets:
            return 429;
        case Refusal::unknown_user:
            return 404;
        case Refusal::session_unknown:
        case Refusal::storage_failed:
            return 503;
    }
    return 500;
}

}  // namespace

net::Response json(int status, std::string body) {
    net::Response response;
    response.status = status;
    response.body = std::move(body);
    return response;
}

net::Response success(std::string_view members, int status) {
    return json(status, fmt::format(R"({{"status":"Success"{}}})", members));
}

net::Response failure(int status, std::string_view code, std::string_view sentence) {
    return json(status, codec::error_json(code, sentence));
}

net::Response failure(const codec::RequestError& error) {
    return failure(error.http_status, error.code, error.message);
}

net::Response failure(core::RejectReason reason) {
    return json(codec::http_status(reason), codec::error_json(reason));
}

net::Response failure(const identity::Failure& failed) {
    net::Response response =
        failure(status_of(failed.refusal), identity::refusal_code(failed.refusal), failed.sentence);
    if (response.status == 429) {
        response.headers.emplace_back(
            "Retry-After", std::to_string(std::max<std::int64_t>(1, (failed.retry_after_ms + 999) / 1000)));
    }
    if (response.status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
    return response;
}

net::Response failure(const Outcome& outcome) {
    if (outcome.kind == Outcome::Kind::refused) {
        return failure(503, gateway::code(outcome.refusal),
                       "The exchange cannot take this now; nothing was done. Try again in a moment.");
    }
    return failure(504, "outcome_unknown",
                   "The engine did not answer in time; the request may or may not have been applied.");
}

net::Response from(order_entry::Answer answer) {
    return json(answer.status, std::move(answer.body));
}

net::Response not_supported(std::string_view what) {
    return failure(422, "not_supported", fmt::format("{} is not supported yet.", what));
}

net::Response too_many_requests(std::uint64_t retry_after_s) {
    net::Response response =
        failure(429, "rate_limited", fmt::format("Too many requests; try again in {} s.", retry_after_s));
    response.headers.emplace_back("Retry-After", std::to_string(retry_after_s));
    return response;
}

}  // namespace sauda::api_server
