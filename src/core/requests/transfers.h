/// Every reference of a transfer into available or out of it, kept for ever: the same one never moves money
/// twice. A reference of another shard is another one than the same text of this shard.
#pragma once

#include <algorithm>
#include <tuple>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "core/state.h"

namespace sauda::core {

class Transfers {
public:
    /// The transfer that bore `reference`, given on `origin` (empty: this shard), or null. Lives until the
    /// next remember().
    const TransferRecord* find(const ShardName& origin, const TransferReference& reference) const {
        const auto found = index_.find({origin, reference});
        return found == index_.end() ? nullptr : &records_[found->second];
    }
    /// Requires: the reference is new.
    void remember(const TransferRecord& record) {
        const bool is_new = index_.emplace(Key{record.origin(), record.reference}, records_.size()).second;
        ASSERT(is_new);
        records_.push_back(record);
    }
    /// What was sent under `reference` has arrived, says the command at `sequence`. Requires: it is pending.
    void confirm(const TransferReference& reference, Sequence sequence) {
        TransferRecord& record = records_[index_.at({{}, reference})];
        ASSERT(record.is_pending());
        record.confirmed = sequence;
    }
    const std::vector<TransferRecord>& records() const { return records_; }
    std::vector<TransferRecord> sorted_records() const {
        std::vector<TransferRecord> sorted = records_;
        std::ranges::sort(sorted, {}, [](const TransferRecord& record) {
            return std::tuple(record.origin(), record.reference);
        });
        return sorted;
    }

private:
    struct Key {
        ShardName origin;
        TransferReference reference;
        friend bool operator==(const Key&, const Key&) = default;
    };
    struct Hash {
        std::size_t operator()(const Key& key) const noexcept {
            std::uint64_t hash = 0xCBF29CE484222325ull;  // FNV-1a
            for (const std::string_view text : {key.origin.view(), key.reference.view()}) {
                for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ull;
            }
            return static_cast<std::size_t>(hash);
        }
    };

    std::vector<TransferRecord> records_;
    boost::unordered_flat_map<Key, std::size_t, Hash> index_;
};

}  // namespace sauda::core
