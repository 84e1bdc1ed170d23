#include "core/requests/client_order_ids.h"

#include <algorithm>
#include <tuple>

#include "base/assert.h"

namespace sauda::core {

std::size_t ClientOrderIds::KeyHash::operator()(const Key& key) const noexcept {
    static_assert(sizeof(ClientOrderId) == 40);
    std::uint64_t hash = key.account.raw * 0x9E3779B97F4A7C15ull;
    std::uint64_t words[5];
    std::memcpy(words, static_cast<const void*>(&key.id), sizeof words);
    for (const std::uint64_t word : words) {
        hash = (hash ^ word) * 0xBF58476D1CE4E5B9ull;
        hash ^= hash >> 29;
    }
    return static_cast<std::size_t>(hash);
}

ClientOrderIds::Entry ClientOrderIds::find(AccountId account, const ClientOrderId& id) const {
    if (id.empty()) return 0;
    const auto found = index_.find({account, id});
    return found == index_.end() ? 0 : found->second;
}

std::uint32_t ClientOrderIds::count(AccountId account) const {
    return account.raw < counts_.size() ? counts_[account.raw] : 0;
}

ClientOrderIds::Entry ClientOrderIds::allocate(const ClientOrderRecord& record) {
    if (free_.empty()) {
        records_.push_back(record);
        return static_cast<Entry>(records_.size() - 1);
    }
    const Entry entry = free_.back();
    free_.pop_back();
    records_[entry] = record;
    return entry;
}

ClientOrderIds::Entry ClientOrderIds::remember(const ClientOrderRecord& record, TimestampNs now) {
    ASSERT(!record.client_order_id.empty());
    if (const Entry before = find(record.account, record.client_order_id)) {
        ASSERT(!records_[before].open);
        forget(before);
    }
    const Entry entry = allocate(record);
    index_.emplace(Key{record.account, record.client_order_id}, entry);
    if (record.account.raw >= counts_.size()) counts_.resize(record.account.raw + 1);
    ++counts_[record.account.raw];
    if (!record.open) close(entry, now);
    return entry;
}

void ClientOrderIds::close(Entry entry, TimestampNs now) {
    ClientOrderRecord& record = records_[entry];
    record.open = false;
    record.forgotten_from = {now.raw + client_order_id_memory_ns};
    due_.push_back({record.forgotten_from, entry});
    next_due_ = due_.front().time;
}

void ClientOrderIds::forget(Entry entry) {
    ClientOrderRecord& record = records_[entry];
    index_.erase({record.account, record.client_order_id});
    --counts_[record.account.raw];
    record = {};
    free_.push_back(entry);
}

void ClientOrderIds::forget_all_due(TimestampNs now) {
    while (!due_.empty() && due_.front().time <= now) {
        const Due due = due_.front();
        due_.pop_front();
        // An entry that was reused meanwhile is due at another time, or open.
        const ClientOrderRecord& record = records_[due.entry];
        const bool same =
            !record.client_order_id.empty() && !record.open && record.forgotten_from == due.time;
        if (same) forget(due.entry);
    }
    next_due_ = due_.empty() ? never : due_.front().time;
}

std::vector<ClientOrderRecord> ClientOrderIds::sorted_records() const {
    std::vector<ClientOrderRecord> sorted;
    for (const ClientOrderRecord& record : records_) {
        if (!record.client_order_id.empty()) sorted.push_back(record);
    }
    std::ranges::sort(sorted, [](const auto& a, const auto& b) {
        return std::tie(a.account, a.client_order_id) < std::tie(b.account, b.client_order_id);
    });
    return sorted;
}

void ClientOrderIds::restore(const std::vector<ClientOrderRecord>& records) {
    ASSERT(index_.empty());
    for (const ClientOrderRecord& record : records) {
        const Entry entry = allocate(record);
        index_.emplace(Key{record.account, record.client_order_id}, entry);
        if (record.account.raw >= counts_.size()) counts_.resize(record.account.raw + 1);
        ++counts_[record.account.raw];
        if (!record.open) due_.push_back({record.forgotten_from, entry});
    }
    std::ranges::stable_sort(due_, {}, &Due::time);
    next_due_ = due_.empty() ? never : due_.front().time;
}

}  // namespace sauda::core
