#include "history/database_file.h"

#include <cerrno>
#include <cstdio>

#include "history/schema.h"
#include "sql/sqlite/database.h"

namespace sauda::history {

using base::Unexpected;
using sql::Done;

namespace {

constexpr const char* reader_settings =
    "PRAGMA query_only = ON;"
    "PRAGMA cache_size = -16384;"
    "PRAGMA trusted_schema = OFF;";

/// WAL so that readers never wait for the writer; NORMAL because the event log is the record.
constexpr const char* writer_settings =
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = NORMAL;"
    "PRAGMA wal_autocheckpoint = 0;"
    "PRAGMA journal_size_limit = 67108864;"
    "PRAGMA cache_size = -65536;"
    "PRAGMA temp_store = MEMORY;"
    "PRAGMA trusted_schema = OFF;";

sql::Error not_ours(const std::string& path) {
    return sql::make_error("open", path, "it is not a history of this version of sauda");
}

Done move_away(const std::string& from, const std::string& to) {
    if (std::rename(from.c_str(), to.c_str()) == 0 || errno == ENOENT) return {};
    return Unexpected{sql::make_error({"rename", from, errno, {}})};
}

/// Brings the tables to schema_version with `sql`, whole or not at all.
Done make_tables(sql::Connection& connection, const std::string& sql) {
    const std::string versions = "PRAGMA user_version = " + std::to_string(schema_version) +
                                 "; PRAGMA application_id = " + std::to_string(schema_application_id) + ";";
    return connection.execute("BEGIN IMMEDIATE;" + sql + versions + "COMMIT;");
}

/// What leads from a version to schema_version; empty where nothing is to be done.
std::string changes_from(std::int64_t version) {
    std::string changes;
    if (version == 1) changes += schema_from_1_sql;
    if (version <= 2) changes += schema_from_2_sql;
    return changes;
}

sql::Result<sql::Connection> try_open(const std::string& path, bool& is_unfit) {
    auto connection = sql::sqlite::open(path, sql::sqlite::Mode::read_write);
    if (!connection) return connection;
    // The first statement that reads the file says whether it is a database at all. What else may be wrong,
    // as with the disk, is no reason to set it aside.
    const auto tables = connection->number("SELECT count(*) FROM sqlite_schema");
    if (!tables) {
        is_unfit = tables.error().kind == sql::Error::Kind::damaged;
        return Unexpected{tables.error()};
    }
    const auto version = connection->number("PRAGMA user_version");
    const auto application = connection->number("PRAGMA application_id");
    if (!version || !application) return Unexpected{(version ? application : version).error()};
    const bool is_known = *version >= 1 && *version <= schema_version;
    is_unfit = *tables != 0 && (!is_known || *application != schema_application_id);
    if (is_unfit) return Unexpected{not_ours(path)};
    if (Done done = connection->execute(writer_settings); !done) return Unexpected{done.error()};
    const std::string changes = *tables == 0 ? schema_sql : changes_from(*version);
    if (changes.empty()) return connection;
    if (Done made = make_tables(*connection, changes); !made) return Unexpected{made.error()};
    return connection;
}

}  // namespace

Done set_aside_file(const std::string& path) {
    // The log first: without its database it is nothing, while the database without it would be an older one.
    for (const char* suffix : {"-wal", "-shm", ""}) {
        if (Done moved = move_away(path + suffix, path + ".old" + suffix); !moved) return moved;
    }
    return {};
}

sql::Result<OpenedToWrite> open_file_to_write(const std::string& path) {
    bool is_unfit = false;
    auto opened = try_open(path, is_unfit);
    std::string set_aside;
    if (!opened && is_unfit) {
        set_aside = opened.error().message();
        if (Done moved = set_aside_file(path); !moved) return Unexpected{moved.error()};
        opened = try_open(path, is_unfit);
    }
    if (!opened) return Unexpected{opened.error()};
    return OpenedToWrite{std::move(*opened), std::move(set_aside)};
}

sql::Result<sql::Connection> open_file_to_read(const std::string& path) {
    auto connection = sql::sqlite::open(path, sql::sqlite::Mode::read_only);
    if (!connection) return connection;
    if (const Done done = connection->execute(reader_settings); !done) return Unexpected{done.error()};
    const auto version = connection->number("PRAGMA user_version");
    if (!version) return Unexpected{version.error()};
    if (*version != schema_version) return Unexpected{not_ours(path)};
    return connection;
}

}  // namespace sauda::history
