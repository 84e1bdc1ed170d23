/// The commands of traders: place, cancel, amend, replace.
#pragma once

#include "core/exchange_impl.h"

namespace sauda::core {

void place_order(ExchangeImpl& exchange, const PlaceOrder& command, const Applying& now);
void cancel_order(ExchangeImpl& exchange, const CancelOrder& command, const Applying& now);
void cancel_all(ExchangeImpl& exchange, const CancelAll& command, const Applying& now);
void amend_order(ExchangeImpl& exchange, const AmendOrder& command, const Applying& now);
void replace_order(ExchangeImpl& exchange, const ReplaceOrder& command, const Applying& now);

/// Takes a resting order out of its book, gives its hold back, and tells why.
void end_resting_order(ExchangeImpl& exchange, SlotIndex slot, EndCause cause, const Applying& now);

}  // namespace sauda::core
