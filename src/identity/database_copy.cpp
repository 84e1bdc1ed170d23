#include "identity/database_copy.h"

#include <memory>

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

}  // namespace sauda::identity
