#include "net/server_state.h"

#include <array>
#include <charconv>
#include <ctime>
#include <random>

#include "net/response_writer.h"

namespace sauda::net {
namespace {

void append_hex(std::string& out, std::uint64_t number) {
    std::array<char, 16> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, 16).ptr;
    out.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

}  // namespace

ServerState::ServerState(boost::asio::io_context& io_context, HttpConfig server_config,
                         HttpHandlers server_handlers)
    : io(io_context), config(std::move(server_config)), handlers(std::move(server_handlers)) {
    date_ = http_date(std::time(nullptr));
    // 24 bits tell the log lines of two lives of a server apart, and the id stays within std::string's own
    // buffer.
    append_hex(request_id_prefix_, std::random_device{}() & 0xFFFFFF);
    request_id_prefix_ += '-';
}

void ServerState::add(std::shared_ptr<Session> session) {
    sessions_.insert(std::move(session));
    counters.connections_open = sessions_.size();
}

void ServerState::remove(const std::shared_ptr<Session>& session) {
    sessions_.erase(session);
    counters.connections_open = sessions_.size();
}

void ServerState::sweep() {
    date_ = http_date(std::time(nullptr));
    const TimePoint now = Clock::now();
    // A copy, for a session may leave the set while it is swept.
    for (const auto& session : snapshot()) session->sweep(now);
}

void ServerState::drain_all() {
    for (const auto& session : snapshot()) session->drain();
}

void ServerState::abort_all() {
    for (const auto& session : snapshot()) session->abort();
}

std::string ServerState::next_request_id() {
    std::string id = request_id_prefix_;
    append_hex(id, ++request_count_);
    return id;
}

void configure_socket(Socket& socket, const HttpConfig& config) {
    ErrorCode ignored;
    socket.non_blocking(true, ignored);
    socket.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
    if (config.send_buffer_bytes > 0) {
        socket.set_option(boost::asio::socket_base::send_buffer_size(config.send_buffer_bytes), ignored);
    }
}

std::string peer_address_of(const Socket& socket) {
    ErrorCode error;
    const auto endpoint = socket.remote_endpoint(error);
    if (error) return {};
    const auto address = endpoint.address();
    if (address.is_v6() && address.to_v6().is_v4_mapped()) {
        return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6()).to_string();
    }
    return address.to_string();
}

void close_socket(Socket& socket) {
    ErrorCode ignored;
    socket.close(ignored);
}

}  // namespace sauda::net
