/// Awaits what answers by calling a function once, now or later, on the same thread.
#pragma once

#include <memory>
#include <utility>

#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace sauda::api_server {

/// Calls `start(done)` and resumes with what `done(T)` is called with. `done` may be called before `start`
/// returns: a coroutine must not be resumed from within its own suspension, so that resumption is posted.
template <class T, class Start>
boost::asio::awaitable<T> await_callback(Start start) {
    const auto executor = co_await boost::asio::this_coro::executor;
    // Named before it is awaited: g++ 12 destroys a temporary closure in a co_await expression twice.
    auto initiation = [executor, start = std::move(start)](auto handler) mutable {
        struct Waiting {
            decltype(handler) resume;
            bool is_starting = true;
        };
        const auto waiting = std::make_shared<Waiting>(Waiting{std::move(handler)});
        start([waiting, executor](T value) {
            if (!waiting->is_starting) return std::move(waiting->resume)(std::move(value));
            boost::asio::post(executor, [waiting, value = std::move(value)]() mutable {
                std::move(waiting->resume)(std::move(value));
            });
        });
        waiting->is_starting = false;
    };
    co_return co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(T)>(
        std::move(initiation), boost::asio::use_awaitable);
}

}  // namespace sauda::api_server
