/// A WebSocket connection below its protocol: the socket, its one output queue and how far closing has come.
/// Internal to net.
///
/// Both writers, our send() and Beast's control frames, end here, and each hands over whole frames: that is
/// why they never interleave and why nothing follows a close frame.
///
/// Threads: the io thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "net/output_queue.h"
#include "net/socket.h"
#include "net/web_socket.h"

namespace sauda::net {

class WebSocketWire {
public:
    /// `early` is what arrived behind the handshake request; it is read first.
    WebSocketWire(Socket socket, std::string early, std::size_t queued_bytes_max, Counters& counters);

    Socket& socket() { return socket_; }
    const Socket& socket() const { return socket_; }
    OutputQueue& queue() { return queue_; }
    const OutputQueue& queue() const { return queue_; }

    /// As WebSocket::send().
    bool send(const Frame& frame);
    /// Sends a close frame and begins closing, unless already closing.
    void close(CloseCode code, std::string_view reason);
    /// Sends a ping. False while closing or without room: one that is behind a large message is pinged once
    /// it has read some of it, and who does not read is found out by its silence.
    bool ping();
    /// Bytes of Beast's: the handshake response, then one whole control frame per call.
    void write_for_beast(std::string bytes);

    /// From now on write_for_beast() gets frames.
    void handshake_is_done() { is_handshake_done_ = true; }
    bool is_handshake_done() const { return is_handshake_done_; }
    bool is_closing() const { return is_closing_; }

    /// Called once, when our side decides to close: with the code and reason sent.
    std::function<void(std::uint16_t, std::string)> on_closing;

    /// The peer said something.
    void heard(std::size_t bytes);
    TimePoint last_heard() const { return last_heard_; }

    /// What is left of the early bytes; the reader erases what it takes.
    std::string& early() { return early_; }

private:
    /// A peer that has read all is not slow, however long the next frame.
    bool has_room(std::size_t bytes) const {
        return queue_.empty() || queue_.queued_bytes() + bytes <= queued_bytes_max_;
    }
    void close_slow_reader();

    Socket socket_;
    OutputQueue queue_;
    std::string early_;
    std::size_t queued_bytes_max_;
    Counters& counters_;
    TimePoint last_heard_;
    bool is_handshake_done_ = false;
    bool is_closing_ = false;
};

}  // namespace sauda::net
