/// What services ask of Redis beside the streams: a cache of sessions, tickets that are used once, shared
/// rate limits, hints to others. All of it can be done without: behind the breaker (guarded_connection.h) an
/// answer or a failure comes within the reply timeout, and at once while Redis is unreachable.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "base/result.h"
#include "redis_streams/config.h"
#include "redis_streams/guarded_connection.h"

namespace sauda::bus::redis {

/// A Lua script. It is sent once to each server and named by its digest from then on.
///
/// Threads: the io thread of the client that runs it.
class Script {
public:
    explicit Script(std::string text) : text_(std::move(text)) {}

private:
    friend class Client;
    const std::string text_;
    /// Hexadecimal SHA-1, as the first server that loaded it said; shared with answers on their way.
    const std::shared_ptr<std::string> digest_ = std::make_shared<std::string>();
};

/// Threads: the io thread. Destruction: as Connection.
class Client {
public:
    /// The value, or nothing where there is no such key.
    using Value = base::Result<std::optional<std::string>, Failure>;
    using ValueDone = std::function<void(const Value&)>;
    using Done = std::function<void(const base::Result<void, Failure>&)>;

    Client(boost::asio::io_context& io, const RedisConfig& config, std::string_view role);

    void start() { guard_.start(); }

    void get(std::string_view key, ValueDone done);
    /// Sets `key`; it is gone after `lifetime`.
    void set(std::string_view key, std::string_view value, Milliseconds lifetime, Done done);
    /// Gets and removes at once: of many who take a ticket, one gets it.
    void take(std::string_view key, ValueDone done);
    void remove(std::string_view key, Done done);
    /// Runs `script`; the callback gets what it returns.
    void run(const Script& script, const std::vector<std::string>& keys,
             const std::vector<std::string>& arguments, Callback callback);
    /// To everybody who listens now; nobody else ever sees it.
    void publish(std::string_view channel, std::string_view message, Done done = {});
    /// Any other command that writes.
    void send(std::initializer_list<std::string_view> arguments, Callback callback) {
        guard_.send(arguments, std::move(callback));
    }

    const GuardedConnection& guard() const { return guard_; }

private:
    void evaluate(std::string_view how, std::string_view script, const std::vector<std::string>& keys,
                  const std::vector<std::string>& arguments, Callback callback);

    GuardedConnection guard_;
};

}  // namespace sauda::bus::redis
