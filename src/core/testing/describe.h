/// Commands, events and states as text, for the messages of failing tests and for comparing states line by
/// line. Every field of an event stands in its text: two events are equal when their texts are.
#pragma once

#include <string>

#include "base/bytes.h"
#include "core/command.h"
#include "core/state.h"

namespace sauda::core::testing {

std::string describe(const CommandBody& body);
std::string describe(const Command& command, Stamp stamp);

/// One line per event of a buffer.
std::string describe_events(base::ByteView events);

/// One line per asset, market, account, balance, order, client order id, transfer and gateway.
std::string describe(const ExchangeState& state);

/// The first line in which two texts differ, as "expected … / got …"; empty when they are equal.
std::string first_difference(const std::string& expected, const std::string& got);

}  // namespace sauda::core::testing
