/// How rows of the identity tables become values: shared by the two halves of the store, used by nothing
/// else.
#pragma once

#include "identity/database.h"
#include "identity/store.h"
#include "identity/user.h"

namespace sauda::identity {

inline StoreError database_error(const sql::Error& error) {
    return StoreError{StoreError::Kind::database, with_advice(error)};
}

/// Behind a SELECT: what it found stays as it is until the transaction ends. In SQLite it does anyway, since
/// one transaction at a time may write.
inline std::string for_share(const sql::Connection& database) {
    return database.is_postgres() ? " FOR SHARE" : "";
}
inline std::string for_update(const sql::Connection& database) {
    return database.is_postgres() ? " FOR NO KEY UPDATE" : "";
}

/// Ids in the file were written by us: another spelling means that somebody else wrote there.
inline Uuid stored_uuid(std::string_view text) {
    const std::optional<Uuid> id = Uuid::parse(text);
    ASSERT(id.has_value());
    return *id;
}

inline std::optional<AccountNumber> stored_account(const std::optional<std::int64_t>& number) {
    // The table's CHECK keeps the number within 32 bits.
    return number ? std::optional(static_cast<AccountNumber>(*number)) : std::nullopt;
}

inline Role stored_role(std::string_view text) {
    const std::optional<Role> role = parse_role(text);
    ASSERT(role.has_value());
    return *role;
}

/// Rows of `query`, each read by `read_row(query)`.
template <class ReadRow>
auto collect(sql::Statement& query, ReadRow read_row) -> StoreResult<std::vector<decltype(read_row(query))>> {
    std::vector<decltype(read_row(query))> rows;
    while (query.step()) rows.push_back(read_row(query));
    query.reset();
    if (query.failed()) return base::Unexpected{database_error(query.error())};
    return rows;
}

/// The only row of `query`, or nothing.
template <class ReadRow>
auto collect_one(sql::Statement& query, ReadRow read_row)
    -> StoreResult<std::optional<decltype(read_row(query))>> {
    std::optional<decltype(read_row(query))> row;
    if (query.step()) row = read_row(query);
    query.reset();
    if (query.failed()) return base::Unexpected{database_error(query.error())};
    return row;
}

}  // namespace sauda::identity
