/// A body that is longer than anyone should hold: made piece by piece, as the client takes it.
#pragma once

#include <optional>
#include <string>

#include <boost/asio/awaitable.hpp>

namespace sauda::net {

/// Threads: the io thread.
class BodyStream {
public:
    virtual ~BodyStream() = default;

    /// The next piece, nothing at the end. An exception cuts the connection before the body's end, so that
    /// the client does not take what it has for all there is; so does a server that stops.
    virtual boost::asio::awaitable<std::optional<std::string>> next() = 0;
};

}  // namespace sauda::net
