#include "api-server/gateway_call.h"

#include <functional>

#include "api-server/await_callback.h"

namespace sauda::api_server {

namespace {

Outcome outcome_of(const gateway::Reply& reply) {
    Outcome outcome;
    if (reply.kind != gateway::Reply::Kind::applied) return outcome;
    outcome.kind = Outcome::Kind::applied;
    outcome.header = reply.frame.header;
    outcome.events.assign(reply.frame.events.begin(), reply.frame.events.end());
    return outcome;
}

}  // namespace

boost::asio::awaitable<Outcome> call(gateway::Gateway& gateway, core::CommandBody body, core::TimestampNs now,
                                     std::int64_t patience_ns) {
    auto start = [&gateway, body = std::move(body), now,
                  patience_ns](std::function<void(Outcome)> done) mutable {
        gateway::Request request;
        request.body = std::move(body);
        request.deadline = gateway.deadline_after(now, patience_ns);
        request.completion = [done](const gateway::Reply& reply) { done(outcome_of(reply)); };
        const auto accepted = gateway.submit(std::move(request), now);
        if (accepted) return;
        Outcome refused;
        refused.kind = Outcome::Kind::refused;
        refused.refusal = accepted.error();
        done(std::move(refused));
    };
    co_return co_await await_callback<Outcome>(std::move(start));
}

}  // namespace sauda::api_server
