#include "identity/schema.h"

#include <array>
#include <string>
#include <utility>

namespace sauda::identity {
namespace {

using base::Unexpected;
using sql::Done;

/// migrations[n] turns version n into version n + 1. A published one is never edited; a change is a new
/// entry.
constexpr std::array<const char*, schema_version> migrations = {R"sql(
-- Who may log in. Emails are in the one spelling of canonical_email().
CREATE TABLE users (
    user_id       TEXT    NOT NULL PRIMARY KEY,
    email         TEXT    NOT NULL UNIQUE,
    password_hash TEXT,                        -- NULL: nobody can log in as this user
    role          TEXT    NOT NULL CHECK (role IN ('trader', 'operator')),
    account_id    INTEGER UNIQUE CHECK (account_id BETWEEN 1 AND 4294967295),
                                               -- NULL: the engine has not opened it yet
    is_demo       INTEGER NOT NULL CHECK (is_demo IN (0, 1)),
    disabled      INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
    lock_reason   TEXT,                        -- not NULL: locked, and why
    created_ms    INTEGER NOT NULL
) STRICT;

-- The allow-list of session tokens. A row outlives its revocation until it would have expired.
CREATE TABLE sessions (
    token_id   TEXT    NOT NULL PRIMARY KEY,   -- the token's jti
    user_id    TEXT    NOT NULL REFERENCES users (user_id) ON DELETE CASCADE,
    issued_ms  INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL CHECK (expires_ms > issued_ms),
    revoked_ms INTEGER,                        -- not NULL: ended before its time
    peer       TEXT    NOT NULL,
    user_agent TEXT    NOT NULL
) STRICT;
CREATE INDEX sessions_by_user ON sessions (user_id, issued_ms);
CREATE INDEX sessions_by_expiry ON sessions (expires_ms);
)sql"};

Unexpected<sql::Error> refuse(const sql::Connection& database, std::string why) {
    return {sql::make_error("migrate", database.name(), std::move(why))};
}

Done has_no_tables(sql::Connection& database) {
    const auto count = database.number("SELECT count(*) FROM sqlite_schema");
    if (!count) return Unexpected{count.error()};
    if (*count == 0) return {};
    return refuse(database,
                  "the file is another program's database: point sauda to its own, or move it away");
}

Done check_version(sql::Connection& database, std::int64_t version, std::int64_t application_id) {
    if (version == 0 && application_id == 0) return has_no_tables(database);
    if (application_id != schema_application_id) {
        return refuse(database,
                      "the file is another program's database: point sauda to its own, or move it away");
    }
    if (version < 0 || version > schema_version) {
        return refuse(database, "schema version " + std::to_string(version) +
                                    " was written by a newer sauda (this one knows " +
                                    std::to_string(schema_version) +
                                    "): run that version, or restore the backup made before the upgrade");
    }
    return {};
}

Done run_migrations(sql::Connection& database, std::int64_t version) {
    for (; version < schema_version; ++version) {
        if (Done done = database.execute(migrations[static_cast<std::size_t>(version)]); !done) return done;
    }
    return database.execute("PRAGMA user_version = " + std::to_string(schema_version) +
                            "; PRAGMA application_id = " + std::to_string(schema_application_id));
}

}  // namespace

Done migrate(sql::Connection& database) {
    // The version is read inside the transaction: two programs may start on a new file at once.
    auto transaction = sql::Transaction::begin(database);
    if (!transaction) return Unexpected{transaction.error()};
    const auto version = database.number("PRAGMA user_version");
    if (!version) return Unexpected{version.error()};
    const auto application_id = database.number("PRAGMA application_id");
    if (!application_id) return Unexpected{application_id.error()};
    if (Done checked = check_version(database, *version, *application_id); !checked) return checked;
    if (*version < schema_version) {
        if (Done migrated = run_migrations(database, *version); !migrated) return migrated;
    }
    return transaction->commit();
}

}  // namespace sauda::identity
