/// Responses that several routes give.
#pragma once

#include <string>
#include <string_view>

#include "api-server/gateway_call.h"
#include "codec/json_value.h"
#include "core/types/reject.h"
#include "identity/failure.h"
#include "net/http_message.h"
#include "order_entry/order_entry.h"

namespace sauda::api_server {

net::Response json(int status, std::string body);
/// `{"status":"Success"` + `members` + `}`; members begin with a comma, or are empty.
net::Response success(std::string_view members, int status = 200);
net::Response failure(int status, std::string_view code, std::string_view sentence);
net::Response failure(const codec::RequestError& error);
net::Response failure(core::RejectReason reason);
net::Response failure(const identity::Failure& failure);
/// What became of a command that was not applied. Requires: outcome.kind is not applied.
net::Response failure(const Outcome& outcome);
net::Response from(order_entry::Answer answer);
net::Response not_supported(std::string_view what);
net::Response too_many_requests(std::uint64_t retry_after_s);

}  // namespace sauda::api_server
