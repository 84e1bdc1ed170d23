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
    /// may make a row. Requires: the account is open, the asset is not zero.
    Balance& row(AccountId account, AssetId asset) {
        ASSERT(accounts_.is_open(account));
        const std::uint32_t index = asset.raw - 1;
        return index < near_assets ? accounts_[account].balances[index] : far_.row(account, asset);
    }
    /// The same without making one: zero when missing, whatever account and asset are asked for.
    Balance balance(AccountId account, AssetId asset) const {
        const std::uint32_t index = asset.raw - 1;
        if (index >= near_assets) return far_.balance(account, asset);
        return accounts_.is_open(account) ? accounts_[account].balances[index] : Balance{};
    }
    /// Brings near the row of an asset that does not lie beside its account.
    void prefetch_far(AccountId account, AssetId asset) const {
        if (asset.raw > near_assets) far_.prefetch(account, asset);
    }

    /// Moves `amount` >= 0 from the available of one account to the available of another.
    /// Requires: `from` has it, or is external_account.
    void transfer(AccountId from, AccountId to, AssetId asset, Amount amount) {
        ASSERT(amount.raw >= 0);
        Balance& source = row(from, asset);
        ASSERT(source.available >= amount || from == external_account);
        source.available -= amount;
        row(to, asset).available += amount;
    }

    /// Moves available to held. Requires: available >= amount >= 0.
    void hold(AccountId account, AssetId asset, Amount amount) {
        Balance& balance = row(account, asset);
        ASSERT(amount.raw >= 0 && balance.available >= amount);
        balance.available -= amount;
        balance.held += amount;
    }
    /// Moves held back to available. Requires: held >= amount >= 0.
    void release(AccountId account, AssetId asset, Amount amount) {
        Balance& balance = row(account, asset);
        ASSERT(amount.raw >= 0 && balance.held >= amount);
        balance.held -= amount;
        balance.available += amount;
    }

    /// Sets aside `after` in place of `before`. Requires: held >= before >= 0, after >= 0, and available
    /// covers the difference.
    void change_hold(AccountId account, AssetId asset, Amount before, Amount after) {
        Balance& balance = row(account, asset);
        ASSERT(before.raw >= 0 && balance.held >= before);
        ASSERT(after.raw >= 0 && balance.available + before >= after);
        balance.held += after - before;
        balance.available += before - after;
    }

    /// Adds `change`, which may be negative, to what is available. Requires: what is taken is there.
    void add(AccountId account, AssetId asset, Amount change) {
        Balance& balance = row(account, asset);
        balance.available += change;
        ASSERT(balance.available.raw >= 0);
    }

    /// As add(), with `released` moved from held to available first. Requires: held >= released >= 0.
    void release_and_add(AccountId account, AssetId asset, Amount released, Amount change) {
        Balance& balance = row(account, asset);
        ASSERT(released.raw >= 0 && balance.held >= released);
        balance.held -= released;
        balance.available += released + change;
        ASSERT(balance.available.raw >= 0);
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
