/// The log line of an answered order request, the same for REST and WebSocket: it ties the request to the
/// sequence that it got, and nothing in it is the user's but the id he gave the request.
#pragma once

#include <optional>
#include <string_view>

#include "core/types/timestamp.h"
#include "order_entry/order_entry.h"

namespace sauda::order_entry {

/// What was asked, as the log names it.
struct Asked {
    std::string_view request;  ///< "POST /order", "PlaceOrder"
    std::optional<std::string_view> request_id;
    std::optional<std::string_view> connection_id;  ///< of a WebSocket: its opening line bears it too
    core::TimestampNs received;
};

void log_answer(const Asked& asked, const Answer& answer, core::TimestampNs now);

}  // namespace sauda::order_entry
