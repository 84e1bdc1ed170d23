#include "sql/testing/test_database.h"

#include <cstdlib>
#include <stdlib.h>

#include "sql/postgres/database.h"
#include "sql/testing/postgres_server.h"

namespace sauda::sql::testing {

std::string name_of(Dialect dialect) {
    return dialect == Dialect::sqlite ? "sqlite" : "postgres";
}

TestDatabase::TestDatabase(Dialect dialect) : dialect_(dialect) {
    if (is_postgres()) {
        name_ = PostgresServer::shared().new_database();
        return;
    }
    directory_ = (std::filesystem::temp_directory_path() / "sauda-sql-XXXXXX").string();
    if (::mkdtemp(directory_.data()) == nullptr) std::abort();
    name_ = directory_ + "/test.sqlite";
}

TestDatabase::~TestDatabase() {
    std::error_code ignored;
    if (!directory_.empty()) std::filesystem::remove_all(directory_, ignored);
    // The server's databases go with the server.
}

}  // namespace sauda::sql::testing
