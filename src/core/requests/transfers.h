/// Every reference of a deposit or withdrawal, kept for ever: the same one never moves money twice.
#pragma once

#include <algorithm>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "core/state.h"

namespace sauda::core {

class Transfers {
public:
    /// The transfer that bore `reference`, or null. Lives until the next remember().
    const TransferRecord* find(const TransferReference& reference) const {
        const auto found = index_.find(reference);
        return found == index_.end() ? nullptr : &records_[found->second];
    }
    /// Requires: the reference is new.
    void remember(const TransferRecord& record) {
        index_.emplace(record.reference, records_.size());
        records_.push_back(record);
    }
    std::vector<TransferRecord> sorted_records() const {
        std::vector<TransferRecord> sorted = records_;
        std::ranges::sort(sorted, {}, &TransferRecord::reference);
        return sorted;
    }

private:
    struct Hash {
        std::size_t operator()(const TransferReference& reference) const noexcept {
            std::uint64_t hash = 0xCBF29CE484222325ull;  // FNV-1a
            for (const char c : reference.view())
                hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ull;
            return static_cast<std::size_t>(hash);
        }
    };

    std::vector<TransferRecord> records_;
    boost::unordered_flat_map<TransferReference, std::size_t, Hash> index_;
};

}  // namespace sauda::core
