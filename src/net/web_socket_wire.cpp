#include "net/web_socket_wire.h"

namespace sauda::net {
namespace {

constexpr unsigned char kOpcodeMask = 0x0F;
constexpr unsigned char kOpcodeClose = 0x08;

bool is_close_frame(std::string_view frame) {
    return !frame.empty() && (static_cast<unsigned char>(frame.front()) & kOpcodeMask) == kOpcodeClose;
}

}  // namespace

WebSocketWire::WebSocketWire(Socket socket, std::string early, std::size_t queued_bytes_max,
                             Counters& counters)
    : socket_(std::move(socket)),
      queue_(socket_, counters),
      early_(std::move(early)),
      queued_bytes_max_(queued_bytes_max),
      counters_(counters),
      last_heard_(Clock::now()) {}

bool WebSocketWire::send(const Frame& frame) {
    if (is_closing_ || !socket_.is_open()) return false;
    if (!has_room(frame->size())) {
        close_slow_reader();
        return false;
    }
    ++counters_.web_socket_messages_out;
    queue_.push(frame);
    return true;
}

void WebSocketWire::close(CloseCode code, std::string_view reason) {
    if (is_closing_) return;
    is_closing_ = true;
    const auto number = static_cast<std::uint16_t>(code);
    queue_.push(frame_close(number, reason));
    if (on_closing) on_closing(number, std::string(reason));
}

void WebSocketWire::close_slow_reader() {
    ++counters_.web_sockets_closed_slow;
    queue_.drop_waiting();
    close(CloseCode::try_again_later, "too slow: messages wait for you faster than you read them");
}

void WebSocketWire::write_for_beast(std::string bytes) {
    if (is_closing_) return;
    if (is_handshake_done_ && !has_room(bytes.size())) {
        // Pongs to a peer that pings and never reads.
        close_slow_reader();
        return;
    }
    // Beast ends a session by itself: it answers a close, or found a protocol error. It tells through its
    // read.
    if (is_handshake_done_ && is_close_frame(bytes)) is_closing_ = true;
    queue_.push(std::make_shared<const std::string>(std::move(bytes)));
}

bool WebSocketWire::ping() {
    const Frame frame = frame_ping();
    if (is_closing_ || !has_room(frame->size())) return false;
    queue_.push(frame);
    return true;
}

void WebSocketWire::heard(std::size_t bytes) {
    counters_.bytes_in += bytes;
    last_heard_ = Clock::now();
}

}  // namespace sauda::net
