/// Query parameters that lists share: `limit`, `cursor`.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "net/http_message.h"

namespace sauda::api_server {

/// A whole number in the query, `otherwise` when it is not there; the 400 to answer when it is none or out of
/// range.
base::Result<std::uint64_t, net::Response> whole_parameter(const net::Request& request, std::string_view name,
                                                           std::uint64_t otherwise, std::uint64_t low,
                                                           std::uint64_t high);

/// A whole number below 2^53.
std::optional<std::uint64_t> parse_whole(std::string_view text);

}  // namespace sauda::api_server
