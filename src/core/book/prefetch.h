/// Asking for a cache line before it is needed.
///
/// Written as assembly because g++ 12 at -O3 removes __builtin_prefetch from helper functions that do nothing
/// else. Worth it only where the working set exceeds the cache: on a book that fits, prefetching a batch
/// ahead *costs* up to 40 %, so batch callers ask `is_worth_prefetching` first.
#pragma once

#include <cstddef>

namespace sauda::core {

/// Brings the line of `address` near. Any address is allowed, also one that is not mapped.
inline void prefetch_line(const void* address) {
#if defined(__x86_64__)
    asm volatile("prefetcht0 %0" : : "m"(*static_cast<const char*>(address)));
#else
    __builtin_prefetch(address);
#endif
}

/// Live orders above which slots, levels and directory no longer fit a core's own cache (2 MiB of level 2,
/// about 100 bytes touched per order).
inline constexpr std::size_t prefetch_orders_min = 20'000;

inline bool is_worth_prefetching(std::size_t live_orders) {
    return live_orders >= prefetch_orders_min;
}

}  // namespace sauda::core
