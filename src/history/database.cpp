#include "history/database.h"

#include "history/database_file.h"
#include "history/database_server.h"
#include "sql/postgres/address.h"

namespace sauda::history {

using sql::postgres::is_address;

sql::Result<sql::Connection> open_to_read(const std::string& name, Reading reading) {
    return is_address(name) ? open_server_to_read(name, reading) : open_file_to_read(name);
}

sql::Result<OpenedToWrite> open_to_write(const std::string& name, const sql::Interrupt* interrupt) {
    return is_address(name) ? open_server_to_write(name, interrupt) : open_file_to_write(name);
}

sql::Done set_aside_database(const std::string& name) {
    return is_address(name) ? set_aside_server(name) : set_aside_file(name);
}

}  // namespace sauda::history
