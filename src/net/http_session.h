/// One HTTP connection: requests in, responses out, in order. Internal to net.
///
/// Threads: the io thread.
/// Deadlines are a stored time that the server's sweep compares; no timer is set per request.
#pragma once

#include <memory>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "net/request_parser.h"
#include "net/server_state.h"
#include "net/socket.h"

namespace sauda::net {

class HttpSession final : public Session, public std::enable_shared_from_this<HttpSession> {
public:
    /// Serves `socket` until it ends or is upgraded. Over connections_max it is told 503 and closed.
    static void start(std::shared_ptr<ServerState> state, Socket socket);

    HttpSession(std::shared_ptr<ServerState> state, Socket socket);
    void sweep(TimePoint now) override;
    void drain() override;
    void abort() override { close_socket(socket_); }

private:
    /// How reading a request ended.
    enum class Outcome : std::uint8_t { request, refused, closed };
    /// What the response needs of a request that its handler has consumed.
    struct Exchange {
        Method method = Method::get;
        std::string request_id;
        std::string cors_origin;
        bool keep_alive = false;
        bool is_http10 = false;
    };

    boost::asio::awaitable<void> run();
    boost::asio::awaitable<void> refuse();
    boost::asio::awaitable<bool> serve_request();
    boost::asio::awaitable<Outcome> read_request();
    boost::asio::awaitable<Response> answer(Request request, const Exchange& exchange);
    boost::asio::awaitable<void> respond(const Response& response, const Exchange& exchange);
    boost::asio::awaitable<bool> respond_in_pieces(const Response& response, const Exchange& exchange);
    boost::asio::awaitable<bool> write_rest(std::string_view head, std::string_view body);
    boost::asio::awaitable<void> linger();

    void begin_request();
    ParseState parse_input();
    void update_deadline();
    bool make_room();
    Exchange exchange_of(const Request& request) const;
    void complete_request(Request& request);
    bool is_wanted_upgrade(const Request& request);
    void upgrade(Request request);
    Response failed(const std::string& request_id, const char* what);
    std::size_t write_some(std::string_view head, std::string_view body);
    void expect_within(std::chrono::milliseconds timeout) { deadline_ = Clock::now() + timeout; }

    std::shared_ptr<ServerState> state_;
    Socket socket_;
    std::string peer_address_;
    std::uint16_t local_port_ = 0;
    RequestParser parser_;
    std::string input_;  ///< fixed size; [input_begin_, input_end_) is read and not yet parsed
    std::size_t input_begin_ = 0;
    std::size_t input_end_ = 0;
    std::string head_;  ///< of the response being written; reused
    TimePoint deadline_ = TimePoint::max();
    bool is_first_ = true;     ///< no request yet: the client owes one within header_timeout
    bool is_idle_ = false;     ///< waiting for the first byte of a request
    bool is_in_body_ = false;  ///< the headers are read, the body is not
    bool continued_ = false;   ///< "100 Continue" was sent for this request
    bool is_broken_ = false;   ///< a write failed: nothing more can be said
};

}  // namespace sauda::net
