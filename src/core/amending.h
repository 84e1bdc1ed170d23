/// Amendments of open orders.
#pragma once

#include "core/exchange_impl.h"

namespace sauda::core {

/// Changes an open order's price or quantity: in place where it keeps its priority, else by taking it out and
/// placing it anew under its id.
[[gnu::noinline]] void amend_order(ExchangeImpl& exchange, const AmendOrder& command, Applying now);

}  // namespace sauda::core
