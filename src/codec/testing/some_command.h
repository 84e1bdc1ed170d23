/// Commands of every kind with any content, for tests of what they are written as.
#pragma once

#include <cstddef>

#include "base/random.h"
#include "core/command.h"

namespace sauda::codec {

core::Uuid some_uuid(base::Random& random);
core::PlaceOrder some_place(base::Random& random);
core::AmendOrder some_amend(base::Random& random);
core::MarketSpec some_spec(base::Random& random);
/// Requires: tag < std::variant_size_v<core::CommandBody>.
core::CommandBody some_body(base::Random& random, std::size_t tag);
/// With or without identity and deadline, of any kind.
core::Command some_command(base::Random& random);

}  // namespace sauda::codec
