#include "sql/postgres/database.h"

namespace sauda::sql::postgres {

using base::Unexpected;

Result<Connection> open(const std::string& address, const Options& options) {
    auto session = PostgresSession::open(address, options);
    if (!session) return Unexpected{session.error()};
    return Connection(std::move(*session));
}

Result<bool> try_lock(Connection& connection, std::int64_t key) {
    Statement& lock = connection.prepared("SELECT pg_try_advisory_lock(?)");
    const bool is_ours = lock.bind(key).step() && lock.integer(0) != 0;
    lock.reset();
    if (lock.failed()) return Unexpected{lock.error()};
    return is_ours;
}

}  // namespace sauda::sql::postgres
