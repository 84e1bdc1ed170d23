/// The commands of traders: place, cancel, replace. (Amendments: amending.h.)
#pragma once

#include "core/exchange_impl.h"

namespace sauda::core {

[[gnu::noinline]] void place_order(ExchangeImpl& exchange, const PlaceOrder& command, Applying now);
void cancel_order(ExchangeImpl& exchange, const CancelOrder& command, Applying now);
void cancel_all(ExchangeImpl& exchange, const CancelAll& command, Applying now);
void replace_order(ExchangeImpl& exchange, const ReplaceOrder& command, Applying now);

/// Whether there is an order in `slot`, and it is of `account`. (Nobody's slot has no account.)
inline bool owns(const ExchangeImpl& exchange, AccountId account, SlotIndex slot) {
    return exchange.books.orders.slot(slot).account == account;
}
/// The caller's own open order, or none: another account's order is as unknown as one that never was.
SlotIndex find_own_order(const ExchangeImpl& exchange, AccountId account, OrderId order);

}  // namespace sauda::core
