#include "identity/database_copy.h"

#include <string>
#include <utility>
#include <vector>

#include "identity/private_file.h"
#include "sql/sqlite/database.h"

namespace sauda::identity {

namespace {

using base::Unexpected;

sql::Result<sql::Connection> open_file(const std::string& path) {
    if (const auto checked = check_private_file(path); !checked)
        return Unexpected{sql::make_error(checked.error())};
    return sql::sqlite::open(path, sql::sqlite::Mode::read_write);
}

/// Ids of users that have an account.
sql::Result<std::vector<std::string>> users_with_account(sql::Connection& database) {
    sql::Statement& query = database.prepared("SELECT user_id FROM users WHERE account_id IS NOT NULL");
    std::vector<std::string> users;
    while (query.step()) users.emplace_back(query.text(0));
    query.reset();
    if (query.failed()) return Unexpected{query.error()};
    return users;
}

}  // namespace

base::Result<void, base::IoError> copy_database(const std::string& from, const std::string& to) {
    auto source = open_file(from);
    if (!source) return Unexpected{source.error()};
    if (const auto made = create_private_file(to, {}); !made) return Unexpected{made.error()};
    auto target = open_file(to);
    if (!target) return Unexpected{target.error()};
    if (const sql::Done copied = sql::sqlite::copy(*source, *target); !copied)
        return Unexpected{copied.error()};
    return {};
}

base::Result<std::size_t, base::IoError> clear_accounts(const std::string& copy,
                                                        const std::function<bool(const Uuid&)>& is_open) {
    auto database = open_file(copy);
    if (!database) return Unexpected{database.error()};
    const auto users = users_with_account(*database);
    if (!users) return Unexpected{users.error()};
    std::size_t cleared = 0;
    for (const std::string& user : *users) {
        const auto id = Uuid::parse(user);
        if (!id || is_open(*id)) continue;
        sql::Statement& change = database->prepared("UPDATE users SET account_id = NULL WHERE user_id = ?");
        if (!change.bind(std::string_view(user)).run()) return Unexpected{change.error()};
        ++cleared;
    }
    return cleared;
}

}  // namespace sauda::identity
