/// A connection behind a circuit breaker: while Redis does not do what it is asked, nobody waits for it.
///
/// Timeouts and errors that are the server's own (READONLY, OOM, LOADING, MISCONF...) are failures; so many
/// in a row open the breaker, and a lost connection opens it at once. Whenever a probe_interval brought no
/// success, a small write is tried (a key with an expiry, so that whatever keeps Redis from writing is seen):
/// it finds a broken Redis before the next command does, and closes the breaker when Redis is back.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>

#include "base/circuit_breaker.h"
#include "redis_streams/config.h"
#include "redis_streams/connection.h"
#include "redis_streams/timer.h"

namespace sauda::bus::redis {

struct GuardCounters {
    std::uint64_t commands = 0;
    std::uint64_t failures = 0;     ///< of commands and probes
    std::uint64_t opened = 0;       ///< how often the breaker opened
    std::uint64_t unreachable = 0;  ///< commands that were not sent
};

/// Threads: the io thread. Destruction: as Connection. Invariant: at most waiting_max commands wait.
class GuardedConnection {
public:
    static constexpr std::size_t waiting_max = 65'536;

    /// `on_beat`, if any, is called about every probe_interval while Redis is reachable.
    GuardedConnection(boost::asio::io_context& io, const RedisConfig& config, std::string_view role,
                      std::function<void()> on_beat = {});

    void start();

    /// The breaker is closed: commands are sent.
    bool is_reachable() const { return breaker_.state() == base::CircuitBreaker::State::closed; }
    /// As Connection::send; while not reachable, or with waiting_max commands that wait, the callback is
    /// called at once, with unreachable.
    void send(Arguments arguments, Callback callback);
    void send(std::initializer_list<std::string_view> arguments, Callback callback) {
        send(Arguments(arguments.begin(), arguments.size()), std::move(callback));
    }

    /// The same for a command that writes nothing: it may fail, but its success does not tell that Redis
    /// takes writes, and leaves the breaker as it is.
    void send_read(Arguments arguments, Callback callback);
    void send_read(std::initializer_list<std::string_view> arguments, Callback callback) {
        send_read(Arguments(arguments.begin(), arguments.size()), std::move(callback));
    }

    base::CircuitBreaker::State state() const { return breaker_.state(); }
    /// When this connection was made. After a failover the streams may lack for a moment what was read before
    /// it.
    std::chrono::steady_clock::time_point connected_since() const { return connection_.ready_since(); }
    /// When Redis last failed us, since it was first reached: a timeout, a lost connection, an error of its
    /// own; now, while it is given up. Nothing: it never did.
    std::optional<std::chrono::steady_clock::time_point> troubled_at() const;
    const GuardCounters& counters() const { return counters_; }
    /// Of the last failure, whatever it was; empty before the first.
    const std::string& last_error() const { return last_error_; }

private:
    void beat();
    void probe();
    bool refuse(const Callback& callback);
    void send_counted(Arguments arguments, bool is_write, Callback callback);
    void on_answer(const Answer& answer, bool is_write);
    void on_failure(const std::string& reason);
    void trip(const std::string& reason);
    void note_trouble();

    const RedisConfig config_;
    const std::string probe_key_;
    const std::function<void()> on_beat_;
    base::CircuitBreaker breaker_;
    GuardCounters counters_;
    std::string last_error_;
    std::size_t waiting_ = 0;  ///< commands without an answer yet
    bool heard_ = false;       ///< a success since the last beat
    bool was_reached_ = false;
    std::optional<std::chrono::steady_clock::time_point> troubled_at_;
    Timer timer_;
    Connection connection_;
};

}  // namespace sauda::bus::redis
