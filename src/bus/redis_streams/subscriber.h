/// Listens to channels of Redis's pub/sub, and listens again when the connection went.
///
/// Pub/sub forgets: what was published while nobody listened is gone. So every message is a hint, and
/// on_subscribed tells when to look at the truth.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "redis_streams/config.h"
#include "redis_streams/connection.h"
#include "redis_streams/timer.h"

namespace sauda::bus::redis {

struct SubscriberHooks {
    std::function<void(std::string_view channel, std::string_view message)> on_message;
    /// All channels are listened to from now on; messages before may have been missed. At every connection.
    std::function<void()> on_subscribed;
};

/// Threads: the io thread; hooks are called there. Destruction: as Connection.
class Subscriber {
public:
    /// Requires: at least one channel.
    Subscriber(boost::asio::io_context& io, const RedisConfig& config, std::vector<std::string> channels,
               SubscriberHooks hooks);

    void start() { connection_.start(); }
    bool is_subscribed() const { return connection_.is_ready() && confirmed_ == channels_.size(); }
    const std::string& last_error() const { return connection_.last_error(); }

private:
    void subscribe();
    void on_push(Reply push);
    void ping();

    const RedisConfig config_;
    const std::vector<std::string> channels_;
    const SubscriberHooks hooks_;
    std::size_t confirmed_ = 0;  ///< channels, on this connection
    Timer ping_timer_;
    Connection connection_;
};

}  // namespace sauda::bus::redis
