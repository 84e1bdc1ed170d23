/// History in a file of SQLite.
#pragma once

#include <string>

#include "history/database.h"

namespace sauda::history {

sql::Result<sql::Connection> open_file_to_read(const std::string& path);
sql::Result<OpenedToWrite> open_file_to_write(const std::string& path);
/// Moves the file to `path`.old, in place of an older one.
sql::Done set_aside_file(const std::string& path);

}  // namespace sauda::history
