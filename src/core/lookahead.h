/// Loading what commands will touch before they are applied. Changes nothing but time.
///
/// A command's way to its data is a chain: the directory leads to the order's slot, the slot to its level,
/// its neighbours and its account's, the level to the market, the market to the level that a new or moved
/// order comes to, and that to the order behind or against which it comes. Each link is asked for some
/// commands after the one before, when that has arrived.
///
/// Where levels are far, all commands go the same way, whatever they are, without a branch: what does not
/// concern one is a place that is near anyway. Ten links that each ask what a command is would guess wrong
/// five times. Where levels are near, three links are enough, and they ask.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <span>

#include "core/book/order_slot.h"
#include "core/command.h"

namespace sauda::core {

struct ExchangeImpl;
struct MarketDesk;

/// What lies ahead. Threads: the exchange's owner.
class Lookahead {
public:
    static constexpr std::size_t group = 2;

    /// As Exchange::look_ahead.
    bool begin(const ExchangeImpl& exchange, std::span<const Command> batch);
    /// As Exchange::prefetch.
    void go_on(const ExchangeImpl& exchange, std::span<const Command> batch, std::size_t at);

private:
    static constexpr std::size_t links = 10;
    /// Commands between one link and the next: long enough for memory to answer; what is asked for too early
    /// has left the nearest cache before it is used.
    static constexpr std::size_t stride = 2;
    static constexpr std::size_t reach = links * stride + group;

    /// What is needed of a command, and found out about it: hints, which may be out of date when used.
    struct Ahead {
        AccountId account;
        OrderId order;     ///< none: of a new order
        PriceTicks price;  ///< zero: it comes to no level
        std::uint32_t quantity = 0;
        bool is_new = false;
        bool comes = false;    ///< to a level: it is new, or moves
        bool crosses = false;  ///< and has makers to meet
        Side side{};
        SlotIndex slot;
        LevelIndex level;
        const MarketDesk* desk = nullptr;
    };
    class Links;
    /// Which links the commands of a batch need: decided once for all of it, as they build on each other.
    enum class Way : std::uint8_t { none, near, far };

    static Way way_of(const ExchangeImpl& exchange);
    template <class Range>
    void load(const Links& of, std::span<const Command> batch, const Range& range);

    Way way_ = Way::none;
    std::array<Ahead, std::bit_ceil(reach)> ahead_;  // by place in the batch
};

}  // namespace sauda::core
