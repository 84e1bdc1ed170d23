/// The partitions of PostgreSQL's large tables.
///
/// Stamps rise with sequences, and so do order ids: a month of commands is a range of sequences and of order
/// ids, and the tables are partitioned by those. The newest month's range is open to above, since nobody
/// knows yet where it will end; it is closed, and the next one begun, before the first row of the next month
/// is written. Below a month, tables that have accounts are partitioned by a hash of the account.
#pragma once

#include <cstdint>

#include "core/types/timestamp.h"
#include "history/rows.h"
#include "sql/connection.h"

namespace sauda::history {

/// 12 × year + month - 1 of a time, in UTC.
std::int64_t month_of(core::TimestampNs time);

/// Threads: one owner at a time.
class Months {
public:
    /// As they stand in the database.
    static sql::Result<Months> read(sql::Connection& connection);

    /// Makes the partitions that the rows of `batch` need. To close a month reads its rows once, while
    /// readers go on. Killed in between, it begins again at the next call. Requires: no transaction.
    sql::Done prepare(sql::Connection& connection, const Batch& batch);

private:
    /// A month, and from which sequence and order id on rows are of it.
    struct Month {
        std::int64_t month = 0;
        core::Sequence first_sequence;
        core::OrderId first_order;
    };
    sql::Done begin(sql::Connection& connection, const Month& next);

    Month open_;  ///< the newest; zero: there is none
};

}  // namespace sauda::history
