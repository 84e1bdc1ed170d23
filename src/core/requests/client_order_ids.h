/// Remembers what each client order id asked for, so that a retry is never a second order.
///
/// An id lives while its order is open and for `client_order_id_memory_ns` of command time after; at most
/// `client_order_ids_per_account_max` per account. Threads: one owner at a time.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "core/state.h"

namespace sauda::core {

class ClientOrderIds {
public:
    /// Index of a remembered id; 0 is none. Stays the same while the id is remembered.
    using Entry = std::uint32_t;

    /// The entry of `id`, or 0.
    Entry find(AccountId account, const ClientOrderId& id) const;
    const ClientOrderRecord& operator[](Entry entry) const { return records_[entry]; }

    /// Ids remembered for `account`.
    std::uint32_t count(AccountId account) const;

    /// Remembers `record`, in place of a closed record of the same id if there is one.
    /// Requires: no open record of the same account and id.
    Entry remember(const ClientOrderRecord& record, TimestampNs now);

    /// The order of `entry` has closed: it is forgotten ten minutes of command time from `now`.
    void close(Entry entry, TimestampNs now);

    /// Nothing is to be forgotten before this.
    TimestampNs due_from() const { return next_due_; }
    /// Forgets what is due at `now`.
    void forget_due(TimestampNs now) {
        if (now >= next_due_) forget_all_due(now);
    }

    /// Every record, sorted by account and id.
    std::vector<ClientOrderRecord> sorted_records() const;
    /// Takes back what sorted_records() gave. Requires: empty. Returns nothing; find() gives the entries.
    void restore(const std::vector<ClientOrderRecord>& records);

private:
    struct Key {
        AccountId account;
        ClientOrderId id;
        friend bool operator==(const Key&, const Key&) = default;
    };
    struct KeyHash {
        std::size_t operator()(const Key& key) const noexcept;
    };
    static constexpr TimestampNs never{INT64_MAX};
    struct Due {
        TimestampNs time;
        Entry entry;
    };

    Entry allocate(const ClientOrderRecord& record);
    void forget(Entry entry);
    [[gnu::noinline]] void forget_all_due(TimestampNs now);

    std::vector<ClientOrderRecord> records_{1};  // index 0 is none
    std::vector<Entry> free_;
    boost::unordered_flat_map<Key, Entry, KeyHash> index_;
    std::deque<Due> due_;                // by time: command time never runs backwards
    TimestampNs next_due_ = never;       // the time of the first
    std::vector<std::uint32_t> counts_;  // by account
};

}  // namespace sauda::core
