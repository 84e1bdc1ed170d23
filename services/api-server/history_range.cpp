#include "api-server/history_range.h"

#include "api-server/paging.h"
#include "api-server/responses.h"

namespace sauda::api_server {

using base::Result;
using base::Unexpected;

namespace {

constexpr std::int64_t ns_per_ms = 1'000'000;

net::Response malformed(std::string_view sentence) {
    return failure(400, "malformed_request", sentence);
}

}  // namespace

core::TimestampNs from_ms(std::uint64_t milliseconds) {
    return {static_cast<std::int64_t>(milliseconds) * ns_per_ms};
}

Result<std::optional<history::Cursor>, net::Response> cursor_parameter(const net::Request& request) {
    const auto text = request.query.get("cursor");
    if (!text) return std::optional<history::Cursor>();
    const auto cursor = history::parse_cursor(*text);
    if (!cursor)
        return Unexpected{malformed("The parameter \"cursor\" must be a next_cursor of an earlier answer.")};
    return cursor;
}

Result<history::Range, net::Response> range_parameter(const net::Request& request,
                                                      std::size_t limit_otherwise, std::size_t limit_max) {
    history::Range range;
    const auto from = whole_parameter(request, "from", 0, 0, time_ms_max);
    if (!from) return Unexpected{from.error()};
    const auto to = whole_parameter(request, "to", time_ms_max, 0, time_ms_max);
    if (!to) return Unexpected{to.error()};
    const auto limit = whole_parameter(request, "limit", limit_otherwise, 1, limit_max);
    if (!limit) return Unexpected{limit.error()};
    const auto cursor = cursor_parameter(request);
    if (!cursor) return Unexpected{cursor.error()};
    range.from = from_ms(*from);
    range.to = from_ms(*to);
    range.limit = *limit;
    range.cursor = *cursor;
    return range;
}

}  // namespace sauda::api_server
