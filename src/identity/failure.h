/// Why identity says no: one list for all its parts, with a stable code for programs and a sentence for
/// people.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "identity/store.h"

namespace sauda::identity {

enum class Refusal : std::uint8_t {
    invalid_email,
    weak_password,
    email_taken,
    bad_credentials,    ///< unknown email or wrong password: never told apart
    user_locked,        ///< the password was right, but the user may not log in
    too_many_attempts,  ///< wait `retry_after_ms`
    bad_token,          ///< not a token of ours, or an expired one
    session_ended,      ///< logged out, revoked or expired
    session_unknown,    ///< not in this process's cache: ask refresh_session() on a blocking thread
    bad_ticket,         ///< never issued, used, or older than its lifetime
    too_many_tickets,
    unknown_user,
    demo_user,       ///< may not be an operator
    account_taken,   ///< the account belongs to another user, or the user has another account
    storage_failed,  ///< the disk or SQLite: `detail` is for the log
};

/// The stable snake_case code of the API.
std::string_view refusal_code(Refusal refusal);

struct Failure {
    Refusal refusal;
    std::string sentence;             ///< for the person who asked; tells nothing about others
    std::int64_t retry_after_ms = 0;  ///< of too_many_attempts
    std::string detail{};             ///< for the operator's log, of storage_failed
};

/// The failure with its usual sentence.
Failure make_failure(Refusal refusal);
Failure make_failure(const StoreError& error);

}  // namespace sauda::identity
