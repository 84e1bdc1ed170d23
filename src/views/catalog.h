/// Who and what there is: assets, markets, fees and states, and the accounts of users.
#pragma once

#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "core/state.h"
#include "core/types/ids.h"
#include "core/types/timestamp.h"
#include "views/listings.h"

namespace sauda::views {

/// A fold of listings and accounts.
///
/// Threads: one owner at a time. Pointers that it returns stay valid as long as it lives.
class Catalog {
public:
    Catalog() = default;
    /// What `state` holds; the next event to apply is the one after `state.last`.
    explicit Catalog(const core::ExchangeState& state);

    /// Folds the events of one command. A sequence at or below last() changes nothing: frames may come twice.
    /// False where the bytes are not events of this version; what came before them is folded.
    /// Requires: no sequence is left out.
    bool apply(core::Sequence sequence, core::TimestampNs time, base::ByteView events);
    core::Sequence last() const { return last_; }

    const Listings& listings() const { return listings_; }
    const core::Asset* find_asset(core::AssetId id) const { return listings_.find_asset(id); }
    const core::Asset* find_asset(std::string_view name) const { return listings_.find_asset(name); }
    const core::Market* find_market(core::MarketId id) const { return listings_.find_market(id); }
    const core::Market* find_market(std::string_view name) const { return listings_.find_market(name); }

    /// Zero when the user has no account here.
    core::AccountId find_account(const core::Uuid& user) const;
    /// The user behind an account; none for the exchange's own.
    std::optional<core::Uuid> find_user(core::AccountId account) const;
    bool is_frozen(core::AccountId account) const;
    std::size_t account_count() const { return accounts_.size(); }
    /// The number of the shard, in the top bits of its order ids.
    std::uint8_t shard() const { return shard_; }

private:
    friend class CheckpointAccess;

    struct Account {
        core::Uuid user;
        bool frozen = false;
    };
    struct UuidHash {
        std::size_t operator()(const core::Uuid& uuid) const;
    };

    void add_account(core::AccountId id, const core::Uuid& user, bool frozen);
    Account* account(core::AccountId id);
    const Account* account(core::AccountId id) const;

    core::Sequence last_;
    std::uint8_t shard_ = 0;
    Listings listings_;
    std::vector<Account> accounts_;  // id = first_user_account + index
    std::unordered_map<core::Uuid, core::AccountId, UuidHash> by_user_;
};

}  // namespace sauda::views
