/// Leases: dead man's switches. An account under one has all its open orders cancelled unless somebody goes
/// on saying that they are still wanted: the server that its owner's connection is to, or the owner himself.
#pragma once

#include "core/exchange_impl.h"

namespace sauda::core {

void grant_lease(ExchangeImpl& exchange, const GrantLease& command, Applying now);
void end_lease(ExchangeImpl& exchange, const EndLease& command, Applying now);

void lapse_leases(ExchangeImpl& exchange, const LapseLeases& command, Applying now);

/// Lets the leases act that are due when `command` comes, which may be none. The sequencer's own, which
/// restart them or let them lapse, come before they do.
void fire_due_leases(ExchangeImpl& exchange, const Command& command, Applying now);

}  // namespace sauda::core
