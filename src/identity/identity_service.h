/// Identity as the API server uses it: register, log in, authenticate, log out, composed of the parts beside
/// this file. It has no thread and no clock: every call is told the time (milliseconds since 1970).
///
/// Threads: every function may be called from any threads at once. Those under "Blocking" hash a password (43
/// ms of a core, outside every lock) or wait for the disk (under the store's lock): they belong on the
/// identity pool. Those under "Quick" take microseconds and no I/O: they belong on the network thread.
/// Invariants: a token authenticates only while its session is in the cache, and a session is in the cache
/// only if the store holds it live; ending a session empties the cache before the call returns.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "identity/failure.h"
#include "identity/jwt.h"
#include "identity/login_throttle.h"
#include "identity/password.h"
#include "identity/secrets.h"
#include "identity/session_cache.h"
#include "identity/session_seal.h"
#include "identity/store.h"
#include "identity/tickets.h"
#include "identity/token_verifier.h"

namespace sauda::identity {

struct IdentityConfig {
    std::string database;  ///< a path, or the connection URI of a PostgreSQL database: see Store::open()
    PasswordCost password_cost{};
    std::int64_t session_lifetime_s = token_lifetime_s;
    std::int64_t sessions_per_user_max = 32;  ///< a further login ends the oldest
    SessionCache::Config session_cache{};
    Tickets::Config tickets{};
    /// Where tickets wait; null: in this process's memory.
    std::shared_ptr<TicketStore> ticket_store{};
    /// Guesses at one email from one peer.
    LoginThrottle::Config throttle_by_peer{};
    /// Guesses at one email from anywhere. The wait is short, because whoever guesses makes the owner wait
    /// too.
    LoginThrottle::Config throttle_by_email{.free_failures = 50, .wait_max_ms = 5'000};
};

/// A user to be made. Without a password nobody can log in.
struct NewUser {
    std::string email;
    std::optional<std::string> password;
    Role role = Role::trader;
    bool is_demo = false;
};

struct LoginAttempt {
    std::string email;
    std::string password;
    std::string peer;  ///< the client's address
    std::string user_agent;
};

struct Login {
    std::string token;
    SessionCache::SessionPointer session;  ///< without an account id: open_account, then attach_account()
};

class IdentityService {
public:
    template <class T>
    using Outcome = base::Result<T, Failure>;
    using SessionPointer = SessionCache::SessionPointer;

    // Blocking.

    /// Opens the store and, with an authoritative cache, loads its live sessions.
    static base::Result<std::unique_ptr<IdentityService>, base::IoError> open(IdentityConfig config,
                                                                              const Secret& token_secret,
                                                                              std::int64_t now_ms);

    /// Makes a trader. `invalid_email`, `weak_password` or `email_taken`; an email is taken in any ASCII
    /// case.
    Outcome<User> register_user(std::string_view email, std::string_view password, std::int64_t now_ms);
    /// The same for any role, and for users without a password.
    Outcome<User> create_user(const NewUser& request, std::int64_t now_ms);

    /// Begins a session. Unknown email and wrong password are the same refusal after the same work.
    Outcome<Login> login(const LoginAttempt& attempt, std::int64_t now_ms);

    /// Ends the session. When the store fails the session has ended in this process all the same, but would
    /// be back after a restart: the caller reports the failure.
    Outcome<void> logout(const LiveSession& session, std::int64_t now_ms);
    /// Ends one session of `user_id`; false when there is no such live one.
    Outcome<bool> end_session(const Uuid& user_id, std::string_view token_id, std::int64_t now_ms);
    Outcome<void> end_all_sessions(const Uuid& user_id, std::int64_t now_ms);
    Outcome<std::vector<SessionRecord>> list_sessions(const Uuid& user_id, std::int64_t now_ms);

    /// Changes the password of the session's user and ends the user's other sessions. Guesses at the old
    /// password are throttled as logins are.
    Outcome<void> change_password(const LiveSession& session, std::string_view old_password,
                                  std::string_view new_password, std::int64_t now_ms);

    /// Records the account that the engine opened, for the store and for running sessions.
    Outcome<void> attach_account(const Uuid& user_id, AccountNumber account_id);
    /// Keeps the user out from now on (an operator's decision, or identity and ledger disagree).
    Outcome<void> lock_user(const Uuid& user_id, std::string_view reason, std::int64_t now_ms);
    Outcome<void> unlock_user(const Uuid& user_id);
    /// Gives the user another role, for the store and for running sessions at once. `unknown_user`, and
    /// `demo_user` for who would become an operator with a password that everybody knows.
    Outcome<User> set_role(std::string_view email, Role role);
    Outcome<void> set_demo_users_enabled(bool enabled, std::int64_t now_ms);

    Outcome<std::optional<User>> find_user(const Uuid& user_id);
    Outcome<std::optional<User>> find_user_by_email(std::string_view email);
    Outcome<std::vector<Uuid>> list_users_without_account();
    Outcome<std::vector<Store::UserAccount>> list_user_accounts();

    /// Answers a `session_unknown` of authenticate(): verifies again and reads the session from the store. A
    /// server that shares its store asks this once a second for every session with an open WebSocket too: a
    /// session that ended elsewhere is told to on_session_ended() here when it is found to have ended.
    Outcome<SessionPointer> refresh_session(std::string_view token, std::int64_t now_ms);

    /// Reads sessions again that this cache has held for long, by their token ids: those that have ended are
    /// told to on_session_ended().
    Outcome<void> recheck_sessions(const std::vector<std::string>& token_ids, std::int64_t now_ms);

    /// Drops expired sessions from the cache (telling on_session_ended) and the store. Once a minute is
    /// enough: authenticate() looks at the time itself.
    Outcome<void> sweep(std::int64_t now_ms);

    // Quick.

    /// Who presents `token`: its signature, its times, and its session. `bad_token` or `session_ended`; with
    /// a cache without authority also `session_unknown`.
    Outcome<SessionPointer> authenticate(std::string_view token, std::int64_t now_ms);

    /// Whether the session of `token` was good when it was last read, and has not expired.
    bool was_good(std::string_view token, std::int64_t now_ms);
    /// The session that a token of ours names; nothing where it is none that is good now.
    std::optional<std::string> token_id_of(std::string_view token, std::int64_t now_ms);
    /// What another server may be told of a session that this one has read: see session_seal.h. Nothing where
    /// it has read none lately.
    std::optional<std::string> seal_session(std::string_view token, std::int64_t now_ms);
    /// Takes note of what another server sealed, for as long as that server may; what was read here
    /// meanwhile, or is known to have ended, stands. True when the session is good then.
    bool admit_sealed(std::string_view token, std::string_view sealed, std::int64_t now_ms);
    /// A session may have ended elsewhere: it is not good before the store was read. False when it is not
    /// held.
    bool distrust_session(std::string_view token_id) { return cache_.distrust(token_id); }

    /// Where the store cannot be asked whether a session that was good a moment ago still is: takes it for
    /// good a moment longer. False when there is none. Whoever ends a session needs the store as well, so
    /// little is risked; who trades does not depend on it.
    bool trust_again(std::string_view token, std::int64_t now_ms);

    // Quick where the process stands alone, Blocking where is_shared().

    /// Whether other servers share sessions or tickets with this one, so that they may have to be looked up.
    bool is_shared() const;
    /// A one-time WebSocket ticket for the session. `too_many_tickets`.
    Outcome<std::string> issue_ticket(const LiveSession& session, std::int64_t now_ms);
    /// Uses the ticket up: whose session it opens. `bad_ticket`, also when the session has ended since.
    Outcome<SessionPointer> redeem_ticket(std::string_view ticket, std::int64_t now_ms);

    /// How many times argon2 has run.
    std::uint64_t password_run_count() const { return hasher_.run_count(); }

    /// See SessionCache::on_session_ended(). Requires: called before the service is shared between threads.
    void on_session_ended(SessionCache::SessionEnded callback) {
        cache_.on_session_ended(std::move(callback));
    }

private:
    IdentityService(IdentityConfig config, Store store, const Secret& token_secret);

    std::optional<Failure> check_throttle(const std::string& peer_key, const std::string& email_key,
                                          std::int64_t now_ms);
    bool check_password(const std::optional<User>& user, std::string_view password) const;
    void forgive(const std::string& peer_key, const std::string& email_key);
    Outcome<std::string> refresh_hash(const User& user, std::string_view password);
    Outcome<std::optional<Login>> verify_and_begin(std::string_view email, const LoginAttempt& attempt,
                                                   std::int64_t now_ms);
    Outcome<std::optional<Login>> begin_session(const User& user, std::string_view verified_hash,
                                                const LoginAttempt& attempt, std::int64_t now_ms);
    StoreResult<SessionPointer> store_session(const SessionRecord& record, std::string_view verified_hash,
                                              std::vector<std::string>& displaced, std::int64_t now_ms);
    std::string sign_token(const LiveSession& session, std::int64_t now_s);
    Outcome<void> end_in_cache(StoreResult<std::vector<std::string>> ended);
    Outcome<SessionPointer> look_up(const std::string& token_id, std::int64_t now_ms);
    Outcome<SessionPointer> to_outcome(SessionCache::Answer answer, Refusal when_ended) const;

    const IdentityConfig config_;
    const PasswordHasher hasher_;
    std::mutex store_mutex_;
    Store store_;
    std::mutex signer_mutex_;
    TokenSigner signer_;
    TokenVerifier verifier_;
    SessionSeal seal_;
    SessionCache cache_;
    const std::shared_ptr<TicketStore> tickets_;
    LoginThrottle throttle_by_peer_;
    LoginThrottle throttle_by_email_;
};

}  // namespace sauda::identity
