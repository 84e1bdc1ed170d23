/// A client that sends exactly the bytes a test writes: malformed requests, half frames, silence.
/// Every wait is bounded by ten seconds; then it reports what it has.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sauda::net::testing {

struct RawFrame {
    unsigned first = 0;  ///< FIN and opcode
    std::string payload;
};

class RawClient {
public:
    /// `receive_buffer` > 0 sets SO_RCVBUF before connecting: a small window fills soon.
    explicit RawClient(std::uint16_t port, int receive_buffer = 0);
    ~RawClient();
    RawClient(RawClient&& other) noexcept;
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;

    /// False when the peer is gone.
    bool send(std::string_view bytes);
    /// Sends a GET for `target`, keep-alive.
    bool get(std::string_view target);

    /// Head and body (by Content-Length) of the next response; what has come when the peer ends before.
    std::string read_response();
    /// All that comes until the peer closes. Nothing when it does not within ten seconds.
    std::optional<std::string> read_to_end();
    /// True when the peer ends the connection (in order or by reset) within ten seconds; reads what comes
    /// before.
    bool is_closed_by_peer() { return read_to_end().has_value(); }

    /// WebSocket handshake at `target`; true for a 101.
    bool upgrade(std::string_view target);
    /// The next frame of the server; nothing when the connection ends.
    std::optional<RawFrame> read_frame();

    /// Ends our side.
    void shutdown_send();
    /// Closes with a reset.
    void reset();

private:
    bool fill();

    int fd_ = -1;
    std::string buffer_;
};

/// A client's frame: masked, as RFC 6455 demands. `first` has FIN and opcode: 0x81 whole text.
std::string masked_frame(unsigned first, std::string_view payload);

}  // namespace sauda::net::testing
