#include "core/requests/lease_table.h"

#include <algorithm>
#include <tuple>

#include "base/assert.h"

namespace sauda::core {

namespace {

auto key_of(const LeaseRecord& record) {
    return std::tuple(record.lease, record.account);
}

auto place_when_due(const LeaseRecord& record) {
    return std::tuple(record.due, record.lease, record.account);
}

}  // namespace

bool LeaseTable::has(AccountId account, LeaseId lease) const {
    return std::ranges::binary_search(records_, std::tuple(lease, account), {}, key_of);
}

void LeaseTable::put(const LeaseRecord& record) {
    const auto at = std::ranges::lower_bound(records_, key_of(record), {}, key_of);
    if (at != records_.end() && key_of(*at) == key_of(record)) {
        *at = record;
        is_exact_ = false;
    } else {
        records_.insert(at, record);
    }
    due_from_ = std::min(due_from_, record.due);
}

void LeaseTable::erase(AccountId account, LeaseId lease) {
    const auto at = std::ranges::lower_bound(records_, std::tuple(lease, account), {}, key_of);
    ASSERT(at != records_.end() && key_of(*at) == std::tuple(lease, account));
    records_.erase(at);
    is_exact_ = false;
    if (records_.empty()) find_due_from();
}

void LeaseTable::renew(std::uint64_t holder, TimestampNs now) {
    if (holder == 0) return;
    const auto of_holder = std::ranges::equal_range(
        records_, holder, {}, [](const LeaseRecord& record) { return record.lease.holder; });
    for (LeaseRecord& record : of_holder) record.due = now + record.span;
    is_exact_ = false;
}

void LeaseTable::restart(TimestampNs now) {
    for (LeaseRecord& record : records_) record.due = now + record.span;
    find_due_from();
}

std::optional<TimestampNs> LeaseTable::next_due() const {
    if (records_.empty()) return std::nullopt;
    if (!is_exact_) find_due_from();
    return due_from_;
}

std::vector<LeaseRecord> LeaseTable::due_at(TimestampNs now) const {
    std::vector<LeaseRecord> due;
    std::ranges::copy_if(records_, std::back_inserter(due),
                         [&](const LeaseRecord& record) { return record.due <= now; });
    std::ranges::sort(due, {}, place_when_due);
    return due;
}

void LeaseTable::take_due(const std::vector<LeaseRecord>& due, std::size_t count, TimestampNs later) {
    // Also where nothing was due after all: else it would be asked again and again.
    if (due.empty()) return find_due_from();
    const auto is_taken = [&](const LeaseRecord& record) {
        return place_when_due(record) <= place_when_due(due[count - 1]);
    };
    if (count > 0) std::erase_if(records_, is_taken);
    for (LeaseRecord& record : records_) {
        if (place_when_due(record) <= place_when_due(due.back())) record.due = later;
    }
    find_due_from();
}

void LeaseTable::find_due_from() const {
    due_from_ = never;
    for (const LeaseRecord& record : records_) due_from_ = std::min(due_from_, record.due);
    is_exact_ = true;
}

void LeaseTable::restore(const std::vector<LeaseRecord>& records) {
    ASSERT(records_.empty());
    records_ = records;
    find_due_from();
}

}  // namespace sauda::core
