/// The store's users; its sessions are in store_sessions.cpp.
#include "identity/store.h"

#include "identity/email.h"
#include "identity/schema.h"
#include "identity/store_rows.h"

namespace sauda::identity {
namespace {

using base::Unexpected;
using Kind = StoreError::Kind;

User read_user(const sql::Statement& row) {
    return User{.user_id = stored_uuid(row.text(0)),
                .email = std::string(row.text(1)),
                .password_hash = row.optional_text(2),
                .role = stored_role(row.text(3)),
                .account_id = stored_account(row.optional_integer(4)),
                .is_demo = row.integer(5) != 0,
                .disabled = row.integer(6) != 0,
                .lock_reason = row.optional_text(7),
                .created_ms = row.integer(8)};
}

}  // namespace

std::string StoreError::message() const {
    switch (kind) {
        case Kind::duplicate_email:
            return "a user with this email exists";
        case Kind::duplicate_account:
            return "the account belongs to another user, or the user has another account";
        case Kind::unknown_user:
            return "there is no such user";
        case Kind::no_longer_valid:
            return "the user was locked, disabled or given another password meanwhile";
        case Kind::database:
            return io.message();
    }
    ASSERT(false);
}

StoreResult<Store> Store::open(const std::string& name) {
    auto database = open_database(name);
    if (!database) return Unexpected{database_error(database.error())};
    if (auto migrated = migrate(*database); !migrated) return Unexpected{database_error(migrated.error())};
    return Store(std::move(*database));
}

StoreResult<void> Store::create_user(const User& user) {
    ASSERT(canonical_email(user.email) == user.email);
    sql::Statement& query = database_.prepared(
        "INSERT INTO users (user_id, email, password_hash, role, account_id, is_demo, disabled, lock_reason,"
        " created_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
    query.bind(std::string_view(user.user_id.text()))
        .bind(std::string_view(user.email))
        .bind(user.password_hash);
    query.bind(role_text(user.role));
    query.bind(user.account_id ? std::optional<std::int64_t>(*user.account_id) : std::nullopt);
    query.bind(std::int64_t{user.is_demo}).bind(std::int64_t{user.disabled}).bind(user.lock_reason);
    query.bind(user.created_ms);
    if (query.run()) return {};
    // User ids are random; what repeats is the email, or an account given along with it.
    if (query.error().kind != sql::Error::Kind::duplicate) return Unexpected{database_error(query.error())};
    const StoreResult<std::optional<User>> holder = find_by_email(user.email);
    if (!holder) return Unexpected{holder.error()};
    return Unexpected{StoreError{*holder ? Kind::duplicate_email : Kind::duplicate_account}};
}

StoreResult<std::optional<User>> Store::find_by_email(std::string_view canonical_email) {
    sql::Statement& query = database_.prepared(
        "SELECT user_id, email, password_hash, role, account_id, is_demo, disabled, lock_reason, created_ms"
        " FROM users WHERE email = ?");
    return collect_one(query.bind(canonical_email), read_user);
}

StoreResult<std::optional<User>> Store::find_by_id(const Uuid& user_id) {
    sql::Statement& query = database_.prepared(
        "SELECT user_id, email, password_hash, role, account_id, is_demo, disabled, lock_reason, created_ms"
        " FROM users WHERE user_id = ?");
    return collect_one(query.bind(std::string_view(user_id.text())), read_user);
}

StoreResult<void> Store::change_user(sql::Statement& query) {
    if (!query.run()) {
        if (query.error().kind == sql::Error::Kind::duplicate)
            return Unexpected{StoreError{Kind::duplicate_account}};
        return Unexpected{database_error(query.error())};
    }
    if (query.changes() == 0) return Unexpected{StoreError{Kind::unknown_user}};
    return {};
}

StoreResult<void> Store::set_account_id(const Uuid& user_id, AccountNumber account_id) {
    sql::Statement& query = database_.prepared(
        "UPDATE users SET account_id = ?1 WHERE user_id = ?2 AND (account_id IS NULL OR account_id = ?1)");
    query.bind(std::int64_t{account_id}).bind(std::string_view(user_id.text()));
    StoreResult<void> changed = change_user(query);
    if (changed || changed.error().kind != Kind::unknown_user) return changed;
    const StoreResult<std::optional<User>> user = find_by_id(user_id);
    if (!user) return Unexpected{user.error()};
    return *user ? Unexpected{StoreError{Kind::duplicate_account}}
                 : Unexpected{StoreError{Kind::unknown_user}};
}

StoreResult<std::vector<std::string>> Store::set_password(const Uuid& user_id, std::string_view old_hash,
                                                          std::string_view new_hash,
                                                          std::string_view kept_token_id,
                                                          std::int64_t now_ms) {
    auto transaction = sql::Transaction::begin(database_);
    if (!transaction) return Unexpected{database_error(transaction.error())};
    if (auto replaced = replace_hash(user_id, old_hash, new_hash); !replaced)
        return Unexpected{replaced.error()};
    sql::Statement& end = database_.prepared(
        "UPDATE sessions SET revoked_ms = ?1 WHERE user_id = ?2 AND token_id <> ?3 AND revoked_ms IS NULL"
        " AND expires_ms > ?1 RETURNING token_id");
    end.bind(now_ms).bind(std::string_view(user_id.text())).bind(kept_token_id);
    StoreResult<std::vector<std::string>> ended = collect_token_ids(end);
    if (!ended) return ended;
    if (auto committed = transaction->commit(); !committed)
        return Unexpected{database_error(committed.error())};
    return ended;
}

StoreResult<void> Store::replace_hash(const Uuid& user_id, std::string_view old_hash,
                                      std::string_view new_hash) {
    sql::Statement& query =
        database_.prepared("UPDATE users SET password_hash = ? WHERE user_id = ? AND password_hash = ?");
    query.bind(new_hash).bind(std::string_view(user_id.text())).bind(old_hash);
    if (!query.run()) return Unexpected{database_error(query.error())};
    if (query.changes() == 0) return Unexpected{StoreError{Kind::no_longer_valid}};
    return {};
}

StoreResult<std::vector<std::string>> Store::lock_user(const Uuid& user_id, std::string_view reason,
                                                       std::int64_t now_ms) {
    auto transaction = sql::Transaction::begin(database_);
    if (!transaction) return Unexpected{database_error(transaction.error())};
    sql::Statement& lock = database_.prepared("UPDATE users SET lock_reason = ? WHERE user_id = ?");
    lock.bind(reason).bind(std::string_view(user_id.text()));
    if (auto locked = change_user(lock); !locked) return Unexpected{locked.error()};
    StoreResult<std::vector<std::string>> ended = end_all_but_newest(user_id, 0, now_ms);
    if (!ended) return ended;
    if (auto committed = transaction->commit(); !committed)
        return Unexpected{database_error(committed.error())};
    return ended;
}

StoreResult<void> Store::unlock_user(const Uuid& user_id) {
    sql::Statement& query = database_.prepared("UPDATE users SET lock_reason = NULL WHERE user_id = ?");
    query.bind(std::string_view(user_id.text()));
    return change_user(query);
}

StoreResult<void> Store::set_role(const Uuid& user_id, Role role) {
    sql::Statement& query = database_.prepared("UPDATE users SET role = ? WHERE user_id = ?");
    query.bind(role_text(role)).bind(std::string_view(user_id.text()));
    return change_user(query);
}

StoreResult<std::vector<std::string>> Store::set_demo_users_enabled(bool enabled, std::int64_t now_ms) {
    auto transaction = sql::Transaction::begin(database_);
    if (!transaction) return Unexpected{database_error(transaction.error())};
    sql::Statement& change = database_.prepared("UPDATE users SET disabled = ? WHERE is_demo = 1");
    if (!change.bind(std::int64_t{!enabled}).run()) return Unexpected{database_error(change.error())};
    sql::Statement& end = database_.prepared(
        "UPDATE sessions SET revoked_ms = ?1 WHERE revoked_ms IS NULL AND expires_ms > ?1"
        " AND user_id IN (SELECT user_id FROM users WHERE is_demo = 1 AND disabled = 1) RETURNING token_id");
    StoreResult<std::vector<std::string>> ended = collect_token_ids(end.bind(now_ms));
    if (!ended) return ended;
    if (auto committed = transaction->commit(); !committed)
        return Unexpected{database_error(committed.error())};
    return ended;
}

StoreResult<std::vector<Uuid>> Store::list_users_without_account() {
    sql::Statement& query =
        database_.prepared("SELECT user_id FROM users WHERE account_id IS NULL ORDER BY user_id");
    return collect(query, [](const sql::Statement& row) { return stored_uuid(row.text(0)); });
}

StoreResult<std::vector<Store::UserAccount>> Store::list_user_accounts() {
    sql::Statement& query = database_.prepared(
        "SELECT user_id, account_id FROM users WHERE account_id IS NOT NULL ORDER BY user_id");
    return collect(query, [](const sql::Statement& row) {
        return UserAccount{stored_uuid(row.text(0)), *stored_account(row.integer(1))};
    });
}

}  // namespace sauda::identity
