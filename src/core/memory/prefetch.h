/// Asking for a cache line before it is needed.
///
/// Written as assembly because g++ 12 at -O3 removes __builtin_prefetch from helper functions that do nothing
/// else. Worth it only where the working set exceeds the cache: on a book that fits, prefetching a batch
/// ahead *costs* up to 40 %, so who looks ahead asks first whether it is worth it
/// (ExchangeImpl::has_far_data).
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

/// Accounts, of 128 bytes, and markets, of about a kilobyte with what their books touch first, above which
/// those of the next command are far away, however few orders are open.
inline constexpr std::size_t prefetch_accounts_min = 20'000;
inline constexpr std::size_t prefetch_markets_min = 1'000;

}  // namespace sauda::core
