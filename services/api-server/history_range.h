/// Query parameters of lists of the past: `from`, `to`, `limit`, `cursor`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/result.h"
#include "core/types/timestamp.h"
#include "history/reader.h"
#include "net/http_message.h"

namespace sauda::api_server {

/// In the year 2255: nanoseconds fit 63 bits.
inline constexpr std::uint64_t time_ms_max = 9'000'000'000'000;

core::TimestampNs from_ms(std::uint64_t milliseconds);

/// Nothing where there is none; the 400 to answer where it is none of ours.
base::Result<std::optional<history::Cursor>, net::Response> cursor_parameter(const net::Request& request);

/// All four, or the 400 to answer.
base::Result<history::Range, net::Response> range_parameter(const net::Request& request,
                                                            std::size_t limit_otherwise,
                                                            std::size_t limit_max);

}  // namespace sauda::api_server
