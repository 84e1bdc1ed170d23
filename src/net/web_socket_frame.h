/// WebSocket frames a server sends, as bytes (RFC 6455, 5.2). Servers do not mask, so one frame serves all.
///
///     0   1   FIN and opcode: 0x81 text, 0x88 close, 0x89 ping
///     1   1   length below 126, or 126 followed by 2 bytes, or 127 followed by 8 bytes, big-endian
///     2.. payload
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace sauda::net {

/// A whole encoded frame, shared by every socket it goes to and never changed.
using Frame = std::shared_ptr<const std::string>;

/// One text message, unfragmented. Requires: `text` is valid UTF-8. Encode once, send to many.
Frame frame_text(std::string_view text);

/// Appends the frame of `text` to `out`: several messages in one buffer cost one send.
void append_text_frame(std::string& out, std::string_view text);

/// `reason` is cut to the 123 bytes a close frame has room for, at a character boundary.
Frame frame_close(std::uint16_t code, std::string_view reason);

/// A ping without payload; the same shared frame each time.
Frame frame_ping();

}  // namespace sauda::net
