/// What the sessions of one server share: settings, handlers, counters, and the set of sessions itself.
/// Internal to net.
///
/// Threads: the io thread.
#pragma once

#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "net/http_server.h"
#include "net/socket.h"

namespace sauda::net {

/// One connection. Sessions keep no timers: sweep() compares deadlines, a few times a minute or more often.
class Session {
public:
    virtual ~Session() = default;
    /// Ends what is overdue at `now`.
    virtual void sweep(TimePoint now) = 0;
    /// Ends in good order: at once when idle, after the response in progress otherwise.
    virtual void drain() = 0;
    /// Closes the socket; the session then leaves the state by itself.
    virtual void abort() = 0;
};

class ServerState : public std::enable_shared_from_this<ServerState> {
public:
    ServerState(boost::asio::io_context& io, HttpConfig config, HttpHandlers handlers);

    boost::asio::io_context& io;
    const HttpConfig config;
    const HttpHandlers handlers;
    Counters counters;
    bool is_stopping = false;  ///< no new connections; every response says Connection: close
    bool is_over = false;      ///< the server is destroyed

    /// Keeps `session` alive until remove().
    void add(std::shared_ptr<Session> session);
    void remove(const std::shared_ptr<Session>& session);
    bool empty() const { return sessions_.empty(); }
    bool is_full() const { return sessions_.size() >= config.connections_max; }
    std::size_t session_count() const { return sessions_.size(); }

    /// Ends what is overdue and refreshes date().
    void sweep();
    void drain_all();
    void abort_all();
    /// Lets go of every session: those with an operation under way live until it ends. For the end of the
    /// server.
    void forget_all() { sessions_.clear(); }

    /// The Date header, at most one sweep old.
    const std::string& date() const { return date_; }
    /// "9f3a1c-2a": a prefix of this server's life, then a count.
    std::string next_request_id();

private:
    std::vector<std::shared_ptr<Session>> snapshot() const { return {sessions_.begin(), sessions_.end()}; }

    std::unordered_set<std::shared_ptr<Session>> sessions_;
    std::string date_;
    std::string request_id_prefix_;
    std::uint64_t request_count_ = 0;
};

/// Takes `session` out of the state however the coroutine that holds this ends.
struct Registration {
    ServerState& state;
    std::shared_ptr<Session> session;
    ~Registration() { state.remove(session); }
};

/// Sends small writes at once and keeps the kernel's share of a backlog small. Errors are those of a peer
/// that has already gone; the first read meets them again.
void configure_socket(Socket& socket, const HttpConfig& config);

/// "127.0.0.1" or "2001:db8::1"; an IPv4 peer of a dual-stack socket as plain IPv4. Empty when already gone.
std::string peer_address_of(const Socket& socket);

/// Closes at once; pending operations end with an error. Whoever wants its last bytes read lingers first.
void close_socket(Socket& socket);

}  // namespace sauda::net
