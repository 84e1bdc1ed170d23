/// What feed needs of a connection and of its wire format; services adapt a WebSocket to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace sauda::feed {

/// Whole encoded frames, one or several, shared by every connection they go to and never changed.
using Buffer = std::shared_ptr<const std::string>;

/// Appends the wire frame of one message of UTF-8 text to `out`. Called once per message, however many
/// connections it goes to.
using Framer = void (*)(std::string& out, std::string_view text);

/// One connection. Threads: the Hub's.
///
/// None of these functions may call back into the Hub before it returns: a connection that breaks inside
/// `send` reports it later, by Hub::close.
class Subscriber {
public:
    virtual ~Subscriber() = default;

    /// Sends `frames`, at once or after what waits. Never blocks. False, and nothing is sent, when the
    /// connection is closing.
    virtual bool send(const Buffer& frames) = 0;

    /// Bytes that wait for the peer: 0 for one that keeps up.
    virtual std::size_t queued_bytes() const = 0;

    /// Closes with a WebSocket close code (RFC 6455, 7.4.1) and a reason for the peer.
    virtual void close(std::uint16_t code, std::string_view reason) = 0;
};

/// Close code of a peer that reads private data too slowly ("try again later"), and its reason.
inline constexpr std::uint16_t slow_consumer_code = 1013;
inline constexpr std::string_view slow_consumer_reason = "slow_consumer";

}  // namespace sauda::feed
