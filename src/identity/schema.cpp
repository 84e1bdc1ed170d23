#include "identity/schema.h"

#include <array>
#include <string>
#include <utility>

namespace sauda::identity {
namespace {

using base::Unexpected;
using sql::Done;

using Migrations = std::array<const char*, schema_version>;

/// Entry n turns version n into version n + 1. A published one is never edited; a change is a new entry, in
/// both dialects.
constexpr Migrations sqlite_migrations = {R"sql(
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

/// Columns mean what they do above.
constexpr Migrations postgres_migrations = {R"sql(
CREATE TABLE users (
    user_id       TEXT   COLLATE "C" NOT NULL PRIMARY KEY,
    email         TEXT   COLLATE "C" NOT NULL UNIQUE,
    password_hash TEXT   COLLATE "C",
    role          TEXT   NOT NULL CHECK (role IN ('trader', 'operator')),
    account_id    BIGINT UNIQUE CHECK (account_id BETWEEN 1 AND 4294967295),
    is_demo       BIGINT NOT NULL CHECK (is_demo IN (0, 1)),
    disabled      BIGINT NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
    lock_reason   TEXT,
    created_ms    BIGINT NOT NULL
);
CREATE TABLE sessions (
    token_id   TEXT   COLLATE "C" NOT NULL PRIMARY KEY,
    user_id    TEXT   COLLATE "C" NOT NULL REFERENCES users (user_id) ON DELETE CASCADE,
    issued_ms  BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL CHECK (expires_ms > issued_ms),
    revoked_ms BIGINT,
    peer       TEXT   NOT NULL,
    user_agent TEXT   NOT NULL,
    number     BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY   -- in the order in which they were made
);
CREATE INDEX sessions_by_user ON sessions (user_id, issued_ms);
CREATE INDEX sessions_by_expiry ON sessions (expires_ms);
)sql"};

Unexpected<sql::Error> refuse(const sql::Connection& database, std::string why) {
    return {sql::make_error("migrate", database.name(), std::move(why))};
}

Unexpected<sql::Error> refuse_others(const sql::Connection& database) {
    return refuse(database, "it is another program's database: point sauda to its own, or move it away");
}

Done check_version(const sql::Connection& database, std::int64_t version) {
    if (version >= 0 && version <= schema_version) return {};
    return refuse(database, "schema version " + std::to_string(version) +
                                " was written by a newer sauda (this one knows " +
                                std::to_string(schema_version) +
                                "): run that version, or restore the backup made before the upgrade");
}

Done run_migrations(sql::Connection& database, const Migrations& migrations, std::int64_t version) {
    for (; version < schema_version; ++version) {
        if (Done done = database.execute(migrations[static_cast<std::size_t>(version)]); !done) return done;
    }
    return {};
}

// --- SQLite ---

Done migrate_file(sql::Connection& database) {
    const auto version = database.number("PRAGMA user_version");
    if (!version) return Unexpected{version.error()};
    const auto application_id = database.number("PRAGMA application_id");
    if (!application_id) return Unexpected{application_id.error()};
    const auto tables = database.number("SELECT count(*) FROM sqlite_schema");
    if (!tables) return Unexpected{tables.error()};
    const bool is_new = *version == 0 && *application_id == 0 && *tables == 0;
    if (!is_new && *application_id != schema_application_id) return refuse_others(database);
    if (Done checked = check_version(database, *version); !checked) return checked;
    if (*version == schema_version) return {};
    if (Done done = run_migrations(database, sqlite_migrations, *version); !done) return done;
    return database.execute("PRAGMA user_version = " + std::to_string(schema_version) +
                            "; PRAGMA application_id = " + std::to_string(schema_application_id));
}

// --- PostgreSQL ---

Done migrate_server(sql::Connection& database) {
    // Until the commit: whoever begins at the same time waits, and then finds what this one made.
    if (Done locked =
            database.execute("SELECT pg_advisory_xact_lock(" + std::to_string(schema_application_id) + ")");
        !locked)
        return locked;
    const auto schemas = database.number("SELECT count(*) FROM pg_namespace WHERE nspname = 'identity'");
    if (!schemas) return Unexpected{schemas.error()};
    if (*schemas == 0) {
        const Done made = database.execute(
            "CREATE SCHEMA identity; CREATE TABLE schema_version (version BIGINT NOT NULL);"
            "INSERT INTO schema_version VALUES (0)");
        if (!made) return made;
    }
    const auto ours = database.number(
        "SELECT count(*) FROM pg_tables WHERE schemaname = 'identity' AND tablename = 'schema_version'");
    if (!ours) return Unexpected{ours.error()};
    if (*ours == 0) return refuse_others(database);
    const auto version = database.number("SELECT version FROM schema_version");
    if (!version) return Unexpected{version.error()};
    if (Done checked = check_version(database, *version); !checked) return checked;
    if (*version == schema_version) return {};
    if (Done done = run_migrations(database, postgres_migrations, *version); !done) return done;
    return database.execute("UPDATE schema_version SET version = " + std::to_string(schema_version));
}

}  // namespace

Done migrate(sql::Connection& database) {
    // The version is read inside the transaction: two programs may start on a new database at once.
    auto transaction = sql::Transaction::begin(database);
    if (!transaction) return Unexpected{transaction.error()};
    const Done done = database.is_postgres() ? migrate_server(database) : migrate_file(database);
    if (!done) return done;
    return transaction->commit();
}

}  // namespace sauda::identity
