#include "core/ledger/ledger.h"

#include <algorithm>

namespace sauda::core {

void Ledger::open_accounts_through(AccountId last) {
    if (last.raw < accounts_) return;
    accounts_ = last.raw + 1;
    dense_.grow_to(std::size_t{accounts_} * dense_assets);
}

Balance Ledger::balance(AccountId account, AssetId asset) const {
    if (asset.raw == 0) return {};
    if (asset.raw <= dense_assets) {
        if (account.raw >= accounts_) return {};
        return dense_[std::size_t{account.raw} * dense_assets + asset.raw - 1];
    }
    const auto found = sparse_index_.find(hash_key(account, asset));
    return found == sparse_index_.end() ? Balance{} : sparse_[found->second];
}

std::vector<Ledger::Key> Ledger::sorted_keys() const {
    std::vector<Key> keys;
    const auto is_zero = [](const Balance& b) { return b.available.raw == 0 && b.held.raw == 0; };
    for (std::size_t at = 0; at < std::size_t{accounts_} * dense_assets; ++at) {
        if (is_zero(dense_[at])) continue;
        keys.push_back({AccountId{static_cast<std::uint32_t>(at / dense_assets)},
                        AssetId{static_cast<std::uint32_t>(at % dense_assets) + 1}});
    }
    for (std::size_t at = 0; at < sparse_.size(); ++at) {
        if (!is_zero(sparse_[at])) keys.push_back(sparse_keys_[at]);
    }
    std::ranges::sort(keys);
    return keys;
}

}  // namespace sauda::core
