/// The commands that move money into the ledger and out of it: deposits, withdrawals, and transfers between
/// shards. Each bears a reference by which it is recognised for ever.
#pragma once

#include "core/exchange_impl.h"

namespace sauda::core {

void deposit(ExchangeImpl& exchange, const Deposit& command, Applying now);
void withdraw(ExchangeImpl& exchange, const Withdraw& command, Applying now);
void send_transfer(ExchangeImpl& exchange, const SendTransfer& command, Applying now);
void receive_transfer(ExchangeImpl& exchange, const ReceiveTransfer& command, Applying now);
void confirm_transfer(ExchangeImpl& exchange, const ConfirmTransfer& command, Applying now);

}  // namespace sauda::core
