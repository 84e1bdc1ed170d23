/// The assets and markets that a new exchange starts with, as the commands that list them.
#pragma once

#include <vector>

#include "core/command.h"

namespace sauda::core {

/// Lists INR, USDT, TATA, JIO, BTC and ETH, then TATA_INR, JIO_INR, BTC_USDT and ETH_USDT, in the name of
/// `operator_id`. In order, on an exchange that has no asset yet: markets name their assets by the ids that
/// these commands give out (1, 2, … in this order).
std::vector<CommandBody> default_listings(const Uuid& operator_id);

}  // namespace sauda::core
