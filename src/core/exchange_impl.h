/// What an Exchange is made of. Private to core's own .cpp files: everyone else sees exchange.h.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "core/book/level_pool.h"
#include "core/book/order_book.h"
#include "core/book/order_directory.h"
#include "core/book/order_pool.h"
#include "core/command.h"
#include "core/event.h"
#include "core/ledger/ledger.h"
#include "core/limits.h"
#include "core/memory/prefetch.h"
#include "core/memory/reserved_memory.h"
#include "core/requests/client_order_ids.h"
#include "core/requests/gateway_windows.h"
#include "core/requests/transfers.h"
#include "core/state.h"

namespace sauda::core {

/// A listed market at work: its rules, its book and the ids it has issued.
struct MarketDesk {
    MarketDesk(Market listed, OrderPool& orders, LevelPool& levels)
        : market(std::move(listed)), fee_schedules{market.spec.fees}, book(market.id, orders, levels) {}

    Market market;
    std::vector<FeeRates> fee_schedules;  // orders keep an index; the last holds now
    OrderBook book;
    TradeId last_trade;
    UpdateId last_update;

    UpdateId next_update() { return {++last_update.raw}; }
    TradeId next_trade() { return {++last_trade.raw}; }
    /// Brings near what any order reads of the desk.
    void prefetch() const {
        prefetch_line(&market.spec.base);
        prefetch_line(&market.spec.fees);
        prefetch_line(&market.tick_grid);
        prefetch_line(&last_trade);
        book.prefetch_book();
    }
    std::uint16_t fee_schedule() const { return static_cast<std::uint16_t>(fee_schedules.size() - 1); }
};

/// A user's account at work. Its open orders hang on an intrusive list, oldest id first. Half a cache line.
struct alignas(32) AccountDesk {
    AccountSequence last_sequence;
    SlotIndex first_open{};
    SlotIndex last_open{};
    std::uint32_t open_orders = 0;
    bool frozen = false;

    AccountSequence next_sequence() { return {++last_sequence.raw}; }
};
static_assert(sizeof(AccountDesk) == 32);

/// The accounts of users, in the order of their ids. Desks never move.
class AccountDesks {
public:
    AccountDesks() : desks_(accounts_max) { desks_.grow_to(1); }

    AccountDesk& add(const Uuid& user) {
        desks_.grow_to(users_.size() + 1);
        users_.push_back(user);
        return desks_[users_.size() - 1];
    }
    std::size_t size() const { return users_.size(); }
    AccountDesk& operator[](std::size_t index) const { return desks_[index]; }
    const Uuid& user(std::size_t index) const { return users_[index]; }
    /// Requires: the account is open.
    void prefetch(AccountId id) const {
        prefetch_line(&desks_[std::size_t{id.raw} - first_user_account.raw]);
    }

private:
    ReservedArray<AccountDesk> desks_;
    std::vector<Uuid> users_;  // apart: matching never asks who it is
};

/// One command being applied.
struct Applying {
    TimestampNs deadline;
    Stamp stamp;
    EventBuffer& events;
};

struct UuidHash {
    std::size_t operator()(const Uuid& uuid) const noexcept {
        std::uint64_t halves[2];
        std::memcpy(halves, uuid.bytes.data(), sizeof halves);
        return static_cast<std::size_t>((halves[0] ^ (halves[1] >> 7)) * 0x9E3779B97F4A7C15ull);
    }
};

struct ExchangeImpl {
    explicit ExchangeImpl(std::uint8_t its_shard) : shard(its_shard), directory(its_shard) {
        markets.reserve(markets_max);  // address space; memory comes with the markets
    }

    std::uint8_t shard = 0;
    Stamp last;
    std::uint64_t last_order_count = 0;

    std::vector<AssetState> assets;  // id = index + 1
    OrderPool orders;
    LevelPool levels;
    OrderDirectory directory;
    std::vector<MarketDesk> markets;  // id = index + 1; room for all is reserved: desks stay where they are
    AccountDesks accounts;            // id = first_user_account + index
    boost::unordered_flat_map<Uuid, AccountId, UuidHash> account_of_user;
    Ledger ledger;
    ClientOrderIds client_orders;
    GatewayWindows gateways;
    Transfers transfers;

    AssetState* find_asset(AssetId id) {
        return id.raw == 0 || id.raw > assets.size() ? nullptr : &assets[id.raw - 1];
    }
    MarketDesk* find_market(MarketId id) {
        return id.raw == 0 || id.raw > markets.size() ? nullptr : &markets[id.raw - 1];
    }
    const MarketDesk* find_market(MarketId id) const {
        return id.raw == 0 || id.raw > markets.size() ? nullptr : &markets[id.raw - 1];
    }
    AccountDesk* find_account(AccountId id) const {
        const std::size_t index = std::size_t{id.raw} - first_user_account.raw;
        return id < first_user_account || index >= accounts.size() ? nullptr : &accounts[index];
    }
    /// Requires: the account is open. For owners of resting orders, who always are.
    AccountDesk& account(AccountId id) { return accounts[id.raw - first_user_account.raw]; }

    OrderId next_order_id() {
        return {(std::uint64_t{shard} << (order_id_bits - order_id_shard_bits)) | ++last_order_count};
    }

    static void refuse(RejectReason reason, AccountId account, MarketId market, const Applying& now,
                       OrderId order = {}) {
        Refused& refused = now.events.add<Refused>();
        refused.account = account;
        refused.market = market;
        refused.reason = reason;
        refused.order = order;
    }
};

}  // namespace sauda::core
