/// What an object has called later on the io thread, and never after it is gone.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

namespace sauda::bus::redis {

/// Wraps functions so that they do nothing once this is destroyed.
///
/// Threads: wrapped functions run, and this is destroyed, on one thread; guard() itself on any.
class Lifetime {
public:
    template <class Function>
    auto guard(Function function) const {
        return [held = std::weak_ptr<char>(token_), function = std::move(function)](auto&&... arguments) {
            if (!held.expired()) function(std::forward<decltype(arguments)>(arguments)...);
        };
    }

private:
    std::shared_ptr<char> token_ = std::make_shared<char>();
};

/// One call at a time, later. Threads: the io thread.
class Timer {
public:
    explicit Timer(boost::asio::io_context& io) : timer_(io) {}

    /// Calls `then` after `delay`; what was to be called before is forgotten.
    void start(std::chrono::steady_clock::duration delay, std::function<void()> then) {
        const std::uint64_t turn = ++turn_;
        armed_ = true;
        timer_.expires_after(delay);
        timer_.async_wait(
            lifetime_.guard([this, turn, then = std::move(then)](const boost::system::error_code& error) {
                if (error || turn != turn_) return;
                armed_ = false;
                then();
            }));
    }
    void stop() {
        ++turn_;
        armed_ = false;
        timer_.cancel();
    }
    bool is_armed() const { return armed_; }

private:
    boost::asio::steady_timer timer_;
    std::uint64_t turn_ = 0;
    bool armed_ = false;
    Lifetime lifetime_;
};

}  // namespace sauda::bus::redis
