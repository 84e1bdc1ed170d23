/// Balances of every account in every asset, moved in double entry: what one row loses another gains, so each
/// asset's rows sum to zero after every movement. No balance is stored twice.
///
/// Threads: one owner at a time.
/// Invariants: users' available and held are never negative; only `external_account` is (it owes what was
/// deposited); |balance| <= asset_supply_max, so no sum of two overflows.
#pragma once

#include <cstdint>
#include <vector>

#include "base/assert.h"
#include "core/ledger/accounts.h"
#include "core/ledger/far_balances.h"

namespace sauda::core {

class Ledger {
public:
    /// Of `accounts`, which outlives it and keeps the balances of the first assets.
    explicit Ledger(Accounts& accounts) : accounts_(accounts) {}

    /// The row of an account and asset, made when missing. O(1). The reference lives until the next call that
    /// may make a row. Requires: the asset is not zero.
    Balance& row(Account& account, AssetId asset) {
        const std::uint32_t index = asset.raw - 1;
        return index < near_assets ? account.balances[index] : far_.row(account.id, asset);
    }
    /// Requires: the account is open.
    Balance& row(AccountId account, AssetId asset) {
        ASSERT(accounts_.is_open(account));
        return row(accounts_[account], asset);
    }
    /// The same without making one: null when missing. Without a branch, for who cannot guess whether the
    /// asset lies beside the account.
    Balance* find(Account& account, AssetId asset) const {
        const bool is_far = asset.raw > near_assets;
        Balance* const near = account.balances + (is_far ? 0 : asset.raw - 1);
        return far_.find_or(is_far, near, account.id, asset);
    }
    /// Of any account and asset, also such as are not there: then zero.
    Balance balance(AccountId account, AssetId asset) const {
        if (!accounts_.is_open(account) || !asset) return {};
        const Balance* const found = find(accounts_[account], asset);
        return found == nullptr ? Balance{} : *found;
    }
    /// Brings near the row of an asset that does not lie beside its account.
    void prefetch_far(AccountId account, AssetId asset, bool is_needed = true) const {
        if (asset.raw > near_assets) far_.prefetch(account, asset, is_needed);
    }

    /// Moves `amount` >= 0 from the available of one account to the available of another.
    /// Requires: `from` has it, or may owe it.
    void transfer(AccountId from, AccountId to, AssetId asset, Amount amount) {
        ASSERT(amount.raw >= 0);
        Balance& source = row(from, asset);
        ASSERT(source.available >= amount || may_owe(from));
        source.available -= amount;
        row(to, asset).available += amount;
    }

    /// Calls `visit(AccountId, AssetId, Balance)` for every non-zero row, by account and then asset.
    /// O(rows log rows).
    template <class Visit>
    void for_each(Visit visit) const {
        for (const Entry& entry : sorted()) visit(entry.account, entry.asset, entry.balance);
    }

private:
    struct Entry {
        AccountId account;
        AssetId asset;
        Balance balance;
    };
    std::vector<Entry> sorted() const;

    Accounts& accounts_;
    FarBalances far_;
};

}  // namespace sauda::core
