#include "api-server/gateway_call.h"

#include <memory>

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

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
    const auto executor = co_await boost::asio::this_coro::executor;
    co_return co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(Outcome)>(
        [&](auto handler) {
            auto resume = std::make_shared<decltype(handler)>(std::move(handler));
            gateway::Request request;
            request.body = std::move(body);
            request.deadline = gateway.deadline_after(now, patience_ns);
            request.completion = [resume](const gateway::Reply& reply) { (*resume)(outcome_of(reply)); };
            const auto accepted = gateway.submit(std::move(request), now);
            if (accepted) return;
            Outcome refused;
            refused.kind = Outcome::Kind::refused;
            refused.refusal = accepted.error();
            boost::asio::post(executor, [resume, refused = std::move(refused)]() mutable { (*resume)(std::move(refused)); });
        },
        boost::asio::use_awaitable);
}

}  // namespace sauda::api_server
