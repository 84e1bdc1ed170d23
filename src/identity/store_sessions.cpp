/// The store's sessions; its users are in store.cpp.
#include <algorithm>
#include <iterator>
#include <span>

#include "identity/store.h"
#include "identity/store_rows.h"

namespace sauda::identity {
namespace {

using base::Unexpected;
using Kind = StoreError::Kind;

SessionRecord read_session(const sql::Statement& row) {
    return SessionRecord{.token_id = std::string(row.text(0)),
                         .user_id = stored_uuid(row.text(1)),
                         .issued_ms = row.integer(2),
                         .expires_ms = row.integer(3),
                         .revoked_ms = row.optional_integer(4),
                         .peer = std::string(row.text(5)),
                         .user_agent = std::string(row.text(6))};
}

LiveSession read_live_session(const sql::Statement& row) {
    return LiveSession{.token_id = std::string(row.text(0)),
                       .user_id = stored_uuid(row.text(1)),
                       .account_id = stored_account(row.optional_integer(2)),
                       .email = std::string(row.text(3)),
                       .role = stored_role(row.text(4)),
                       .expires_ms = row.integer(5)};
}

}  // namespace

StoreResult<std::vector<std::string>> Store::collect_token_ids(sql::Statement& query) {
    return collect(query, [](const sql::Statement& row) { return std::string(row.text(0)); });
}

StoreResult<void> Store::create_session(const SessionRecord& session, std::string_view password_hash) {
    // Shared: a lock or another password that is under way comes first, and then refuses this session; one
    // that comes later finds the session and ends it.
    sql::Statement& query = database_.prepared(
        "INSERT INTO sessions (token_id, user_id, issued_ms, expires_ms, peer, user_agent)"
        " SELECT ?, user_id, ?, ?, ?, ? FROM users"
        " WHERE user_id = ? AND password_hash = ? AND disabled = 0 AND lock_reason IS NULL" +
        for_share(database_));
    query.bind(std::string_view(session.token_id)).bind(session.issued_ms).bind(session.expires_ms);
    query.bind(std::string_view(session.peer)).bind(std::string_view(session.user_agent));
    query.bind(std::string_view(session.user_id.text())).bind(password_hash);
    if (!query.run()) return Unexpected{database_error(query.error())};
    if (query.changes() == 0) return Unexpected{StoreError{Kind::no_longer_valid}};
    return {};
}

StoreResult<std::optional<SessionRecord>> Store::find_session(std::string_view token_id) {
    sql::Statement& query = database_.prepared(
        "SELECT token_id, user_id, issued_ms, expires_ms, revoked_ms, peer, user_agent FROM sessions"
        " WHERE token_id = ?");
    return collect_one(query.bind(token_id), read_session);
}

StoreResult<std::optional<LiveSession>> Store::find_live_session(std::string_view token_id,
                                                                 std::int64_t now_ms) {
    sql::Statement& query = database_.prepared(
        "SELECT token_id, user_id, account_id, email, role, expires_ms FROM sessions JOIN users "
        "USING (user_id)"
        " WHERE token_id = ? AND revoked_ms IS NULL AND expires_ms > ? AND disabled = 0"
        " AND lock_reason IS NULL");
    return collect_one(query.bind(token_id).bind(now_ms), read_live_session);
}

StoreResult<std::vector<std::string>> Store::find_ended_sessions(const std::vector<std::string>& token_ids,
                                                                 std::int64_t now_ms) {
    constexpr std::size_t asked_at_once = 64;
    std::string sql =
        "SELECT token_id FROM sessions JOIN users USING (user_id)"
        " WHERE revoked_ms IS NULL AND expires_ms > ? AND disabled = 0 AND lock_reason IS NULL"
        " AND token_id IN (?";
    for (std::size_t i = 1; i < asked_at_once; ++i) sql += ", ?";
    sql += ")";
    std::vector<std::string> ended;
    for (std::size_t first = 0; first < token_ids.size(); first += asked_at_once) {
        const std::span asked(token_ids.data() + first, std::min(asked_at_once, token_ids.size() - first));
        sql::Statement& query = database_.prepared(sql);
        query.bind(now_ms);
        for (std::size_t i = 0; i < asked_at_once; ++i)
            query.bind(std::string_view(asked[std::min(i, asked.size() - 1)]));  // the last fills up
        const StoreResult<std::vector<std::string>> live = collect_token_ids(query);
        if (!live) return live;
        std::ranges::copy_if(asked, std::back_inserter(ended), [&](const std::string& id) {
            return std::ranges::find(*live, id) == live->end();
        });
    }
    return ended;
}

StoreResult<std::vector<SessionRecord>> Store::list_sessions(const Uuid& user_id, std::int64_t now_ms) {
    sql::Statement& query = database_.prepared(
        "SELECT token_id, user_id, issued_ms, expires_ms, revoked_ms, peer, user_agent FROM sessions"
        " WHERE user_id = ? AND revoked_ms IS NULL AND expires_ms > ? ORDER BY issued_ms DESC, token_id");
    return collect(query.bind(std::string_view(user_id.text())).bind(now_ms), read_session);
}

StoreResult<std::vector<LiveSession>> Store::list_live_sessions(std::int64_t now_ms) {
    sql::Statement& query = database_.prepared(
        "SELECT token_id, user_id, account_id, email, role, expires_ms FROM sessions JOIN users "
        "USING (user_id)"
        " WHERE revoked_ms IS NULL AND expires_ms > ? AND disabled = 0 AND lock_reason IS NULL");
    return collect(query.bind(now_ms), read_live_session);
}

StoreResult<bool> Store::revoke_session(const Uuid& user_id, std::string_view token_id, std::int64_t now_ms) {
    sql::Statement& query = database_.prepared(
        "UPDATE sessions SET revoked_ms = ?1 WHERE user_id = ?2 AND token_id = ?3 AND revoked_ms IS NULL"
        " AND expires_ms > ?1");
    query.bind(now_ms).bind(std::string_view(user_id.text())).bind(token_id);
    if (!query.run()) return Unexpected{database_error(query.error())};
    return query.changes() > 0;
}

StoreResult<std::vector<std::string>> Store::revoke_all_for_user(const Uuid& user_id, std::int64_t now_ms) {
    return revoke_all_but_newest(user_id, 0, now_ms);
}

StoreResult<std::vector<std::string>> Store::revoke_all_but_newest(const Uuid& user_id,
                                                                   std::int64_t kept_count,
                                                                   std::int64_t now_ms) {
    auto transaction = sql::Transaction::begin(database_);
    if (!transaction) return Unexpected{database_error(transaction.error())};
    // Whoever ends sessions of a user takes the user first: two at once would otherwise wait for each other.
    sql::Statement& user =
        database_.prepared("SELECT user_id FROM users WHERE user_id = ?" + for_update(database_));
    if (!user.bind(std::string_view(user_id.text())).run()) return Unexpected{database_error(user.error())};
    StoreResult<std::vector<std::string>> ended = end_all_but_newest(user_id, kept_count, now_ms);
    if (!ended) return ended;
    if (const sql::Done done = transaction->commit(); !done) return Unexpected{database_error(done.error())};
    return ended;
}

StoreResult<std::vector<std::string>> Store::end_all_but_newest(const Uuid& user_id, std::int64_t kept_count,
                                                                std::int64_t now_ms) {
    // Of sessions that began in one millisecond the one that was made later is newer.
    const std::string age = database_.is_postgres() ? "number" : "rowid";
    sql::Statement& query = database_.prepared(
        "UPDATE sessions SET revoked_ms = ?1 WHERE token_id IN (SELECT token_id FROM sessions"
        " WHERE user_id = ?2 AND revoked_ms IS NULL AND expires_ms > ?1"
        " ORDER BY issued_ms DESC, " +
        age + " DESC LIMIT 1000000000 OFFSET ?3) RETURNING token_id");
    query.bind(now_ms).bind(std::string_view(user_id.text())).bind(kept_count);
    return collect_token_ids(query);
}

StoreResult<std::int64_t> Store::delete_expired_sessions(std::int64_t now_ms) {
    sql::Statement& query = database_.prepared("DELETE FROM sessions WHERE expires_ms <= ?");
    if (!query.bind(now_ms).run()) return Unexpected{database_error(query.error())};
    return query.changes();
}

}  // namespace sauda::identity
