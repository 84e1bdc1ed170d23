/// History in PostgreSQL.
#pragma once

#include <string>

#include "history/database.h"

namespace sauda::history {

sql::Result<sql::Connection> open_server_to_read(const std::string& address, Reading reading);
/// Fails where another session writes: there is one writer.
sql::Result<OpenedToWrite> open_server_to_write(const std::string& address, const sql::Interrupt* interrupt);
/// Renames the schema to `history_old`, in place of an older one.
sql::Done set_aside_server(const std::string& address);

}  // namespace sauda::history
