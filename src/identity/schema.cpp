#include "identity/schema.h"

#include <array>
#include <string>
#include <utility>

namespace sauda::identity {
namespace {

using base::IoError;
using base::Unexpected;
using Done = base::Result<void, IoError>;

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

base::Result<int, IoError> read_pragma(Database& database, const char* sql) {
    Query query(database, sql);
    const int value = query.next() ? static_cast<int>(query.integer(0)) : 0;
    if (Done finished = query.finished(); !finished) return Unexpected{finished.error()};
    return value;
}

Unexpected<IoError> refuse(const Database& database, std::string why) {
    return Unexpected{IoError{"migrate", database.path(), 0, std::move(why)}};
}

Done has_no_tables(Database& database) {
    base::Result<int, IoError> count = read_pragma(database, "SELECT count(*) FROM sqlite_schema");
    if (!count) return Unexpected{count.error()};
    if (*count == 0) return {};
    return refuse(database,
                  "the file is another program's database: point sauda to its own, or move it away");
}

Done check_version(Database& database, int version, int application_id) {
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

Done run_migrations(Database& database, int version) {
    for (; version < schema_version; ++version) {
        if (Done done = database.execute(migrations[static_cast<std::size_t>(version)]); !done) return done;
    }
    return database.execute("PRAGMA user_version = " + std::to_string(schema_version) +
                            "; PRAGMA application_id = " + std::to_string(schema_application_id));
}

}  // namespace

Done migrate(Database& database) {
    // The version is read inside the transaction: two programs may start on a new file at once.
    base::Result<Transaction, IoError> transaction = Transaction::begin(database);
    if (!transaction) return Unexpected{transaction.error()};
    const base::Result<int, IoError> version = read_pragma(database, "PRAGMA user_version");
    if (!version) return Unexpected{version.error()};
    const base::Result<int, IoError> application_id = read_pragma(database, "PRAGMA application_id");
    if (!application_id) return Unexpected{application_id.error()};
    if (Done checked = check_version(database, *version, *application_id); !checked) return checked;
    if (*version < schema_version) {
        if (Done migrated = run_migrations(database, *version); !migrated) return migrated;
    }
    return transaction->commit();
}

}  // namespace sauda::identity
