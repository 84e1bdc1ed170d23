/// A copy of the identity database while others use it.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "base/io_error.h"
#include "base/result.h"
#include "identity/random_id.h"

namespace sauda::identity {

/// Copies the database `from`, as it stands at one moment, to the file `to`, which must not exist: it is made
/// with mode 0600, and durable when this returns. Other processes may read and write `from` meanwhile; what
/// they commit after the copy began may be in it or not. Blocking.
base::Result<void, base::IoError> copy_database(const std::string& from, const std::string& to);

/// Clears, in a copy that nobody uses, the account of every user of whom `is_open` says that the engine's
/// copy has none: who registered after that was made. The registration completes at the user's next login.
/// Returns how many they were. Blocking.
base::Result<std::size_t, base::IoError> clear_accounts(const std::string& copy,
                                                        const std::function<bool(const Uuid&)>& is_open);

}  // namespace sauda::identity
