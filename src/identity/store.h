/// Users and sessions: the record that everything else in identity is a copy of. In a file of SQLite, or in
/// PostgreSQL where several servers share it.
///
/// Threads: one at a time. Every call may block on the disk or on the server; commits are durable when they
/// return (SQLite: WAL, synchronous=FULL; PostgreSQL: as the server is set up). Several processes may hold
/// the same database, and what a function says of two at once holds between processes too. A server that was
/// lost is connected to anew at the next call; of the call that lost it nobody knows whether it was done.
/// Invariants: emails are unique in canonical spelling; an account belongs to one user and never changes
/// hands.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/io_error.h"
#include "base/result.h"
#include "identity/user.h"
#include "sql/connection.h"

namespace sauda::identity {

struct StoreError {
    enum class Kind : std::uint8_t {
        duplicate_email,
        duplicate_account,  ///< another user has this account, or this user another account
        unknown_user,
        no_longer_valid,  ///< the user was locked, disabled or given another password meanwhile
        database,         ///< `io` says what the disk or the database said, and what to do
    };
    Kind kind;
    base::IoError io{};

    std::string message() const;
};

template <class T>
using StoreResult = base::Result<T, StoreError>;

class Store {
public:
    /// Opens the database `name`: a path, which is created (mode 0600, directory 0700) when it is missing, or
    /// the connection URI of a PostgreSQL database, in which the schema `identity` is. Migrates it to this
    /// program's tables.
    static StoreResult<Store> open(const std::string& name);

    // Users. An absent one is an empty optional in finds and `unknown_user` in changes.

    /// Requires: user.email is in canonical spelling.
    StoreResult<void> create_user(const User& user);
    StoreResult<std::optional<User>> find_by_email(std::string_view canonical_email);
    StoreResult<std::optional<User>> find_by_id(const Uuid& user_id);
    /// Records the account that the engine opened. Repeating it is fine; another account for the same user is
    /// `duplicate_account`: money has an owner and keeps it.
    StoreResult<void> set_account_id(const Uuid& user_id, AccountNumber account_id);
    /// Replaces `old_hash`, the one that was verified, by `new_hash` and ends every session but
    /// `kept_token_id` (empty: none is kept), in one transaction. Returns the ended sessions' token ids.
    /// `no_longer_valid` when `old_hash` is not the user's any more: of two changes at once, one wins.
    StoreResult<std::vector<std::string>> set_password(const Uuid& user_id, std::string_view old_hash,
                                                       std::string_view new_hash,
                                                       std::string_view kept_token_id, std::int64_t now_ms);
    /// Replaces `old_hash` by a hash of the same password at another cost, and leaves the sessions alone.
    /// `no_longer_valid` when `old_hash` is not the user's any more.
    StoreResult<void> replace_hash(const Uuid& user_id, std::string_view old_hash, std::string_view new_hash);
    /// Locks the user until somebody clears it, and ends every session. Returns the ended sessions' token
    /// ids.
    StoreResult<std::vector<std::string>> lock_user(const Uuid& user_id, std::string_view reason,
                                                    std::int64_t now_ms);
    StoreResult<void> unlock_user(const Uuid& user_id);
    StoreResult<void> set_role(const Uuid& user_id, Role role);
    /// Lets every demo user log in, or none; disabling ends their sessions. Returns the ended sessions' token
    /// ids.
    StoreResult<std::vector<std::string>> set_demo_users_enabled(bool enabled, std::int64_t now_ms);

    struct UserAccount {
        Uuid user_id;
        AccountNumber account_id;
    };
    /// For reconciliation at start: who still needs an account, and who has which. By user id.
    StoreResult<std::vector<Uuid>> list_users_without_account();
    StoreResult<std::vector<UserAccount>> list_user_accounts();

    // Sessions.

    /// Begins a session if the user is active and still has `password_hash`, the one that was verified;
    /// otherwise `no_longer_valid`. Verifying takes long enough for a lock or a password change to come
    /// between.
    StoreResult<void> create_session(const SessionRecord& session, std::string_view password_hash);
    StoreResult<std::optional<SessionRecord>> find_session(std::string_view token_id);
    /// The session with its user's data, if both are good at `now_ms`.
    StoreResult<std::optional<LiveSession>> find_live_session(std::string_view token_id, std::int64_t now_ms);
    /// Those of `token_ids` of which find_live_session() would find nothing.
    StoreResult<std::vector<std::string>> find_ended_sessions(const std::vector<std::string>& token_ids,
                                                              std::int64_t now_ms);
    /// Live sessions of one user, newest first.
    StoreResult<std::vector<SessionRecord>> list_sessions(const Uuid& user_id, std::int64_t now_ms);
    /// Every live session of every active user, for the cache at start.
    StoreResult<std::vector<LiveSession>> list_live_sessions(std::int64_t now_ms);
    /// Ends a session of `user_id`. False when there is no such live session; ending it twice is no error.
    StoreResult<bool> revoke_session(const Uuid& user_id, std::string_view token_id, std::int64_t now_ms);
    /// Both return the ended sessions' token ids.
    StoreResult<std::vector<std::string>> revoke_all_for_user(const Uuid& user_id, std::int64_t now_ms);
    StoreResult<std::vector<std::string>> revoke_all_but_newest(const Uuid& user_id, std::int64_t kept_count,
                                                                std::int64_t now_ms);
    /// Forgets sessions that expired at or before `now_ms`. Returns how many.
    StoreResult<std::int64_t> delete_expired_sessions(std::int64_t now_ms);

private:
    explicit Store(sql::Connection database) : database_(std::move(database)) {}

    /// Runs a statement that changes one user; `unknown_user` when it changed none.
    StoreResult<void> change_user(sql::Statement& query);
    /// Ends all but the user's newest sessions. Requires: a transaction that has changed the user, or read it
    /// for update.
    StoreResult<std::vector<std::string>> end_all_but_newest(const Uuid& user_id, std::int64_t kept_count,
                                                             std::int64_t now_ms);
    /// Runs a statement that returns the token ids it changed.
    StoreResult<std::vector<std::string>> collect_token_ids(sql::Statement& query);

    sql::Connection database_;
};

}  // namespace sauda::identity
