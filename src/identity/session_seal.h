/// What the store said of a session, as servers that know the same token secret tell each other in a place
/// where others may write (Redis): sealed, so that nobody else can make or change it, and good for a second,
/// so that an old one tells nothing.
///
///     <read_ms> <account or -> <role> <tag>
///
/// The tag is HMAC-SHA256 over "session", the token id and what stands before the tag, one space between
/// each, under a key of its own that is made of the token secret; base64url. Whose session it is the token
/// itself says.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "identity/jwt.h"
#include "identity/user.h"

namespace sauda::identity {

/// Of a session that was live when the store was read.
struct SessionNote {
    std::int64_t read_ms = 0;
    std::optional<AccountNumber> account_id;
    Role role = Role::trader;

    bool operator==(const SessionNote&) const = default;
};

/// Threads: any; a lock is held for the code.
class SessionSeal {
public:
    /// As TokenSigner.
    explicit SessionSeal(base::ByteView token_secret);

    std::string seal(std::string_view token_id, const SessionNote& note);
    /// Nothing where `text` is not what seal() makes for this session.
    std::optional<SessionNote> open(std::string_view token_id, std::string_view text);

private:
    std::string tag_of(std::string_view token_id, std::string_view fields);

    std::mutex mutex_;
    Hs256 mac_;
};

}  // namespace sauda::identity
