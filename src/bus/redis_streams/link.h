/// One TCP connection to a Redis server, from connect to its end; it does not come again.
///
/// Sockets and timers are Asio's; hiredis parses what Redis says. Its asynchronous layer is left out: it
/// resolves names on the calling thread, copies the rest of the output after every partial write, has no
/// timeouts, ends the process on a reply that nobody asked for, and cannot ping a connection that subscribes.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "redis_streams/config.h"
#include "redis_streams/reply.h"
#include "redis_streams/timer.h"

struct redisReader;

namespace sauda::bus::redis {

using Arguments = std::span<const std::string_view>;

struct LinkHooks {
    std::function<void()> on_open;
    /// Once, after every callback was called; not after close().
    std::function<void(const std::string& reason)> on_lost;
    /// What a subscription brought: messages and confirmations.
    std::function<void(Reply)> on_push;
};

/// Threads: the io thread. Invariant: replies come in the order of commands, so that callbacks wait in a
/// queue.
class Link : public std::enable_shared_from_this<Link> {
public:
    /// A command that was not answered in time keeps its place for its answer. Has the oldest of them waited
    /// `silence_max` longer, the connection is given up as dead.
    static std::shared_ptr<Link> make(boost::asio::io_context& io, Milliseconds silence_max, LinkHooks hooks);
    ~Link();

    void connect(const boost::asio::ip::tcp::endpoint& to);
    bool is_open() const { return open_; }

    /// Sends a command behind those before it; what is sent while the socket is busy goes in one write.
    void send(Arguments arguments, Milliseconds timeout, Callback callback);
    /// Sends what is answered by pushes alone: SUBSCRIBE and its kin.
    void send_unanswered(Arguments arguments);

    /// Ends it for `reason`, as if the network had.
    void lose(const std::string& reason);
    /// Ends it: callbacks are called, on_lost is not.
    void close();

private:
    using Clock = std::chrono::steady_clock;
    struct Waiting {
        Callback callback;  ///< empty: its time is over
        Clock::time_point deadline;
    };

    Link(boost::asio::io_context& io, Milliseconds silence_max, LinkHooks hooks);
    void append(Arguments arguments);
    void write();
    void read();
    void dispatch();
    void take(Reply reply);
    void watch(Clock::time_point deadline);
    void expire();
    void fail_waiting(const std::string& reason);

    boost::asio::ip::tcp::socket socket_;
    const Milliseconds silence_max_;
    const LinkHooks hooks_;
    redisReader* reader_;
    std::vector<char> input_;
    std::string output_;   ///< waits for the socket
    std::string writing_;  ///< the socket's
    std::deque<Waiting> waiting_;
    Timer timer_;
    Clock::time_point watched_ = Clock::time_point::max();  ///< when the timer looks
    bool open_ = false;
    bool ended_ = false;
    bool silent_ = false;
};

}  // namespace sauda::bus::redis
