/// The leases that accounts are under, and when the next of them falls due.
///
/// One row after the other, sorted: whoever renews passes over all rows of a holder, some ten thousand
/// connections in some ten microseconds, and an order asks for one number. Threads: one owner at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/state.h"

namespace sauda::core {

/// Invariant: no lease falls due before due_from().
class LeaseTable {
public:
    bool empty() const { return records_.empty(); }
    std::size_t size() const { return records_.size(); }

    /// Whether the account is under this lease.
    bool has(AccountId account, LeaseId lease) const;
    /// Adds the lease, or takes the place of what it was.
    void put(const LeaseRecord& record);
    /// Requires: has(account, lease).
    void erase(AccountId account, LeaseId lease);

    /// Every lease of `holder` begins anew. Countdowns have no holder: zero renews nothing.
    void renew(std::uint64_t holder, TimestampNs now);
    /// Every lease begins anew.
    void restart(TimestampNs now);

    /// Nothing is due before this; it may be that nothing is due at it either.
    TimestampNs due_from() const { return due_from_; }
    /// When the next lease falls due, exactly. O(leases) after a change, otherwise O(1).
    std::optional<TimestampNs> next_due() const;
    /// What is due at `now`: by the time at which it fell due, then as sorted.
    std::vector<LeaseRecord> due_at(TimestampNs now) const;
    /// Takes out the first `count` of `due`, which is due_at() some time. What is left of it falls due
    /// `later`.
    void take_due(const std::vector<LeaseRecord>& due, std::size_t count, TimestampNs later);

    /// Every record, sorted by lease, then account.
    const std::vector<LeaseRecord>& sorted_records() const { return records_; }
    /// Takes back what sorted_records() gave. Requires: empty.
    void restore(const std::vector<LeaseRecord>& records);

private:
    static constexpr TimestampNs never{INT64_MAX};

    void find_due_from() const;

    std::vector<LeaseRecord> records_;
    // What is remembered of the records, found again when it is asked for.
    mutable TimestampNs due_from_ = never;
    mutable bool is_exact_ = true;
};

}  // namespace sauda::core
