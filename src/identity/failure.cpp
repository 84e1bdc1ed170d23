#include "identity/failure.h"

#include "base/assert.h"

namespace sauda::identity {
namespace {

std::string_view sentence_for(Refusal refusal) {
    switch (refusal) {
        case Refusal::invalid_email:
            return "the email address is not valid: write it as name@domain";
        case Refusal::weak_password:
            return "the password is too weak: choose another";
        case Refusal::email_taken:
            return "a user with this email exists: log in, or register another email";
        case Refusal::bad_credentials:
            return "email or password is wrong";
        case Refusal::user_locked:
            return "this user may not log in: ask the operator";
        case Refusal::too_many_attempts:
            return "too many failed attempts: wait before the next one";
        case Refusal::bad_token:
            return "the token is not valid: log in again";
        case Refusal::session_ended:
            return "the session has ended: log in again";
        case Refusal::session_unknown:
            return "the session has to be looked up";
        case Refusal::bad_ticket:
            return "the ticket is unknown, used or expired: ask for a new one";
        case Refusal::too_many_tickets:
            return "too many tickets are waiting to be used: use them, or wait 30 seconds";
        case Refusal::unknown_user:
            return "there is no such user";
        case Refusal::demo_user:
            return "everybody knows a demo user's password: make another user an operator";
        case Refusal::account_taken:
            return "the account belongs to another user, or the user has another account";
        case Refusal::storage_failed:
            return "users cannot be read or written now: try again later";
    }
    ASSERT(false);
}

Refusal refusal_for(StoreError::Kind kind) {
    switch (kind) {
        case StoreError::Kind::duplicate_email:
            return Refusal::email_taken;
        case StoreError::Kind::duplicate_account:
            return Refusal::account_taken;
        case StoreError::Kind::unknown_user:
            return Refusal::unknown_user;
        case StoreError::Kind::no_longer_valid:
            return Refusal::bad_credentials;
        case StoreError::Kind::database:
            return Refusal::storage_failed;
    }
    ASSERT(false);
}

}  // namespace

std::string_view refusal_code(Refusal refusal) {
    switch (refusal) {
        case Refusal::invalid_email:
            return "invalid_email";
        case Refusal::weak_password:
            return "weak_password";
        case Refusal::email_taken:
            return "email_taken";
        case Refusal::bad_credentials:
            return "bad_credentials";
        case Refusal::user_locked:
            return "user_locked";
        case Refusal::too_many_attempts:
            return "too_many_attempts";
        case Refusal::bad_token:
            return "bad_token";
        case Refusal::session_ended:
            return "session_ended";
        case Refusal::session_unknown:
            return "session_unknown";
        case Refusal::bad_ticket:
            return "bad_ticket";
        case Refusal::too_many_tickets:
            return "too_many_tickets";
        case Refusal::unknown_user:
            return "unknown_user";
        case Refusal::demo_user:
            return "demo_user";
        case Refusal::account_taken:
            return "account_taken";
        case Refusal::storage_failed:
            return "storage_failed";
    }
    ASSERT(false);
}

Failure make_failure(Refusal refusal) {
    return Failure{refusal, std::string(sentence_for(refusal))};
}

Failure make_failure(const StoreError& error) {
    Failure failure = make_failure(refusal_for(error.kind));
    if (error.kind == StoreError::Kind::database) failure.detail = error.message();
    return failure;
}

}  // namespace sauda::identity
