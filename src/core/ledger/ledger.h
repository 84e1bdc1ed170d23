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
#include "core/limits.h"
#include "core/memory/index_map.h"
#include "core/memory/prefetch.h"
#include "core/memory/reserved_memory.h"
#include "core/types/ids.h"
#include "core/types/units.h"

namespace sauda::core {

/// One account's holding of one asset, in the asset's minor units.
struct Balance {
    Amount available;  ///< free to be used
    Amount held;       ///< set aside for open orders
};

class Ledger {
public:
    Ledger();

    /// Makes room for the accounts up to `last`. Rows start at zero.
    void open_accounts_through(AccountId last);

    /// The row of an account and asset, made when missing. O(1). The reference lives until the next call that
    /// may make a row or open an account. Requires: the account is open.
    Balance& row(AccountId account, AssetId asset);
    /// The same without making one: zero when missing.
    Balance balance(AccountId account, AssetId asset) const;
    /// Starts loading an account's rows of the first assets. Requires: it is open. Changes nothing.
    void prefetch(AccountId account) const {
        prefetch_line(&dense_[std::size_t{account.raw} * dense_assets]);
    }
    /// The same for the row of one asset, in two steps: the way to it, and when that has arrived the row.
    void prefetch_index(AccountId account, AssetId asset) const {
        if (asset.raw > dense_assets) sparse_index_.prefetch(key_of(account, asset));
    }
    void prefetch_row(AccountId account, AssetId asset) const {
        if (asset.raw > dense_assets) prefetch_line(&sparse_[sparse_index_.find(key_of(account, asset))]);
    }

    /// Moves `amount` >= 0 from the available of one account to the available of another.
    /// Requires: `from` has it, or is external_account.
    void transfer(AccountId from, AccountId to, AssetId asset, Amount amount);

    /// Moves available to held. Requires: available >= amount >= 0.
    void hold(AccountId account, AssetId asset, Amount amount);
    /// Moves held back to available. Requires: held >= amount >= 0.
    void release(AccountId account, AssetId asset, Amount amount);

    /// Moves `amount` from the held of one account to the available of another, out of `released` that leaves
    /// held; what is not paid returns to available. Requires: `from` holds it; released >= amount >= 0.
    void pay_from_held(AccountId from, AccountId to, AssetId asset, Amount amount, Amount released);

    /// Calls `visit(AccountId, AssetId, Balance)` for every non-zero row, by account and then asset. O(rows
    /// log rows).
    template <class Visit>
    void for_each(Visit visit) const {
        for (const auto& [account, asset] : sorted_keys()) visit(account, asset, balance(account, asset));
    }

private:
    struct Key {
        AccountId account;
        AssetId asset;
        friend auto operator<=>(const Key&, const Key&) = default;
    };
    /// The first assets, quotes among them as they are listed first, lie side by side per account: one or two
    /// cache lines. The rest, the many bases of an exchange of thousands of markets, are found by hash: an
    /// accounts × assets table of them would be mostly zeros.
    static constexpr std::uint32_t dense_assets = 8;

    std::vector<Key> sorted_keys() const;
    static std::uint64_t key_of(AccountId account, AssetId asset) {
        return (std::uint64_t{account.raw} << 32) | asset.raw;
    }
    /// Rows of other than the first assets: more than memory can hold.
    static constexpr std::size_t sparse_rows_max = std::size_t{1} << 30;

    Balance& sparse_row(AccountId account, AssetId asset);
    Balance& make_sparse_row(AccountId account, AssetId asset);

    ReservedArray<Balance> dense_;   // [account][asset - 1], asset <= dense_assets
    std::uint32_t accounts_ = 0;     // ids below this one have rows
    IndexMap sparse_index_;          // (account, asset) -> index in sparse_, from 1
    ReservedArray<Balance> sparse_;  // rows stay where they are when others are made
    ReservedArray<Key> sparse_keys_;
    std::uint32_t sparse_count_ = 0;
};

inline Balance& Ledger::row(AccountId account, AssetId asset) {
    ASSERT(asset.raw != 0);
    if (asset.raw <= dense_assets) {
        ASSERT(account.raw < accounts_);
        return dense_[std::size_t{account.raw} * dense_assets + asset.raw - 1];
    }
    return sparse_row(account, asset);
}

inline Balance& Ledger::sparse_row(AccountId account, AssetId asset) {
    const std::uint32_t index = sparse_index_.find(key_of(account, asset));
    return index != 0 ? sparse_[index] : make_sparse_row(account, asset);
}

inline Balance Ledger::balance(AccountId account, AssetId asset) const {
    if (asset.raw == 0) return {};
    if (asset.raw <= dense_assets) {
        if (account.raw >= accounts_) return {};
        return dense_[std::size_t{account.raw} * dense_assets + asset.raw - 1];
    }
    const std::uint32_t index = sparse_index_.find(key_of(account, asset));
    return index == 0 ? Balance{} : sparse_[index];
}

inline void Ledger::transfer(AccountId from, AccountId to, AssetId asset, Amount amount) {
    ASSERT(amount.raw >= 0);
    Balance& source = row(from, asset);
    ASSERT(source.available >= amount || from == external_account);
    source.available -= amount;
    row(to, asset).available += amount;
}

inline void Ledger::pay_from_held(AccountId from, AccountId to, AssetId asset, Amount amount,
                                  Amount released) {
    ASSERT(amount.raw >= 0 && released >= amount);
    Balance& source = row(from, asset);
    ASSERT(source.held >= released);
    source.held -= released;
    source.available += released - amount;
    row(to, asset).available += amount;
}

inline void Ledger::hold(AccountId account, AssetId asset, Amount amount) {
    Balance& balance = row(account, asset);
    ASSERT(amount.raw >= 0);
    ASSERT(balance.available >= amount);
    balance.available -= amount;
    balance.held += amount;
}

inline void Ledger::release(AccountId account, AssetId asset, Amount amount) {
    Balance& balance = row(account, asset);
    ASSERT(amount.raw >= 0);
    ASSERT(balance.held >= amount);
    balance.held -= amount;
    balance.available += amount;
}

}  // namespace sauda::core
