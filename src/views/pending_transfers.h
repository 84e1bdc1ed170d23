/// Transfers that were sent to other shards and are not confirmed: what a courier has to bring to their end,
/// whatever happened to the one before it.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/types/ids.h"
#include "core/types/text.h"
#include "core/types/timestamp.h"
#include "core/types/units.h"

namespace sauda::views {

struct PendingTransfer {
    core::Sequence sequence;  ///< of the command that sent it
    core::TimestampNs time;   ///< of that command; zero where it came from a snapshot
    core::AccountId account;
    core::AssetId asset;
    core::Amount amount;  ///< above zero
    core::TransferReference reference;
    core::ShardName to;
    friend bool operator==(const PendingTransfer&, const PendingTransfer&) = default;
};

/// Part of AccountsView, which folds it. Memory: what is pending, nothing else. Pointers are valid until the
/// transfer is removed.
class PendingTransfers {
public:
    /// Those above `after` in the order in which they were sent.
    std::vector<const PendingTransfer*> page(std::size_t limit, core::Sequence after = {}) const;
    /// The same of one account.
    std::vector<const PendingTransfer*> page(core::AccountId account, std::size_t limit,
                                             core::Sequence after = {}) const;
    /// Null where none is pending under `reference`: it was confirmed, or never sent.
    const PendingTransfer* find(const core::TransferReference& reference) const;
    std::size_t size() const { return by_sequence_.size(); }

    /// Requires: none of its sequence or reference is there.
    void add(const PendingTransfer& transfer);
    /// Does nothing where none was sent by `sequence`.
    void remove(core::Sequence sequence);

private:
    friend class CheckpointAccess;

    struct ReferenceHash {
        std::size_t operator()(const core::TransferReference& reference) const;
    };

    std::map<core::Sequence, PendingTransfer> by_sequence_;
    std::set<std::pair<core::AccountId, core::Sequence>> by_account_;
    std::unordered_map<core::TransferReference, core::Sequence, ReferenceHash> by_reference_;
};

}  // namespace sauda::views
