/// A command as one readable line, for people who look into a journal.
#pragma once

#include <string>

#include "core/command.h"

namespace sauda::codec {

/// `PlaceOrder account=16 market=1 side=Buy kind=Limit price=10050 quantity=10 ...`: numbers as they stand,
/// in units of the market and minor units of the asset.
std::string command_text(const core::Command& command);

}  // namespace sauda::codec
