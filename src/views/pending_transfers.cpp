#include "views/pending_transfers.h"

#include <functional>
#include <string_view>

#include "base/assert.h"

namespace sauda::views {

std::size_t PendingTransfers::ReferenceHash::operator()(const core::TransferReference& reference) const {
    return std::hash<std::string_view>{}(reference.view());
}

std::vector<const PendingTransfer*> PendingTransfers::page(std::size_t limit, core::Sequence after) const {
    std::vector<const PendingTransfer*> page;
    for (auto at = by_sequence_.upper_bound(after); at != by_sequence_.end() && page.size() < limit; ++at)
        page.push_back(&at->second);
    return page;
}

std::vector<const PendingTransfer*> PendingTransfers::page(core::AccountId account, std::size_t limit,
                                                           core::Sequence after) const {
    std::vector<const PendingTransfer*> page;
    for (auto at = by_account_.upper_bound({account, after}); at != by_account_.end() && page.size() < limit;
         ++at) {
        if (at->first != account) break;
        page.push_back(&by_sequence_.at(at->second));
    }
    return page;
}

const PendingTransfer* PendingTransfers::find(const core::TransferReference& reference) const {
    const auto found = by_reference_.find(reference);
    return found == by_reference_.end() ? nullptr : &by_sequence_.at(found->second);
}

void PendingTransfers::add(const PendingTransfer& transfer) {
    const bool is_new = by_sequence_.emplace(transfer.sequence, transfer).second;
    ASSERT(is_new);
    const bool is_named_anew = by_reference_.emplace(transfer.reference, transfer.sequence).second;
    ASSERT(is_named_anew);
    by_account_.emplace(transfer.account, transfer.sequence);
}

void PendingTransfers::remove(core::Sequence sequence) {
    const auto found = by_sequence_.find(sequence);
    if (found == by_sequence_.end()) return;
    by_account_.erase({found->second.account, sequence});
    by_reference_.erase(found->second.reference);
    by_sequence_.erase(found);
}

}  // namespace sauda::views
