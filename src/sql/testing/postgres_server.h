/// A PostgreSQL server of its own for one test program.
#pragma once

#include <string>
#include <sys/types.h>

namespace sauda::sql::testing {

/// A child of this process, in a new directory, on a socket in it and on no port, without fsync. Where tests
/// run as root it runs as the user postgres, since PostgreSQL refuses root. It ends with this object, or with
/// the thread that made it, also when that is killed.
///
/// Threads: one owner.
class PostgresServer {
public:
    /// Makes the directory and the databases, and waits until they are served. Aborts where it cannot: tests
    /// without the server they need prove nothing.
    PostgresServer();
    ~PostgresServer();
    PostgresServer(const PostgresServer&) = delete;
    PostgresServer& operator=(const PostgresServer&) = delete;

    /// The one of this program, started at its first use.
    static PostgresServer& shared();

    /// The connection URI of `database`.
    std::string address(const std::string& database) const;
    /// Makes an empty database that did not exist, and returns its connection URI.
    std::string new_database();

    /// Ends the server at once, as a crash would, and starts it again on its directory.
    void kill();
    void start();
    /// Stops it in its tracks, as a machine without a processor would, and lets it go on.
    void freeze(bool is_frozen);

private:
    std::string directory_;
    pid_t process_ = 0;
    int databases_ = 0;
};

}  // namespace sauda::sql::testing
