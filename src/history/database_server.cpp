#include "history/database_server.h"

#include <chrono>
#include <thread>

#include "core/types/text.h"
#include "history/schema.h"
#include "sql/postgres/database.h"

namespace sauda::history {

using base::Unexpected;
using sql::Done;

namespace {

/// Every question goes along an index that has its rows in the order in which they are told. Statistics lag
/// behind tables that grow, and shall not talk the planner into another way.
constexpr const char* along_indexes =
    "SET enable_seqscan TO off;"
    "SET enable_bitmapscan TO off;"
    "SET enable_hashjoin TO off;"
    "SET enable_mergejoin TO off;"
    "SET enable_sort TO off;"
    "SET cursor_tuple_fraction TO 0.001;";

/// A commit is not synced, because the event log is the record: after a power loss the newest batches may be
/// gone, and are projected again. Nobody who sits on a lock stops the writer, or readers behind it, for long.
constexpr const char* writer_settings =
    "SET synchronous_commit TO off;"
    "SET jit TO off;"
    "SET lock_timeout TO '5s';";

/// What the server does for a connection that broke ends a moment after it.
constexpr int lock_tries = 50;
constexpr auto lock_interval = std::chrono::milliseconds(100);

sql::Error not_ours(const sql::Connection& connection) {
    return sql::make_error("open", connection.name(), "it is not a history of this version of sauda");
}

/// A database and the schema in it.
struct Place {
    std::string address;
    std::string schema = "history";

    std::string search_path() const { return "SET search_path TO \"" + schema + "\";"; }
    /// Who holds it writes to the schema. Other schemas have other locks, as good as surely.
    std::int64_t lock() const {
        std::uint64_t hash = 0xCBF29CE484222325;  // FNV-1a
        for (const char c : schema) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
        const bool is_main = schema == "history";
        return schema_application_id + (is_main ? 0 : static_cast<std::int64_t>(hash >> 2));
    }
};

/// What follows a `#` names the shard whose history it is: nothing in it needs to be quoted.
sql::Result<Place> place_of(const std::string& name) {
    const std::size_t hash = name.find('#');
    Place place{name.substr(0, hash)};
    if (hash == std::string::npos) return place;
    const std::string shard = name.substr(hash + 1);
    if (!core::is_valid_shard_name(shard))
        return Unexpected{
            sql::make_error("open", "PostgreSQL", "a shard's name is 1 to 15 of a-z, 0-9 and -")};
    place.schema += "_" + shard;
    return place;
}

/// Zero: there is no history of any version.
sql::Result<std::int64_t> version_of(sql::Connection& connection, const std::string& schema) {
    const auto schemas =
        connection.number("SELECT count(*) FROM pg_namespace WHERE nspname = '" + schema + "'");
    if (!schemas || *schemas == 0) return schemas;
    const auto has_version = connection.number("SELECT count(*) FROM pg_tables WHERE schemaname = '" +
                                               schema + "' AND tablename = 'schema_version'");
    if (!has_version) return has_version;
    return *has_version == 0 ? sql::Result<std::int64_t>(-1)
                             : connection.number("SELECT version FROM \"" + schema + "\".schema_version");
}

/// A connection that is the only one to write until it ends.
sql::Result<sql::Connection> connect_writer(const Place& place, const sql::Interrupt* interrupt) {
    sql::postgres::Options options;
    options.settings = place.search_path() + along_indexes + writer_settings;
    options.answer_timeout = std::chrono::milliseconds(0);  // a large month takes its time to be closed
    options.interrupt = interrupt;
    auto connection = sql::postgres::open(place.address, options);
    if (!connection) return connection;
    for (int tries = 0; tries < lock_tries; ++tries) {
        const auto is_ours = sql::postgres::try_lock(*connection, place.lock());
        if (!is_ours) return Unexpected{is_ours.error()};
        if (*is_ours) return connection;
        std::this_thread::sleep_for(lock_interval);
    }
    return Unexpected{
        sql::make_error("open", connection->name(),
                        "another history writer writes to it: stop that one, or use another database")};
}

Done rename(sql::Connection& connection, const std::string& schema) {
    const std::string old = "\"" + schema + "_old\"";
    return connection.execute("DROP SCHEMA IF EXISTS " + old + " CASCADE; ALTER SCHEMA \"" + schema +
                              "\" RENAME TO " + old);
}

Done make_tables(sql::Connection& connection, const std::string& schema) {
    return connection.execute("CREATE SCHEMA \"" + schema + "\";" + schema_postgres_sql +
                              "INSERT INTO schema_version VALUES (" + std::to_string(schema_version) + ");");
}

/// All of it, or nothing: one message to the server is one transaction.
Done change_tables_from_2(sql::Connection& connection) {
    return connection.execute(std::string(schema_postgres_from_2_sql) +
                              "UPDATE schema_version SET version = " + std::to_string(schema_version) + ";");
}

}  // namespace

Done set_aside_server(const std::string& name) {
    const auto place = place_of(name);
    if (!place) return Unexpected{place.error()};
    auto connection = connect_writer(*place, nullptr);
    if (!connection) return Unexpected{connection.error()};
    return rename(*connection, place->schema);
}

sql::Result<OpenedToWrite> open_server_to_write(const std::string& name, const sql::Interrupt* interrupt) {
    const auto place = place_of(name);
    if (!place) return Unexpected{place.error()};
    auto connection = connect_writer(*place, interrupt);
    if (!connection) return Unexpected{connection.error()};
    const auto version = version_of(*connection, place->schema);
    if (!version) return Unexpected{version.error()};
    if (*version == 2) {
        if (Done changed = change_tables_from_2(*connection); !changed) return Unexpected{changed.error()};
        return OpenedToWrite{std::move(*connection), {}};
    }
    std::string set_aside;
    if (*version != 0 && *version != schema_version) {
        set_aside = not_ours(*connection).message();
        if (Done renamed = rename(*connection, place->schema); !renamed) return Unexpected{renamed.error()};
    }
    if (*version != schema_version) {
        if (Done made = make_tables(*connection, place->schema); !made) return Unexpected{made.error()};
    }
    return OpenedToWrite{std::move(*connection), std::move(set_aside)};
}

sql::Result<sql::Connection> open_server_to_read(const std::string& name, Reading reading) {
    const auto place = place_of(name);
    if (!place) return Unexpected{place.error()};
    sql::postgres::Options options;
    // Compiling a plan over many partitions takes longer than running it.
    options.settings = place->search_path() + "SET default_transaction_read_only TO on; SET jit TO off;";
    if (reading == Reading::questions) {
        options.settings += std::string(along_indexes) + "SET statement_timeout TO '4s';";
    } else {
        options.answer_timeout = std::chrono::milliseconds(0);
    }
    auto connection = sql::postgres::open(place->address, options);
    if (!connection) return connection;
    const auto version = version_of(*connection, place->schema);
    if (!version) return Unexpected{version.error()};
    if (*version != schema_version) return Unexpected{not_ours(*connection)};
    return connection;
}

}  // namespace sauda::history
