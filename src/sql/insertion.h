/// Parts of the INSERT statements that both dialects take.
#pragma once

#include <string>

#include "sql/session.h"

namespace sauda::sql {

/// ` ON CONFLICT (key) DO UPDATE SET column = excluded.column, ...`, or nothing where rows are always new.
std::string on_conflict(const Insertion& insertion);

}  // namespace sauda::sql
