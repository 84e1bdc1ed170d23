#include "identity/database.h"

#include <cerrno>
#include <filesystem>

#include <sqlite3.h>

#include "identity/private_file.h"
#include "sql/postgres/address.h"
#include "sql/postgres/database.h"
#include "sql/sqlite/database.h"

namespace sauda::identity {
namespace {

using base::Unexpected;

/// What a person can do about a primary result code.
const char* advice_for(int code) {
    switch (code & 0xFF) {
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return "; stop sauda and restore the file from a backup, or rescue its rows with "
                   "`sqlite3 FILE .recover`";
        case SQLITE_FULL:
            return "; free some disk space";
        case SQLITE_READONLY:
        case SQLITE_CANTOPEN:
        case SQLITE_PERM:
            return "; check that the user who runs sauda owns the file and its directory and may write to "
                   "both";
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return "; another process holds the file: stop it, or try again";
        case SQLITE_IOERR:
            return "; check the disk and its file system";
        default:
            return "";
    }
}

/// SQLite would create the file with the mode that the umask leaves, so it is created here.
base::Result<void, base::IoError> ensure_database_file(const std::string& path) {
    const auto created = create_private_file(path, {});
    if (!created && created.error().error_number != EEXIST) return created;
    return check_private_file(path);
}

sql::Done check_integrity(sql::Connection& database) {
    // A table of users is small: the check takes milliseconds, once per start.
    sql::Statement& check = database.prepared("PRAGMA quick_check(1)");
    const std::string answer(check.step() ? check.text(0) : "");
    check.reset();
    if (check.failed()) return Unexpected{check.error()};
    if (answer == "ok") return {};
    return Unexpected{
        sql::Error{{"check", database.name(), 0, answer}, sql::Error::Kind::damaged, SQLITE_CORRUPT}};
}

sql::Result<sql::Connection> open_file(const std::string& path) {
    const std::string directory = std::filesystem::path(path).parent_path().string();
    if (const auto made = ensure_private_directory(directory.empty() ? "." : directory); !made)
        return Unexpected{sql::make_error(made.error())};
    if (const auto file = ensure_database_file(path); !file) return Unexpected{sql::make_error(file.error())};
    auto database = sql::sqlite::open(path, sql::sqlite::Mode::read_write);
    if (!database) return Unexpected{database.error()};
    const sql::Done configured = database->execute(
        "PRAGMA journal_mode = WAL;"
        "PRAGMA synchronous = FULL;"
        "PRAGMA foreign_keys = ON;"
        "PRAGMA trusted_schema = OFF;"
        "PRAGMA secure_delete = ON;");
    if (!configured) return Unexpected{configured.error()};
    if (const sql::Done checked = check_integrity(*database); !checked) return Unexpected{checked.error()};
    return database;
}

/// Nobody waits longer than this for a server, or for somebody who holds what he needs.
sql::Result<sql::Connection> open_server(const std::string& address) {
    sql::postgres::Options options;
    options.settings =
        "SET search_path TO identity;"
        "SET statement_timeout TO '4s';"
        "SET idle_in_transaction_session_timeout TO '10s';";
    options.answer_timeout = std::chrono::seconds(5);
    options.reconnects = true;
    return sql::postgres::open(address, options);
}

}  // namespace

sql::Result<sql::Connection> open_database(const std::string& name) {
    return sql::postgres::is_address(name) ? open_server(name) : open_file(name);
}

base::IoError with_advice(const sql::Error& error) {
    base::IoError out = error;
    out.detail += advice_for(error.sqlite_code);
    return out;
}

}  // namespace sauda::identity
