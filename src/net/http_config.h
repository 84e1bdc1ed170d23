/// Limits and defaults of an HttpServer. Every default is safe on an open port; the caller's configuration
/// changes what it must.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace sauda::net {

struct WebSocketConfig {
    std::size_t message_bytes_max = 64 * 1024;  ///< a longer message closes with 1009
    /// Bytes waiting for a slow reader. At the cap the session is closed with 1013 and what waits is dropped.
    std::size_t queued_bytes_max = 1024 * 1024;
    /// TCP_NOTSENT_LOWAT: how much unsent data the kernel takes before send() queues here instead. Without it
    /// the kernel hides megabytes of a slow reader's backlog, where it can no longer be conflated. 0:
    /// default.
    std::size_t kernel_unsent_bytes_max = 128 * 1024;
    std::chrono::milliseconds ping_interval{20'000};
    std::chrono::milliseconds silence_max{30'000};  ///< nothing heard for so long: the peer is gone
    /// How long a closing session may take to flush its close frame and hear the answer.
    std::chrono::milliseconds close_timeout{5'000};
};

struct HttpConfig {
    /// A larger body is answered 413. Times connections_max, this is the memory that hostile clients can
    /// claim.
    std::size_t body_bytes_max = 1024 * 1024;
    std::size_t header_bytes_max = 8 * 1024;  ///< request line and headers; more is answered 431
    std::size_t connections_max = 10'000;     ///< more are answered 503 and closed
    /// From the first byte of a request (or from accept) to the end of its headers. Against slow-loris.
    std::chrono::milliseconds header_timeout{10'000};
    std::chrono::milliseconds body_timeout{30'000};   ///< from the end of the headers to the end of the body
    std::chrono::milliseconds idle_timeout{60'000};   ///< between two requests of a connection
    std::chrono::milliseconds write_timeout{30'000};  ///< without any progress of a response
    /// Deadlines are checked this often, all sessions in one pass: a timer per request costs a quarter of the
    /// throughput. A deadline is therefore late by up to one interval.
    std::chrono::milliseconds sweep_interval{1'000};
    int listen_backlog = 1024;
    int send_buffer_bytes = 0;  ///< SO_SNDBUF of each connection; 0 leaves it to the system

    /// Origins that browsers may call from: "https://desk.example.com", or "*". Empty: CORS is off.
    std::vector<std::string> cors_allow_origins;
    /// Addresses of proxies that name their client in X-Forwarded-For (client_address.h).
    std::vector<std::string> trusted_proxies;
    /// Sent with every response. Whole lines, each ending in CRLF.
    std::string security_headers =
        "X-Content-Type-Options: nosniff\r\n"
        "X-Frame-Options: DENY\r\n"
        "Referrer-Policy: no-referrer\r\n";

    WebSocketConfig web_socket;
};

}  // namespace sauda::net
