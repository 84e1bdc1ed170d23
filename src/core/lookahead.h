/// Loading what commands will touch before they are applied. Changes nothing but time.
///
/// A command's way to its data is a chain: the directory leads to the slot, the slot to its level and its
/// neighbours. Each link is asked for one group of commands after the one before, when that has arrived:
/// three groups ahead the first link, two ahead the second, one ahead the third.
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

    void first_link(const Command& command) const;
    void second_link(const Command& command) const;
    void third_link(const Command& command) const;

private:
    void account(AccountId account) const;
    const OrderSlot* named_order(OrderId order) const;

    const ExchangeImpl& exchange_;
    const bool has_far_orders_;
    const bool has_far_levels_;
};

/// As the makers of one level fill one after the other: loads the account of the maker behind `maker`, and
/// the slot of the one behind that.
inline void look_behind(const ExchangeImpl& exchange, const OrderSlot& maker) {
    if (!maker.next || !is_worth_prefetching(exchange.orders.live())) return;
    const OrderSlot& next = exchange.orders.slot(maker.next);
    exchange.orders.prefetch_slot(next.next);
    exchange.orders.prefetch_details(maker.next);
    exchange.accounts.prefetch(next.account);
    exchange.ledger.prefetch(next.account);
}

}  // namespace sauda::core
