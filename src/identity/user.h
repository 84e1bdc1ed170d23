/// Users and their sessions, as the store keeps them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "identity/random_id.h"

namespace sauda::identity {

/// What a user may do. Operators also have what traders have.
enum class Role : std::uint8_t { trader, exchange_operator };

/// "trader" and "operator": the spelling in the store and in the API.
std::string_view role_text(Role role);
std::optional<Role> parse_role(std::string_view text);

/// The raw number of the engine's AccountId.
using AccountNumber = std::uint32_t;

struct User {
    Uuid user_id;
    std::string email;                         // canonical_email()'s spelling
    std::optional<std::string> password_hash;  // nothing: nobody can log in
    Role role = Role::trader;
    std::optional<AccountNumber> account_id;  // nothing: the engine has not opened it yet
    bool is_demo = false;
    bool disabled = false;
    std::optional<std::string> lock_reason;
    std::int64_t created_ms = 0;

    /// Whether sessions of this user may begin and go on.
    bool is_active() const { return !disabled && !lock_reason; }
};

/// One login. The token that names it carries `token_id` as its jti.
struct SessionRecord {
    std::string token_id;
    Uuid user_id;
    std::int64_t issued_ms = 0;
    std::int64_t expires_ms = 0;
    std::optional<std::int64_t> revoked_ms;
    std::string peer;
    std::string user_agent;

    bool is_live(std::int64_t now_ms) const { return !revoked_ms && now_ms < expires_ms; }
};

/// What is known about whoever presents a good token: enough to serve requests without the store.
struct LiveSession {
    std::string token_id;
    Uuid user_id;
    std::optional<AccountNumber> account_id;
    std::string email;
    Role role = Role::trader;
    std::int64_t expires_ms = 0;
};

}  // namespace sauda::identity
