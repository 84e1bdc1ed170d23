/// Where a server listens, as a URL says it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sauda::net {

struct HttpAddress {
    std::string host;  ///< a name or a numeric address, that of IPv6 without its brackets
    std::uint16_t port = 80;
};

/// Reads `http://host`, `http://host:port` or `http://[::1]:port`; one slash may end it. Nothing where it is
/// anything else: another scheme, a user, a path, or a port that no server can have.
std::optional<HttpAddress> parse_http_url(std::string_view url);

}  // namespace sauda::net
