/// The accounts of an exchange, each with what every order of it touches in one cache line.
#pragma once

#include <cstdint>
#include <vector>

#include "base/assert.h"
#include "core/limits.h"
#include "core/memory/prefetch.h"
#include "core/memory/reserved_memory.h"
#include "core/types/ids.h"
#include "core/types/units.h"

namespace sauda::core {

/// Whether 0 <= part <= whole, in one comparison. Requires: whole >= 0.
constexpr bool is_part_of(Amount part, Amount whole) {
    return static_cast<std::uint64_t>(part.raw) <= static_cast<std::uint64_t>(whole.raw);
}

/// One account's holding of one asset, in the asset's minor units. Held is never negative.
struct Balance {
    Amount available;  ///< free to be used
    Amount held;       ///< set aside for open orders

    /// Moves available to held. Requires: available >= amount >= 0.
    void hold(Amount amount) {
        ASSERT(amount.raw >= 0 && available >= amount);
        available -= amount;
        held += amount;
    }
    /// Moves held back to available. Requires: held >= amount >= 0.
    void release(Amount amount) {
        ASSERT(is_part_of(amount, held));
        held -= amount;
        available += amount;
    }
    /// Sets aside `after` in place of `before`. Requires: held >= before >= 0, after >= 0, and available
    /// covers the difference.
    void change_hold(Amount before, Amount after) {
        ASSERT(is_part_of(before, held));
        ASSERT(is_part_of(after, available + before));
        held += after - before;
        available += before - after;
    }
    /// Adds `change`, which may be negative, to what is available. Requires: what is taken is there.
    void add(Amount change) {
        available += change;
        ASSERT(available.raw >= 0);
    }
    /// As add(), with `released` moved from held to available first. Requires: held >= released >= 0.
    void release_and_add(Amount released, Amount change) {
        ASSERT(is_part_of(released, held));
        held -= released;
        add(released + change);
    }
};

/// The first assets, quotes among them as they are listed first, lie beside their account. The rest, the many
/// bases of an exchange of thousands of markets, are found by hash (Ledger): an accounts × assets table of
/// them would be mostly zeros.
inline constexpr std::uint32_t near_assets = 6;

/// One account at work: 128 bytes, the balances of the first two assets in the same line as the rest.
/// Open orders hang on an intrusive list, oldest id first.
struct alignas(64) Account {
    AccountSequence last_sequence;
    SlotIndex first_open;
    SlotIndex last_open;
    std::uint32_t open_orders = 0;
    std::uint32_t frozen = 0;  ///< 0 or 1
    AccountId id;
    std::uint32_t leases = 0;       ///< that it is under
    Balance balances[near_assets];  ///< by asset - 1

    AccountSequence next_sequence() { return {++last_sequence.raw}; }
    /// Requires: `asset` is one of the near ones.
    Balance& near_row(AssetId asset) { return *(balances + (std::size_t{asset.raw} - 1)); }
};
static_assert(sizeof(Account) == 128);

/// Accounts by id: the exchange's own below `first_user_account`, users' from there in the order of opening.
///
/// Threads: one owner at a time. Accounts never move.
class Accounts {
public:
    Accounts() : accounts_(accounts_max) {
        accounts_.grow_to(first_user_account.raw);
        for (AccountId id{0}; id < first_user_account; ++id.raw) accounts_[id.raw].id = id;
    }

    /// Opens the account of a user.
    AccountId add(const Uuid& user) {
        const AccountId id = end();
        accounts_.grow_to(std::size_t{id.raw} + 1);
        accounts_[id.raw].id = id;
        users_.push_back(user);
        ++user_count_;
        return id;
    }
    /// Accounts of users.
    std::uint32_t user_count() const { return user_count_; }
    bool has_room() const { return end().raw < accounts_max; }
    /// Whether `id` is the account of a user.
    bool is_users(AccountId id) const { return id.raw - first_user_account.raw < user_count_; }
    /// Whether `id` is an account, of a user or the exchange's own.
    bool is_open(AccountId id) const { return id < end(); }
    /// Above the highest id.
    AccountId end() const { return {first_user_account.raw + user_count_}; }

    /// Requires: is_open(id).
    Account& operator[](AccountId id) const { return accounts_[id.raw]; }
    /// Requires: is_users(id).
    const Uuid& user(AccountId id) const { return users_[id.raw - first_user_account.raw]; }
    /// Any id is allowed. Changes nothing.
    void prefetch(AccountId id) const { prefetch_line(accounts_.data() + id.raw); }

private:
    ReservedArray<Account> accounts_;
    std::uint32_t user_count_ = 0;
    std::vector<Uuid> users_;  // apart: matching never asks who it is
};

}  // namespace sauda::core
