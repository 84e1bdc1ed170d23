/// A choice that nobody can guess.
#pragma once

#include <type_traits>

#include "core/types/ids.h"

namespace sauda::core {

/// What either() chooses between: plain words, of which the processor moves one.
template <class T>
concept Word = (std::is_pointer_v<T> || std::is_integral_v<T>)&&(sizeof(T) == 4 || sizeof(T) == 8);

/// `a` where `first`, else `b`, without a branch. (`?:` becomes one where the compiler thinks it cheaper,
/// which it is not where the processor guesses wrong.)
template <Word T>
constexpr T either(bool first, T a, T b) {
#if defined(__x86_64__)
    if (!__builtin_constant_p(first)) {
        asm("testb %1, %1\n\tcmovz %2, %0" : "+r"(a) : "q"(first), "r"(b) : "cc");
        return a;
    }
#endif
    return first ? a : b;
}
template <class Tag, class Raw>
constexpr Id<Tag, Raw> either(bool first, Id<Tag, Raw> a, Id<Tag, Raw> b) {
    return {either(first, a.raw, b.raw)};
}

}  // namespace sauda::core
