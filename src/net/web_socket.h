/// One WebSocket connection, as its user sees it.
///
/// Threads: all calls and callbacks on the thread that runs the server's io_context.
/// Every byte to the peer, whether a message of ours, a pong or a close, passes through one ordered queue:
/// frames never interleave. While nothing waits, send() writes straight to the socket.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "net/web_socket_frame.h"

namespace sauda::net {

/// Close codes in use (RFC 6455, 7.4.1, and the registry it founded).
enum class CloseCode : std::uint16_t {
    normal = 1000,
    going_away = 1001,
    protocol_error = 1002,
    unsupported_data = 1003,  ///< a binary message to a session without on_binary
    no_status = 1005,         ///< never on the wire: the peer's close frame had no code
    abnormal = 1006,          ///< never on the wire: the connection broke, timed out or was silent
    invalid_payload = 1007,   ///< a text message that is not UTF-8
    policy_violation = 1008,  ///< bad credentials, rate limits
    message_too_big = 1009,
    internal_error = 1011,
    try_again_later = 1013,  ///< the peer reads too slowly: its queue is full
};

class WebSocket {
public:
    virtual ~WebSocket() = default;

    /// What happens. Set all before returning from the server's `opened` hook; each may be empty.
    struct Callbacks {
        /// A whole text message, valid UTF-8, at most message_bytes_max. The view lives for the call. An
        /// exception closes the session with 1011. Nothing is delivered once the session is closing.
        std::function<void(std::string_view)> on_message;
        /// The same for a binary message, of any bytes. Empty: such a message closes the session with 1003.
        std::function<void(std::string_view)> on_binary;
        /// Exactly once, and never from within send() or close(): the session is closing or gone, for this
        /// code and reason (the peer's, or ours). Both callbacks are released after it.
        std::function<void(std::uint16_t code, std::string_view reason)> on_close;
    };
    virtual void set_callbacks(Callbacks callbacks) = 0;

    /// Sends an encoded frame, at once or after what waits. Never blocks. False, and nothing is sent, when
    /// the session is closing, or when bytes wait already and the frame would exceed queued_bytes_max:
    /// then it is closed with 1013 and the waiting frames are dropped (one that the kernel has taken a part
    /// of is completed, so the peer can read the close).
    virtual bool send(const Frame& frame) = 0;

    /// send(frame_text(text)), for a message to one peer.
    bool send_text(std::string_view text) { return send(frame_text(text)); }

    /// Bytes that wait for the peer's socket: 0 for a peer that keeps up. Conflate before it reaches the cap.
    virtual std::size_t queued_bytes() const = 0;

    /// Sends a close frame after what waits and stops delivering messages. The connection ends when the peer
    /// answers or after close_timeout. Without effect when already closing. Requires: `reason` is valid
    /// UTF-8; it is cut to 123 bytes.
    virtual void close(CloseCode code, std::string_view reason) = 0;

    /// The peer is gone when nothing was heard of it for so long, or as long as the server's configuration
    /// says where that is less. It is pinged three times within it; a second may pass until it is noticed.
    virtual void set_silence_max(std::chrono::milliseconds silence_max) = 0;

    /// False from the moment that closing begins, on either side.
    virtual bool is_open() const = 0;

    /// As Request::peer_address.
    virtual const std::string& peer_address() const = 0;
};

}  // namespace sauda::net
