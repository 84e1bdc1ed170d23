/// Query parameters that lists share: `limit`, `cursor`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/http_message.h"

namespace sauda::api_server {

/// A whole number in the query, `otherwise` when it is not there; the 400 to answer when it is none or out of
/// range.
base::Result<std::uint64_t, net::Response> whole_parameter(const net::Request& request, std::string_view name,
                                                           std::uint64_t otherwise, std::uint64_t low,
                                                           std::uint64_t high);

/// A page of lists that nearly everybody wants whole.
inline constexpr std::size_t list_page_max = 1'000;

/// A page of a list that is in memory and only ever grows at its end.
struct ListPage {
    std::size_t first = 0;
    std::size_t end = 0;
    std::string next_cursor;  ///< JSON: how many have been listed; null: all
};
/// The page that `limit` and `cursor` ask for, of a list of `size`; the 400 to answer where they make no
/// sense.
base::Result<ListPage, net::Response> list_page(const net::Request& request, std::size_t size,
                                                std::size_t limit_otherwise, std::size_t limit_max);

/// A whole number below 2^53.
std::optional<std::uint64_t> parse_whole(std::string_view text);

}  // namespace sauda::api_server
