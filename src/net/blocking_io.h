/// Asynchronous operations waited for with a deadline: Asio's synchronous calls know none. Internal to net's
/// clients.
#pragma once

#include <string>
#include <utility>

#include <boost/asio/error.hpp>

#include "net/socket.h"

namespace sauda::net {

/// Runs `io` until the operation that `start(handler)` begins has called `handler(error, ...)`, or until
/// `deadline`; then `cancel()` is called, the operation awaited, and timed_out returned.
template <class Start, class Cancel>
ErrorCode run_until(boost::asio::io_context& io, TimePoint deadline, Start&& start, Cancel&& cancel) {
    bool is_done = false;
    ErrorCode result;
    start([&](const ErrorCode& error, auto&&...) {
        is_done = true;
        result = error;
    });
    io.restart();
    while (!is_done && io.run_one_until(deadline) > 0) {
    }
    if (is_done) return result;
    cancel();
    io.restart();
    while (!is_done && io.run_one() > 0) {
    }
    return boost::asio::error::timed_out;
}

/// Connects `socket` to the first address of `host` that answers.
ErrorCode connect_until(boost::asio::io_context& io, Socket& socket, const std::string& host,
                        std::uint16_t port, TimePoint deadline);

}  // namespace sauda::net
