#include "core/invariants.h"

#include <map>

#include "core/book/book_check.h"
#include "core/exchange_impl.h"
#include "core/ledger/fees.h"
#include "core/order_rules.h"

namespace sauda::core {

namespace {

using Violation = std::optional<std::string>;
using Holds = std::map<std::pair<AccountId, AssetId>, Int128>;

std::string text(AccountId account, AssetId asset) {
    return "account " + std::to_string(account.raw) + " asset " + std::to_string(asset.raw);
}

Violation check_books(const ExchangeImpl& exchange) {
    for (const MarketDesk& desk : exchange.markets) {
        const std::string found = check_book(desk.book, exchange.books);
        if (!found.empty()) return "market " + std::string(desk.market.spec.name.view()) + ": " + found;
    }
    return {};
}

void add_holds(const MarketDesk& desk, Side side, Holds& holds) {
    desk.book.for_each_order(side, [&](SlotIndex, const OrderSlot& order, PriceTicks price) {
        const FeeRates& rates = desk.fee_schedules[order.fee_schedule];
        holds[{order.account, paying_asset(desk.market, side)}] +=
            static_cast<Int128>(hold_per_unit(desk.market, side, price, rates).raw) * order.leaves;
    });
}

Violation check_held(const ExchangeImpl& exchange) {
    Holds holds;
    for (const MarketDesk& desk : exchange.markets) {
        add_holds(desk, Side::buy, holds);
        add_holds(desk, Side::sell, holds);
    }
    Violation violation;
    exchange.ledger.for_each([&](AccountId account, AssetId asset, Balance balance) {
        const auto found = holds.find({account, asset});
        const Int128 expected = found == holds.end() ? 0 : found->second;
        if (found != holds.end()) holds.erase(found);
        if (balance.held.raw != expected)
            violation = text(account, asset) + ": held differs from its open orders";
    });
    if (!violation && !holds.empty()) violation = "an open order holds what its account has not";
    return violation;
}

Violation check_sums(const ExchangeImpl& exchange) {
    std::map<AssetId, Int128> sums;
    Violation violation;
    exchange.ledger.for_each([&](AccountId account, AssetId asset, Balance balance) {
        sums[asset] += Int128{balance.available.raw} + balance.held.raw;
        const bool is_negative = balance.held.raw < 0 || (balance.available.raw < 0 && !may_owe(account));
        if (is_negative) violation = text(account, asset) + ": a balance is negative";
    });
    for (const auto& [asset, sum] : sums) {
        if (sum != 0) violation = "asset " + std::to_string(asset.raw) + ": balances do not sum to zero";
    }
    return violation;
}

/// What came in and went out through an account is what its transfers say.
Violation check_transfers(const ExchangeImpl& exchange) {
    Holds moved;
    for (const TransferRecord& transfer : exchange.transfers.records()) {
        moved[{transfer.counter(), transfer.asset}] -= transfer.amount.raw;
        if (transfer.confirmed && !transfer.is_sent()) return "a transfer is confirmed that was not sent";
    }
    for (const AccountId account : {external_account, in_transit_account}) {
        for (AssetId asset{1}; asset.raw <= exchange.assets.size(); ++asset.raw) {
            const auto found = moved.find({account, asset});
            const Int128 expected = found == moved.end() ? 0 : found->second;
            if (exchange.ledger.balance(account, asset).available.raw != expected)
                return text(account, asset) + ": differs from what was transferred";
        }
    }
    return {};
}

Violation check_account(const ExchangeImpl& exchange, AccountId id, const Account& account,
                        std::size_t& orders) {
    std::uint32_t count = 0;
    OrderId last;
    SlotIndex previous;
    for (SlotIndex slot = account.first_open; slot; slot = exchange.books.orders.slot(slot).account_next) {
        const OrderSlot& order = exchange.books.orders.slot(slot);
        const std::string name = "order " + std::to_string(order.id.raw);
        if (order.account != id) return name + " hangs on another account's list";
        if (order.id <= last) return name + " is out of order in its account's list";
        if (order.account_previous != previous) return name + " has a broken link";
        if (exchange.directory.find(order.id) != slot) return name + " is not where the directory says";
        if (!order.level) return name + " is open and does not rest";
        const MarketDesk& desk = *exchange.find_market(exchange.books.levels.market_of(order.level));
        const Amount hold = hold_per_unit(desk.market, order.side, desk.book.price_of(order),
                                          desk.fee_schedules[order.fee_schedule]);
        if (order.hold_per_unit != hold) return name + " holds another amount per unit than it should";
        if (order.leaves > order.quantity) return name + " leaves more than it asked for";
        if (order.client_entry != 0 && exchange.client_orders[order.client_entry].order != order.id) {
            return name + " has another order's client order id";
        }
        last = order.id;
        previous = slot;
        ++count;
    }
    if (previous != account.last_open)
        return "account " + std::to_string(id.raw) + ": its list ends elsewhere";
    if (count != account.open_orders) return "account " + std::to_string(id.raw) + ": open orders miscounted";
    orders += count;
    return {};
}

Violation check_accounts(const ExchangeImpl& exchange) {
    std::size_t orders = 0;
    for (AccountId id = first_user_account; id < exchange.accounts.end(); ++id.raw) {
        if (auto found = check_account(exchange, id, exchange.accounts[id], orders)) return found;
    }
    const bool agree = orders == exchange.directory.size() && orders == exchange.books.orders.live();
    return agree ? Violation{} : "the directory and the accounts' lists count different orders";
}

Violation check_leases(const ExchangeImpl& exchange) {
    std::map<AccountId, std::uint32_t> counts;
    const LeaseRecord* previous = nullptr;
    for (const LeaseRecord& record : exchange.leases.sorted_records()) {
        const std::string name = "a lease on account " + std::to_string(record.account.raw);
        if (exchange.find_account(record.account) == nullptr) return name + ", which there is not";
        if (record.due <= exchange.last.time) return name + " is due and has not fired";
        if (record.due < exchange.leases.due_from()) return name + " is due before any is";
        const bool rises = previous == nullptr || std::pair(previous->lease, previous->account) <
                                                      std::pair(record.lease, record.account);
        if (!rises) return name + " is out of order";
        previous = &record;
        ++counts[record.account];
    }
    for (AccountId id = first_user_account; id < exchange.accounts.end(); ++id.raw) {
        const auto found = counts.find(id);
        if (exchange.accounts[id].leases != (found == counts.end() ? 0 : found->second))
            return "account " + std::to_string(id.raw) + ": leases miscounted";
    }
    return {};
}

}  // namespace

std::optional<std::string> check_invariants(const Exchange& exchange) {
    const ExchangeImpl& impl = *exchange.impl_;
    for (const auto check :
         {check_books, check_held, check_sums, check_transfers, check_accounts, check_leases}) {
        if (auto found = check(impl)) return found;
    }
    return {};
}

}  // namespace sauda::core
