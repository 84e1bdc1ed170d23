#include "api-server/paging.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "api-server/responses.h"

namespace sauda::api_server {

std::optional<std::uint64_t> parse_whole(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool is_good =
        error == std::errc{} && end == text.data() + text.size() && value < (std::uint64_t{1} << 53);
    return is_good ? std::optional(value) : std::nullopt;
}

base::Result<std::uint64_t, net::Response> whole_parameter(const net::Request& request, std::string_view name,
                                                           std::uint64_t otherwise, std::uint64_t low,
                                                           std::uint64_t high) {
    const auto text = request.query.get(name);
    if (!text) return otherwise;
    const auto value = parse_whole(*text);
    if (value && *value >= low && *value <= high) return *value;
    return base::Unexpected{
        failure(400, "malformed_request",
                fmt::format("The parameter \"{}\" must be a whole number from {} to {}.", name, low, high))};
}

base::Result<ListPage, net::Response> list_page(const net::Request& request, std::size_t size,
                                                std::size_t limit_otherwise, std::size_t limit_max) {
    const auto limit = whole_parameter(request, "limit", limit_otherwise, 1, limit_max);
    if (!limit) return base::Unexpected{limit.error()};
    const auto listed = whole_parameter(request, "cursor", 0, 0, (std::uint64_t{1} << 53) - 1);
    if (!listed) return base::Unexpected{listed.error()};
    ListPage page;
    page.first = std::min<std::size_t>(*listed, size);
    page.end = std::min<std::size_t>(page.first + *limit, size);
    page.next_cursor = page.end < size ? std::to_string(page.end) : "null";
    return page;
}

}  // namespace sauda::api_server
