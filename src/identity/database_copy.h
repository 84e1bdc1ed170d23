/// A copy of the identity database while others use it.
#pragma once

#include <string>

#include "base/io_error.h"
#include "base/result.h"

namespace sauda::identity {

/// Copies the database `from`, as it stands at one moment, to the file `to`, which must not exist: it is made
/// with mode 0600, and durable when this returns. Other processes may read and write `from` meanwhile; what
/// they commit after the copy began may be in it or not. Blocking.
base::Result<void, base::IoError> copy_database(const std::string& from, const std::string& to);

}  // namespace sauda::identity
