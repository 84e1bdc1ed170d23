/// What a server counts. Plain numbers: one writer and any reader on the io thread; a metrics page copies
/// them.
#pragma once

#include <array>
#include <cstdint>

namespace sauda::net {

struct Counters {
    std::uint64_t connections_open = 0;      ///< now: HTTP and WebSocket, refused ones while they are told so
    std::uint64_t web_sockets_open = 0;      ///< now; a part of connections_open
    std::uint64_t connections_accepted = 0;  ///< ever, refused ones excluded
    std::uint64_t connections_refused = 0;   ///< ever: over connections_max, answered 503 or dropped
    std::uint64_t accept_failures = 0;       ///< ever: out of descriptors, usually
    std::uint64_t timeouts = 0;  ///< connections cut by a deadline: idle, slow request, slow write
    std::uint64_t requests = 0;  ///< requests read whole, or refused as malformed
    std::array<std::uint64_t, 6> responses_by_class{};  ///< [2] counts 2xx, ...; [0] is unused
    std::uint64_t handler_exceptions = 0;
    std::uint64_t web_sockets_accepted = 0;
    std::uint64_t web_socket_messages_in = 0;
    std::uint64_t web_socket_messages_out = 0;
    std::uint64_t web_sockets_closed_slow = 0;    ///< closed with 1013: their queue was full
    std::uint64_t web_sockets_closed_silent = 0;  ///< reaped: nothing heard for web_socket_silence_max
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;  ///< handed to the kernel
};

}  // namespace sauda::net
