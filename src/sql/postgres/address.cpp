#include "sql/postgres/address.h"

#include <libpq-fe.h>
#include <memory>

namespace sauda::sql::postgres {

namespace {

struct Free {
    void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

}  // namespace

bool is_address(std::string_view name) {
    return name.starts_with("postgresql://") || name.starts_with("postgres://");
}

Result<std::string> describe(const std::string& address) {
    char* why = nullptr;
    const std::unique_ptr<PQconninfoOption, Free> options(PQconninfoParse(address.c_str(), &why));
    PQfreemem(why);  // it may repeat the address, password and all
    if (!options)
        return base::Unexpected{make_error("open", "PostgreSQL",
                                           "the address is no connection URI: write it as "
                                           "postgresql://user@host:port/database")};
    std::string database;
    std::string host;
    std::string port;
    for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
        if (option->val == nullptr) continue;
        const std::string_view keyword = option->keyword;
        if (keyword == "dbname") database = option->val;
        if (keyword == "host") host = option->val;
        if (keyword == "port") port = option->val;
    }
    std::string name = "PostgreSQL database " + (database.empty() ? "of the user's name" : database);
    if (!host.empty()) name += " at " + host;
    if (!port.empty()) name += ":" + port;
    return name;
}

}  // namespace sauda::sql::postgres
