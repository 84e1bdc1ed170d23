/// Runs a measurement in a process of its own: fresh memory, its own peak, and nothing left over for the
/// next.
#pragma once

#include <cstring>
#include <functional>
#include <string>
#include <type_traits>

#include "base/assert.h"
#include "base/result.h"

namespace sauda::bench {

/// The bytes that `work` returned in a child process, or why there are none: what it gave as its failure, or
/// how it died. Requires: this process has no other threads.
base::Result<std::string, std::string> bytes_from_child(
    const std::function<base::Result<std::string, std::string>()>& work);

/// `work()`, done in a child process.
template <class T>
base::Result<T, std::string> in_child(const std::function<base::Result<T, std::string>()>& work) {
    static_assert(std::is_trivially_copyable_v<T>, "it travels through a pipe");
    const auto bytes = bytes_from_child([&]() -> base::Result<std::string, std::string> {
        const auto value = work();
        if (!value) return base::Unexpected{value.error()};
        return std::string(reinterpret_cast<const char*>(&*value), sizeof(T));
    });
    if (!bytes) return base::Unexpected{bytes.error()};
    T value;
    ASSERT(bytes->size() == sizeof value);
    std::memcpy(&value, bytes->data(), sizeof value);
    return value;
}

}  // namespace sauda::bench
