/// Which of several processes does what only one of them should: a key in Redis with an expiry, renewed by
/// its holder. Two may hold it for a moment when Redis fails over or a process stalls, so it is for work that
/// does no harm twice.
///
/// Threads: the io thread.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include <boost/asio/io_context.hpp>

#include "redis_streams/client.h"
#include "redis_streams/timer.h"

namespace sauda {

class Lease {
public:
    static constexpr std::chrono::milliseconds lifetime{3'000};
    static constexpr std::chrono::milliseconds renewal{1'000};
    static constexpr std::chrono::milliseconds first_retry{20};  ///< until Redis has said anything

    /// `on_change` is told when it is won or lost. `redis` outlives it.
    Lease(boost::asio::io_context& io, bus::redis::Client& redis, std::string key,
          std::function<void(bool is_held)> on_change);

    void start() { renew(); }
    /// True from a renewal until its lifetime is over, by this process's clock.
    bool is_held() const { return is_held_; }
    /// Redis has said at least once whose it is.
    bool is_known() const { return is_known_; }

private:
    void renew();
    void on_answer(const bus::redis::Answer& answer, std::chrono::steady_clock::time_point asked);
    void set_held(bool is_held);

    bus::redis::Client& redis_;
    const std::string key_;
    const std::string holder_;  // names this process
    const std::function<void(bool)> on_change_;
    const bus::redis::Script script_;
    std::chrono::steady_clock::time_point held_until_{};
    bool is_held_ = false;
    bool is_known_ = false;
    bus::redis::Lifetime lifetime_guard_;
    bus::redis::Timer timer_;
};

}  // namespace sauda
