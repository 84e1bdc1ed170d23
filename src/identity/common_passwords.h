/// The passwords that guessers try first.
#pragma once

#include <string_view>

namespace sauda::identity {

/// Whether `password`, in any mixture of ASCII case, is one that many people choose. Only passwords long
/// enough to pass the length rule are listed; the shorter ones are refused by that rule.
bool is_common_password(std::string_view password);

}  // namespace sauda::identity
