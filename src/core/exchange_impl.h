/// What an Exchange is made of. Private to core's own .cpp files: everyone else sees exchange.h.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/assert.h"
#include "core/book/book_memory.h"
#include "core/book/order_book.h"
#include "core/book/order_directory.h"
#include "core/command.h"
#include "core/event_buffer.h"
#include "core/ledger/accounts.h"
#include "core/ledger/fees.h"
#include "core/ledger/ledger.h"
#include "core/limits.h"
#include "core/lookahead.h"
#include "core/memory/prefetch.h"
#include "core/requests/client_order_ids.h"
#include "core/requests/gateway_windows.h"
#include "core/requests/lease_table.h"
#include "core/requests/transfers.h"
#include "core/state.h"
#include "core/types/order_shard.h"

namespace sauda::core {

/// A listed market at work: its rules, its book and the ids it has issued. What every order reads of it but
/// the book lies in its first three lines.
struct alignas(64) MarketDesk {
    MarketDesk(Market listed, BookMemory& books)
        : has_far_assets(std::max(listed.spec.base, listed.spec.quote).raw > near_assets),
          market(std::move(listed)),
          book(market.id, books) {
        use_fees({market.spec.fees});
    }

    TradeId last_trade;
    UpdateId last_update;
    std::uint16_t last_fee_schedule = 0;  // the index of the rates in force
    bool has_far_assets;                  // that do not lie beside an account
    std::array<HoldRule, 2> hold_rules;   // by Side, at those rates
    Market market;
    std::vector<FeeRates> fee_schedules;  // orders keep an index
    OrderBook book;

    UpdateId next_update() { return {++last_update.raw}; }
    TradeId next_trade() { return {++last_trade.raw}; }
    /// The schedule in force.
    std::uint16_t fee_schedule() const { return last_fee_schedule; }
    /// The rates of one schedule; nearly always those in force, which are nearer.
    FeeRates rates_of(std::uint16_t schedule) const {
        if (schedule == fee_schedule()) [[likely]]
            return market.spec.fees;
        return fee_schedules[schedule];
    }
    /// What an order under `schedule` holds per quantity unit, whose notional is given.
    Amount hold_per_unit(std::uint16_t schedule, Side side, Amount unit_notional) const {
        if (schedule == fee_schedule()) [[likely]]
            return core::hold_per_unit(hold_rules[static_cast<std::size_t>(side)], unit_notional);
        return core::hold_per_unit(hold_rule(market, side, fee_schedules[schedule]), unit_notional);
    }
    /// Takes `schedules` for all rates that ever held; the last does from now on.
    void use_fees(std::vector<FeeRates> schedules) {
        fee_schedules = std::move(schedules);
        last_fee_schedule = static_cast<std::uint16_t>(fee_schedules.size() - 1);
        market.spec.fees = fee_schedules.back();
        for (const Side side : {Side::buy, Side::sell})
            hold_rules[static_cast<std::size_t>(side)] = hold_rule(market, side, market.spec.fees);
    }
    /// Brings near what any order reads of the desk.
    void prefetch() const {
        const auto* line = reinterpret_cast<const char*>(this);
        prefetch_line(line);
        prefetch_line(line + 64);
        prefetch_line(line + 128);
        book.prefetch_book();
    }
};

static_assert(sizeof(MarketDesk) == 512, "eight lines, of which an order reads five");

/// One command being applied, whose stamp is the exchange's last: two words, handed on in registers.
struct Applying {
    TimestampNs deadline;
    EventBuffer& events;
};

struct UuidHash {
    std::size_t operator()(const Uuid& uuid) const noexcept {
        std::uint64_t halves[2];
        std::memcpy(halves, uuid.bytes.data(), sizeof halves);
        return static_cast<std::size_t>((halves[0] ^ (halves[1] >> 7)) * 0x9E3779B97F4A7C15ull);
    }
};

/// The asset that an order of `side` is paid from. Without a branch, which the side would be.
constexpr AssetId paying_asset(const Market& market, Side side) {
    return market.paid_with[static_cast<std::size_t>(side)];
}

struct ExchangeImpl {
    explicit ExchangeImpl(std::uint8_t its_shard) : shard(its_shard), directory(its_shard) {
        markets.reserve(markets_max);  // address space; memory comes with the markets
    }

    std::uint8_t shard = 0;
    Stamp last;
    std::uint64_t last_order_count = 0;

    std::vector<AssetState> assets;  // id = index + 1
    BookMemory books;
    OrderDirectory directory;
    std::vector<MarketDesk> markets;  // id = index + 1; room for all is reserved: desks stay where they are
    std::uint32_t market_count = 0;   // how many: a vector divides to tell
    Accounts accounts;
    boost::unordered_flat_map<Uuid, AccountId, UuidHash> account_of_user;
    Ledger ledger{accounts};
    ClientOrderIds client_orders;
    GatewayWindows gateways;
    Transfers transfers;
    LeaseTable leases;
    mutable Lookahead lookahead;

    /// Whether what a command touches is likely beyond the cache; if not, looking ahead only costs.
    bool has_far_data() const {
        return books.orders.live() >= prefetch_orders_min || accounts.user_count() >= prefetch_accounts_min ||
               has_far_levels();
    }
    /// The same of the levels of an order that comes, and of its market.
    bool has_far_levels() const {
        return books.levels.live_pages() >= prefetch_pages_min || market_count >= prefetch_markets_min;
    }
    /// Brings near what the maker in `slot` (or none) touches as it fills, and the slot of the one behind it.
    void prefetch_maker(SlotIndex slot, AssetId base) const {
        const OrderSlot& maker = books.orders.slot(slot);
        books.orders.prefetch_slot(maker.next);
        accounts.prefetch(maker.account);
        directory.prefetch_entry(maker.id);
        books.orders.prefetch_slot(maker.account_next);
        books.orders.prefetch_slot(maker.account_previous);
        ledger.prefetch_far(maker.account, base);
    }
    /// The row that an order of `side` is paid from; null when missing. It lives until a row is made.
    Balance* find_funds(Account& owner, const MarketDesk& desk, Side side) const {
        const AssetId asset = paying_asset(desk.market, side);
        // Which side is anyone's guess, but not of which market.
        return desk.has_far_assets ? ledger.find(owner, asset) : &owner.near_row(asset);
    }
    /// The same of an order that was checked, or rests. Requires: the row is there.
    Balance& funds(Account& owner, const MarketDesk& desk, Side side) const {
        Balance* const row = find_funds(owner, desk, side);
        ASSERT(row != nullptr);
        return *row;
    }
    /// The slot of an open order. Where there is no such order: none or, of id 0, perhaps a free slot, which
    /// owns() says is nobody's. Nearly always it was found while the command was ahead, and need not be
    /// waited for.
    SlotIndex find_order(OrderId id) const {
        const SlotIndex expected = lookahead.expected();
        if (books.orders.slot(expected).id == id) [[likely]]
            return expected;
        return directory.find(id);
    }
    AssetState* find_asset(AssetId id) {
        return id.raw == 0 || id.raw > assets.size() ? nullptr : &assets[id.raw - 1];
    }
    MarketDesk* find_market(MarketId id) {
        return id.raw - 1 < market_count ? &markets[id.raw - 1] : nullptr;
    }
    const MarketDesk* find_market(MarketId id) const {
        return id.raw - 1 < market_count ? &markets[id.raw - 1] : nullptr;
    }
    MarketDesk& add_market(const Market& market) {
        ++market_count;
        return markets.emplace_back(market, books);
    }
    Account* find_account(AccountId id) const { return accounts.is_users(id) ? &accounts[id] : nullptr; }

    OrderId next_order_id() { return order_id_of(shard, ++last_order_count); }

    [[gnu::noinline]] static void refuse(RejectReason reason, AccountId account, MarketId market,
                                         Applying now, OrderId order = {}) {
        Refused& refused = now.events.add<Refused>();
        refused.account = account;
        refused.market = market;
        refused.reason = reason;
        refused.order = order;
    }
};

}  // namespace sauda::core
