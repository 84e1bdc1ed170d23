/// A connection to the master that comes by itself, and comes again when it went.
///
/// It finds the master (config.h), authenticates, names itself, asks for the server's identity and, where
/// sentinels lead, makes sure that it speaks to a master, and to the one that they name by then. Then it is
/// ready, until it is lost. Every attempt is bounded by connect_timeout, and the next follows reconnect_delay
/// later.
///
/// A master that hung while the sentinels chose another takes itself for the master for some seconds more,
/// and answers. So the sentinels are asked now and then while a connection is ready, too, and it is lost when
/// they name another server.
#pragma once

#include <chrono>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>

#include "redis_streams/config.h"
#include "redis_streams/link.h"
#include "redis_streams/master_finder.h"
#include "redis_streams/reply.h"
#include "redis_streams/timer.h"

namespace sauda::bus::redis {

struct ConnectionHooks {
    std::function<void()> on_ready;
    /// A connection that was ready is gone, and its callbacks were called.
    std::function<void(const std::string& reason)> on_lost;
    /// What subscriptions bring; see LinkHooks.
    std::function<void(Reply)> on_push;
};

/// Threads: the io thread, which may destroy it at any time, from its own hooks and callbacks too. Callbacks
/// that wait are called then: whoever owns one declares it behind what its callbacks touch.
class Connection {
public:
    /// `role` is added to the client's name: "sauda.reader".
    Connection(boost::asio::io_context& io, const RedisConfig& config, std::string_view role,
               ConnectionHooks hooks);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// Begins to connect. Once.
    void start();

    bool is_ready() const { return ready_ && link_->is_open(); }
    /// Sends one command. Never blocks. Commands are answered in the order they were sent in. A callback
    /// whose time is over is called with timed_out; the command may be done all the same.
    void send(Arguments arguments, Callback callback, Milliseconds timeout);
    void send(Arguments arguments, Callback callback);
    void send(std::initializer_list<std::string_view> arguments, Callback callback) {
        send(Arguments(arguments.begin(), arguments.size()), std::move(callback));
    }
    void send(std::initializer_list<std::string_view> arguments, Callback callback, Milliseconds timeout) {
        send(Arguments(arguments.begin(), arguments.size()), std::move(callback), timeout);
    }
    /// SUBSCRIBE and its kin, which pushes answer.
    void send_unanswered(Arguments arguments);

    /// Gives this connection up for `reason` and makes a new one.
    void reconnect(const std::string& reason);

    /// What names the server's process: another one may have another stream, or an older one. Empty before
    /// the first connection.
    const std::string& server_id() const { return server_id_; }
    /// When it became ready last.
    std::chrono::steady_clock::time_point ready_since() const { return ready_since_; }
    /// Why it was last lost or could not be made; empty before that.
    const std::string& last_error() const { return last_error_; }
    std::uint64_t connects() const { return connects_; }

private:
    void attempt();
    void open(const MasterFinder::Endpoint& master);
    void introduce();
    void confirm_master();
    void watch_master();
    void check_master();
    void on_checked(const base::Result<MasterFinder::Endpoint, std::string>& found);
    void expect(const std::shared_ptr<Link>& link, std::initializer_list<std::string_view> arguments,
                std::function<void(Reply)> check);
    void become_ready();
    void lost(const std::string& reason);
    void retry();

    boost::asio::io_context& io_;
    const RedisConfig config_;
    const std::string name_;
    const ConnectionHooks hooks_;
    std::string server_id_;
    std::string last_error_;
    std::uint64_t connects_ = 0;
    bool ready_ = false;
    std::chrono::steady_clock::time_point ready_since_;
    Timer timer_;  ///< of the attempt, or of the pause before the next; once ready, of watching the master
    MasterFinder finder_;
    MasterFinder::Endpoint master_;    ///< where `link_` goes
    std::size_t named_elsewhere_ = 0;  ///< sentinels in a row that named another server
    std::shared_ptr<Link> link_;
};

}  // namespace sauda::bus::redis
