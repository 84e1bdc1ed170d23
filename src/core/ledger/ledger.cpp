#include "core/ledger/ledger.h"

#include <algorithm>
#include <tuple>

namespace sauda::core {

std::vector<Ledger::Entry> Ledger::sorted() const {
    std::vector<Entry> entries;
    const auto add = [&](AccountId account, AssetId asset, Balance balance) {
        if (balance.available.raw != 0 || balance.held.raw != 0) entries.push_back({account, asset, balance});
    };
    for (AccountId account{0}; account < accounts_.end(); ++account.raw) {
        for (std::uint32_t index = 0; index < near_assets; ++index)
            add(account, {index + 1}, accounts_[account].balances[index]);
    }
    far_.for_each(add);
    std::ranges::sort(entries, {}, [](const Entry& entry) { return std::tie(entry.account, entry.asset); });
    return entries;
}

}  // namespace sauda::core
