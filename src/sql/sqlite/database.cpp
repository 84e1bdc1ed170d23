#include "sql/sqlite/database.h"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/assert.h"

namespace sauda::sql::sqlite {

using base::Unexpected;

namespace {

/// SQLite would make the file with the mode that the umask leaves.
Done make_file(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) return Unexpected{make_error({"open", path, errno, {}})};
    ::close(descriptor);
    return {};
}

const SqliteSession& session_of(Connection& connection) {
    ASSERT(connection.dialect() == Dialect::sqlite);
    return static_cast<const SqliteSession&>(connection.session());
}

}  // namespace

Result<Connection> open(const std::string& path, Mode mode) {
    if (mode == Mode::read_write) {
        if (Done made = make_file(path); !made) return Unexpected{made.error()};
    }
    auto session = SqliteSession::open(path, mode);
    if (!session) return Unexpected{session.error()};
    return Connection(std::move(*session));
}

Result<std::int64_t> checkpoint(Connection& connection) {
    const SqliteSession& session = session_of(connection);
    int in_log = 0;
    int copied = 0;
    const int outcome =
        sqlite3_wal_checkpoint_v2(session.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, &in_log, &copied);
    if (outcome != SQLITE_OK && outcome != SQLITE_BUSY) return Unexpected{session.last_error("checkpoint")};
    return std::int64_t{in_log} - copied;
}

Done copy(Connection& from, Connection& to) {
    const SqliteSession& source = session_of(from);
    const SqliteSession& target = session_of(to);
    sqlite3_backup* copying = sqlite3_backup_init(target.handle(), "main", source.handle(), "main");
    if (copying == nullptr) return Unexpected{target.last_error("copy")};
    sqlite3_backup_step(copying, -1);  // all pages in one transaction
    if (sqlite3_backup_finish(copying) != SQLITE_OK) return Unexpected{target.last_error("copy")};
    return to.execute("PRAGMA journal_mode = DELETE");
}

}  // namespace sauda::sql::sqlite
