#include "identity/database_copy.h"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <sqlite3.h>

#include "identity/private_file.h"

namespace sauda::identity {

namespace {

using base::IoError;
using base::Unexpected;

constexpr int busy_timeout_ms = 5000;

struct CloseConnection {
    void operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }
};
using Connection = std::unique_ptr<sqlite3, CloseConnection>;

IoError error_of(sqlite3* connection, const char* operation, const std::string& path) {
    const char* reason = connection == nullptr ? "out of memory" : sqlite3_errmsg(connection);
    return {operation, path, 0, reason};
}

base::Result<Connection, IoError> open_file(const std::string& path) {
    if (const auto checked = check_private_file(path); !checked) return Unexpected{checked.error()};
    sqlite3* raw = nullptr;
    const int opened =
        sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
    Connection connection(raw);
    if (opened != SQLITE_OK) return Unexpected{error_of(raw, "open", path)};
    sqlite3_busy_timeout(raw, busy_timeout_ms);
    return connection;
}

struct FinalizeStatement {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

Statement prepare(sqlite3* connection, const char* sql) {
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v2(connection, sql, -1, &statement, nullptr);
    return Statement(statement);
}

/// Ids of users that have an account; nothing when they cannot be read.
std::optional<std::vector<std::string>> users_with_account(sqlite3* connection) {
    const Statement query = prepare(connection, "SELECT user_id FROM users WHERE account_id IS NOT NULL");
    if (!query) return std::nullopt;
    std::vector<std::string> users;
    int outcome = 0;
    while ((outcome = sqlite3_step(query.get())) == SQLITE_ROW)
        users.emplace_back(reinterpret_cast<const char*>(sqlite3_column_text(query.get(), 0)));
    return outcome == SQLITE_DONE ? std::optional(std::move(users)) : std::nullopt;
}

bool clear_account(sqlite3* connection, const std::string& user) {
    const Statement change = prepare(connection, "UPDATE users SET account_id = NULL WHERE user_id = ?");
    if (!change) return false;
    sqlite3_bind_text(change.get(), 1, user.data(), static_cast<int>(user.size()), SQLITE_STATIC);
    return sqlite3_step(change.get()) == SQLITE_DONE;
}

}  // namespace

base::Result<void, IoError> copy_database(const std::string& from, const std::string& to) {
    const auto source = open_file(from);
    if (!source) return Unexpected{source.error()};
    if (const auto made = create_private_file(to, {}); !made) return Unexpected{made.error()};
    const auto target = open_file(to);
    if (!target) return Unexpected{target.error()};
    sqlite3_backup* copy = sqlite3_backup_init(target->get(), "main", source->get(), "main");
    if (copy == nullptr) return Unexpected{error_of(target->get(), "copy", to)};
    sqlite3_backup_step(copy, -1);  // all pages in one transaction: users and sessions are small
    if (sqlite3_backup_finish(copy) != SQLITE_OK) return Unexpected{error_of(target->get(), "copy", to)};
    // One file, with nothing beside it: a copy is moved and checked as one.
    if (sqlite3_exec(target->get(), "PRAGMA journal_mode = DELETE", nullptr, nullptr, nullptr) != SQLITE_OK)
        return Unexpected{error_of(target->get(), "copy", to)};
    return {};
}

base::Result<std::size_t, IoError> clear_accounts(const std::string& copy,
                                                  const std::function<bool(const Uuid&)>& is_open) {
    const auto connection = open_file(copy);
    if (!connection) return Unexpected{connection.error()};
    const auto users = users_with_account(connection->get());
    if (!users) return Unexpected{error_of(connection->get(), "read", copy)};
    std::size_t cleared = 0;
    for (const std::string& user : *users) {
        const auto id = Uuid::parse(user);
        if (!id || is_open(*id)) continue;
        if (!clear_account(connection->get(), user))
            return Unexpected{error_of(connection->get(), "write", copy)};
        ++cleared;
    }
    return cleared;
}

}  // namespace sauda::identity
