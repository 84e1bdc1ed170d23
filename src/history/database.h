/// Where history is kept: a file of SQLite, or the schema `history` of a PostgreSQL database; with `#name`
/// behind the database's URI the schema `history_name`, of a shard of several. Opened to be read (reader.h,
/// audit.h) or, by one at a time, to be written (store.h).
#pragma once

#include <cstdint>
#include <string>

#include "sql/connection.h"
#include "sql/postgres/interrupt.h"

namespace sauda::history {

/// What a connection that reads is for.
enum class Reading : std::uint8_t {
    questions,   ///< each answered along an index, in a bounded time
    everything,  ///< by whatever plan is best, for as long as it takes
};
sql::Result<sql::Connection> open_to_read(const std::string& name, Reading reading);

/// A connection that writes, and what was set aside to open it, in a sentence; empty: nothing.
struct OpenedToWrite {
    sql::Connection connection;
    std::string set_aside;
};
/// See Store::open() and Store::set_aside(). `interrupt` ends what waits for a server; null: nothing does.
sql::Result<OpenedToWrite> open_to_write(const std::string& name, const sql::Interrupt* interrupt);
sql::Done set_aside_database(const std::string& name);

}  // namespace sauda::history
