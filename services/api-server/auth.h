/// Who calls: from the Authorization header to a session and its account, or to an operator.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "api-server/context.h"
#include "base/result.h"
#include "net/http_message.h"

namespace sauda::api_server {

struct Caller {
    identity::SessionCache::SessionPointer session;
    core::AccountId account;
};

/// An operator: by the token file, or a session whose user has the role.
struct Operator {
    core::Uuid id;
    bool has_token_file = false;  ///< rather than a role: he may make and end operators
};

core::Uuid to_core(const identity::Uuid& uuid);

/// The text after `Bearer `, or nothing when the header is missing, repeated or of another scheme.
std::optional<std::string_view> bearer_token(const net::Request& request);

/// The caller's session, or the 401 to answer.
base::Result<identity::SessionCache::SessionPointer, net::Response> authenticate(const Context& context,
                                                                                 const net::Request& request);
/// The same with the account; 503 while the engine has yet to open it.
base::Result<Caller, net::Response> authenticate_trader(const Context& context, const net::Request& request);
/// An operator, or the 401 or 403 to answer.
base::Result<Operator, net::Response> authenticate_operator(const Context& context,
                                                            const net::Request& request);

}  // namespace sauda::api_server
