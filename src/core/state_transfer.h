/// Between the exchange at work and its state as plain data.
#pragma once

#include "core/exchange_impl.h"
#include "core/state.h"

namespace sauda::core {

/// The state of `exchange` in canonical order, so that equal exchanges give equal states whatever way they
/// came there.
ExchangeState capture_state(const ExchangeImpl& exchange);

/// Rebuilds an exchange from `state`. Requires: `exchange` is empty, of the state's shard.
void restore_state(ExchangeImpl& exchange, const ExchangeState& state);

/// One open order as plain data.
OrderRecord order_record(const ExchangeImpl& exchange, SlotIndex slot);

}  // namespace sauda::core
