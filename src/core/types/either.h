/// A choice that nobody can guess.
#pragma once

#include <type_traits>

namespace sauda::core {

/// `a` where `first`, else `b`, without a branch. (`?:` becomes one where the compiler thinks it cheaper,
/// which it is not where the processor guesses wrong.)
template <class T>
requires(std::is_pointer_v<T> || std::is_integral_v<T>) inline T either(bool first, T a, T b) {
#if defined(__x86_64__)
    if (!__builtin_constant_p(first)) {
        asm("testb %1, %1\n\tcmovz %2, %0" : "+r"(a) : "q"(first), "r"(b) : "cc");
        return a;
    }
#endif
    return first ? a : b;
}

}  // namespace sauda::core
