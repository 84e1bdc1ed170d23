/// ASSERT(condition): what only a bug can break. On in every build; stops the process, which restarts by
/// replay.
#pragma once

namespace sauda::base {

/// Prints `expression` with its place to stderr and aborts.
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line) noexcept;

}  // namespace sauda::base

#define ASSERT(condition)                                \
    (static_cast<bool>(condition) ? static_cast<void>(0) \
                                  : ::sauda::base::assertion_failed(#condition, __FILE__, __LINE__))
