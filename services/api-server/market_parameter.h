/// The market that a query names.
#pragma once

#include "api-server/context.h"
#include "base/result.h"
#include "core/types/market.h"
#include "net/http_message.h"

namespace sauda::api_server {

/// The market of the parameter `market`, or the error to answer: 400 where it is missing, 422 where there is
/// no such market.
base::Result<const core::Market*, net::Response> market_parameter(const Context& context,
                                                                  const net::Request& request);

}  // namespace sauda::api_server
