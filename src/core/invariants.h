/// What must be true of an exchange after every command, proved from scratch.
#pragma once

#include <optional>
#include <string>

#include "core/exchange.h"

namespace sauda::core {

/// The first violation found, in a sentence, or nothing. O(state). Proves: books are uncrossed and sound;
/// every asset's balances sum to zero; no user's balance is negative; held is exactly what open orders hold;
/// what is external and in transit is exactly what transfers moved;
/// the directory, the accounts' lists and the client order ids agree with the books; every lease is on an
/// account, and none is overdue.
std::optional<std::string> check_invariants(const Exchange& exchange);

}  // namespace sauda::core
