/// Orders as clients are told of them, from the views or from history.
#pragma once

#include <string>

#include "net/http_message.h"
#include "views/accounts.h"
#include "views/listings.h"

namespace sauda::api_server {

/// Requires: `listings` knows the order's market.
std::string order_json(const views::Listings& listings, const views::OrderView& order);
/// The order as the whole answer.
net::Response order_response(const views::Listings& listings, const views::OrderView& order);

}  // namespace sauda::api_server
