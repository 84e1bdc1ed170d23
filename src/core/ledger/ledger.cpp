#include "core/ledger/ledger.h"

#include <algorithm>

namespace sauda::core {

Ledger::Ledger()
    : dense_(std::size_t{accounts_max} * dense_assets),
      sparse_(sparse_rows_max),
      sparse_keys_(sparse_rows_max) {
    sparse_.grow_to(1);  // row 0 is nobody's, but may be brought near
}

void Ledger::open_accounts_through(AccountId last) {
    if (last.raw < accounts_) return;
    accounts_ = last.raw + 1;
    dense_.grow_to(std::size_t{accounts_} * dense_assets);
}

Balance& Ledger::make_sparse_row(AccountId account, AssetId asset) {
    const std::uint32_t index = ++sparse_count_;
    sparse_.grow_to(std::size_t{index} + 1);
    sparse_keys_.grow_to(std::size_t{index} + 1);
    sparse_keys_[index] = {account, asset};
    sparse_index_.insert(key_of(account, asset), index);
    return sparse_[index];
}

std::vector<Ledger::Key> Ledger::sorted_keys() const {
    std::vector<Key> keys;
    const auto is_zero = [](const Balance& b) { return b.available.raw == 0 && b.held.raw == 0; };
    for (std::size_t at = 0; at < std::size_t{accounts_} * dense_assets; ++at) {
        if (is_zero(dense_[at])) continue;
        keys.push_back({AccountId{static_cast<std::uint32_t>(at / dense_assets)},
                        AssetId{static_cast<std::uint32_t>(at % dense_assets) + 1}});
    }
    for (std::size_t at = 1; at <= sparse_count_; ++at) {
        if (!is_zero(sparse_[at])) keys.push_back(sparse_keys_[at]);
    }
    std::ranges::sort(keys);
    return keys;
}

}  // namespace sauda::core
