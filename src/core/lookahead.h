/// Loading what commands will touch before they are applied. Changes nothing but time.
///
/// A command's way to its data is a chain: the directory leads to the slot, the slot to its level, its
/// neighbours and its account. Each link is asked for one group of commands after the one before, when that
/// has arrived: three groups ahead the first link, two ahead the second, one ahead the third, and just before
/// they are applied the fourth.
#pragma once

#include <span>

#include "core/exchange_impl.h"

namespace sauda::core {

/// Threads: the exchange's owner.
class Lookahead {
public:
    explicit Lookahead(const ExchangeImpl& exchange)
        : exchange_(exchange),
          has_far_orders_(is_worth_prefetching(exchange.orders.live())),
          has_far_levels_(is_worth_prefetching_levels(exchange.levels.live_pages())) {}

    /// Whether the working set is larger than the caches; if not, looking ahead only costs.
    bool is_worth_it() const { return has_far_orders_; }

    /// `link` from 1 to 4.
    void load(const Command& command, int link) const;

private:
    void load_place(const PlaceOrder& place, int link) const;
    void load_order(AccountId account, OrderId order, int link) const;
    void load_requeue(const AmendOrder& amend) const;
    void load_account(AccountId account) const;
    void load_maker(const MarketDesk& desk, Side taker_side) const;

    const ExchangeImpl& exchange_;
    const bool has_far_orders_;
    const bool has_far_levels_;
};

/// As the makers of one level fill one after the other: loads the account of the maker behind `maker`, and
/// the slot of the one behind that.
inline void look_behind(const ExchangeImpl& exchange, AssetId base, const OrderSlot& maker) {
    if (!maker.next || !is_worth_prefetching(exchange.orders.live())) return;
    const OrderSlot& next = exchange.orders.slot(maker.next);
    exchange.orders.prefetch_slot(next.next);
    exchange.accounts.prefetch(next.account);
    exchange.ledger.prefetch_far(next.account, base);
}

}  // namespace sauda::core
