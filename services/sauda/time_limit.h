/// Answers that are waited for no longer than a limit.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

namespace sauda {

/// What to answer instead of `done`, on any thread: `done` is called on the thread of `io`, once, with the
/// answer or, when `limit` is over first, with nothing.
template <class T>
std::function<void(std::optional<T>)> within(boost::asio::io_context& io, std::chrono::nanoseconds limit,
                                             std::function<void(std::optional<T>)> done) {
    struct Waiting {
        boost::asio::steady_timer timer;
        std::function<void(std::optional<T>)> done;

        void end(std::optional<T> answer) {
            timer.cancel();
            if (const auto told = std::exchange(done, {})) told(std::move(answer));
        }
    };
    const auto waiting =
        std::make_shared<Waiting>(Waiting{boost::asio::steady_timer(io, limit), std::move(done)});
    waiting->timer.async_wait([waiting](const boost::system::error_code&) { waiting->end(std::nullopt); });
    return [&io, waiting](std::optional<T> answer) {
        boost::asio::post(io, [waiting, answer = std::move(answer)] { waiting->end(answer); });
    };
}

}  // namespace sauda
