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

/// Live orders above which naming one by its id (cancel, amend) finds its slot far away: beyond a core's own
/// cache of 2 MiB at about 100 bytes touched per order.
inline constexpr std::size_t prefetch_orders_min = 20'000;
/// Live level pages, of 1 KiB, above which the levels of a new order are far away. Orders alone do not tell:
/// one market of two million orders trades on a few pages near its best prices and in slots used a moment
/// ago, and prefetching for its new orders made it 15 % slower; 8192 markets became 2.2 times faster.
inline constexpr std::size_t prefetch_pages_min = 2'000;

/// Whether to prefetch for commands that name an order by its id.
inline bool is_worth_prefetching(std::size_t live_orders) {
    return live_orders >= prefetch_orders_min;
}
/// Whether to prefetch for commands that bring an order to a price.
inline bool is_worth_prefetching_levels(std::size_t live_pages) {
    return live_pages >= prefetch_pages_min;
}

}  // namespace sauda::core
