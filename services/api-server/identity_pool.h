/// The threads on which passwords are hashed and the identity store is written: bounded, of low priority,
/// never the network's.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "api-server/waiting_room.h"

namespace sauda::api_server {

enum class PoolPriority : std::uint8_t {
    low,  ///< for hashing
    usual,
};

/// Threads: run() on the network thread.
class IdentityPool {
public:
    /// `waiting_max`: calls that may wait or run at once; more are refused.
    IdentityPool(std::size_t threads, std::size_t waiting_max, PoolPriority priority = PoolPriority::low);
    /// What runs is finished, what waits is not begun: a queue of hashing must not hold up the exit.
    ~IdentityPool();

    /// Runs `work` on the pool and resumes the caller, on its own thread, with the result; nothing when the
    /// pool is full.
    template <class Work>
    boost::asio::awaitable<std::optional<std::invoke_result_t<Work>>> run(Work work) {
        const auto place = room_.enter({});
        if (!place) co_return std::nullopt;
        // Named before it is awaited: g++ 12 destroys a temporary closure in a co_await expression twice.
        auto task = [this, work = std::move(work)]() mutable
            -> boost::asio::awaitable<std::optional<std::invoke_result_t<Work>>> {
            if (priority_ == PoolPriority::low) lower_priority_once();
            std::optional<std::invoke_result_t<Work>> done;
            if (!is_stopping_) done.emplace(work());
            co_return done;
        };
        auto result = co_await boost::asio::co_spawn(pool_, std::move(task), boost::asio::use_awaitable);
        co_return result;
    }
    std::size_t waiting() const { return room_.taken(); }

private:
    static void lower_priority_once();

    const PoolPriority priority_;
    boost::asio::thread_pool pool_;
    WaitingRoom room_;
    std::atomic<bool> is_stopping_{false};
};

}  // namespace sauda::api_server
