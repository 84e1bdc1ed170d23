/// Who sent a request that may have come through proxies.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "net/http_message.h"

namespace sauda::net {

/// The client's address: the peer's own, unless the peer is one of `trusted` (addresses as peer_address_of
/// writes them). Then the newest address in X-Forwarded-For that is not a trusted proxy's: what stands before
/// it is the client's own claim. Where the header is missing or holds no address there, the peer's.
std::string client_address(std::string_view peer, const Headers& headers,
                           const std::vector<std::string>& trusted);

}  // namespace sauda::net
