/// Balances of every account in every asset, moved in double entry: what one row loses another gains, so each
/// asset's rows sum to zero after every movement. No balance is stored twice.
///
/// Threads: one owner at a time.
/// Invariants: users' available and held are never negative; only `external_account` is (it owes what was
/// deposited); |balance| <= asset_supply_max, so no sum of two overflows.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/assert.h"
#include "core/limits.h"
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
    Ledger() : dense_(std::size_t{accounts_max} * dense_assets) {}

    /// Makes room for the accounts up to `last`. Rows start at zero.
    void open_accounts_through(AccountId last);

    /// The row of an account and asset, made when missing. O(1). The reference lives until the next call that
    /// may make a row or open an account. Requires: the account is open.
    Balance& row(AccountId account, AssetId asset);
    /// The same without making one: zero when missing.
    Balance balance(AccountId account, AssetId asset) const;
    /// Starts loading an account's rows of the first assets. Any id is allowed. Changes nothing.
    void prefetch(AccountId account) const {
        prefetch_line(&dense_[std::size_t{account.raw} * dense_assets]);
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
    static std::uint64_t hash_key(AccountId account, AssetId asset) {
        return (std::uint64_t{account.raw} << 32) | asset.raw;
    }
    struct Mix {
        std::size_t operator()(std::uint64_t key) const noexcept {
            key *= 0x9E3779B97F4A7C15ull;
            return static_cast<std::size_t>(key ^ (key >> 32));
        }
    };

    ReservedArray<Balance> dense_;  // [account][asset - 1], asset <= dense_assets
    std::uint32_t accounts_ = 0;    // ids below this one have rows
    boost::unordered_flat_map<std::uint64_t, std::uint32_t, Mix>
        sparse_index_;            // (account, asset) -> sparse_ index
    std::deque<Balance> sparse_;  // a deque: rows stay where they are when others are made
    std::vector<Key> sparse_keys_;
};

inline Balance& Ledger::row(AccountId account, AssetId asset) {
    ASSERT(asset.raw != 0);
    if (asset.raw <= dense_assets) {
        ASSERT(account.raw < accounts_);
        return dense_[std::size_t{account.raw} * dense_assets + asset.raw - 1];
    }
    const auto [found, made] =
        sparse_index_.try_emplace(hash_key(account, asset), static_cast<std::uint32_t>(sparse_.size()));
    if (made) {
        sparse_.emplace_back();
        sparse_keys_.push_back({account, asset});
    }
    return sparse_[found->second];
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
