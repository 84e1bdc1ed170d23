/// What an order is. Enumerator values stand in journals and snapshots: never renumber.
#pragma once

#include <cstdint>

namespace sauda::core {

enum class Side : std::uint8_t { buy = 0, sell = 1 };  // FIX tag 54
constexpr Side opposite(Side side) {
    return Side{static_cast<std::uint8_t>(static_cast<std::uint8_t>(side) ^ 1)};
}
/// One of two, by value.
constexpr Side choose(bool first, Side a, Side b) {
    return first ? a : b;
}

enum class OrderKind : std::uint8_t {  // FIX tag 40
    limit = 0,                         ///< at the price or better
    market = 1,                        ///< at any price; what cannot be filled at once expires
};

enum class TimeInForce : std::uint8_t {  // FIX tag 59
    gtc = 0,                             ///< good till cancelled: what is left rests
    ioc = 1,                             ///< immediate or cancel: what is left expires
    fok = 2,                             ///< fill or kill: filled whole at once, or expires untouched
};

/// What a repeated client order id with equal content means.
enum class DuplicatePolicy : std::uint8_t {
    return_first = 0,    ///< a retry: the first report again
    refuse_if_open = 1,  ///< refused while the first order is open; after that it is a new order
};

enum class OrderStatus : std::uint8_t {  // FIX tag 39
    accepted = 0,                        ///< "New": rests, nothing filled
    partially_filled = 1,                ///< rests, something filled
    filled = 2,                          ///< final
    canceled = 3,                        ///< final: its owner or an operator took it away
    expired = 4,                         ///< final: IOC, FOK or market remainder
};

enum class Liquidity : std::uint8_t { maker = 0, taker = 1 };

/// Why an order ended other than by being filled.
enum class EndCause : std::uint8_t {
    canceled_by_owner = 0,
    canceled_all = 1,
    replaced = 2,
    reduced_to_nothing = 3,  ///< an amend left no open quantity
    ioc_remainder = 4,
    fok_unfillable = 5,
    market_remainder = 6,
    canceled_by_operator = 7,
    cancel_on_disconnect = 8,  ///< a connection ended whose owner wanted it so
    cancel_after = 9,          ///< its owner's countdown ran out
};
inline constexpr EndCause end_cause_last = EndCause::cancel_after;
constexpr bool is_expiry(EndCause cause) {
    return cause == EndCause::ioc_remainder || cause == EndCause::fok_unfillable ||
           cause == EndCause::market_remainder;
}
/// Whether it came with a lease on the account, not with a command about the order.
constexpr bool is_of_lease(EndCause cause) {
    return cause == EndCause::cancel_on_disconnect || cause == EndCause::cancel_after;
}

/// How a lease came to an end.
enum class LeaseEnd : std::uint8_t {
    called_off = 0,  ///< no more wanted; orders stay
    fired = 1,       ///< its holder had the orders cancelled
    lapsed = 2,      ///< nobody renewed it in time: the orders are cancelled
};

}  // namespace sauda::core
