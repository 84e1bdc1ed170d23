/// Loading what commands will touch before they are applied. Changes nothing but time.
///
/// A command's way to its data is a chain: the directory leads to the order's slot, the slot to its level,
/// its neighbours and its account's, the level to the market, the market to the level that a new or moved
/// order comes to, and that to the order behind or against which it comes. Each link is asked for two
/// commands after the one before, when that has arrived: as each command's turn comes, one link of each of
/// the ten behind it. (Links of several commands at once would be more lines than a core can wait for.)
///
/// Where levels are far, all commands go the same way, whatever they are, without a branch: what does not
/// concern one is a place that is near anyway. Ten links that each ask what a command is would guess wrong
/// five times. Where levels are near, three links are enough, and they ask.
///
/// Where everything is near, one thing is left: an order is found two commands before its turn. The
/// processor has not much more than one command in sight, and everything about an order begins with where it
/// is.
#pragma once

#include <array>
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
    /// Whether what commands touch is far.
    static bool is_worth_it(const ExchangeImpl& exchange) { return way_of(exchange) != Way::none; }

    /// The commands of `batch` come next: starts loading what the first of them will touch. False: all that
    /// commands touch is near, and go_on() is not to be called for this batch.
    bool begin(const ExchangeImpl& exchange, std::span<const Command> batch);
    /// The next command of the batch that was begun is about to be applied: goes on loading what those behind
    /// it will touch. Requires: begin() was true of this batch.
    void go_on(const ExchangeImpl& exchange, std::span<const Command> batch);
    /// The same of a batch that begin() was false of, whose `later` is the command `glance_reach` behind the
    /// next; null: there is none. Finds the order that it names: what lies in the second cache is far enough
    /// to be waited for.
    void glance(const ExchangeImpl& exchange, const Command* later);
    static constexpr std::size_t glance_reach = 2;

    /// The slot of the order that the command names whose turn it is, as it was when the command came into
    /// sight. Only a hint: it may be none, free by now, or another order's.
    SlotIndex expected() const { return expected_; }

private:
    static constexpr std::size_t links = 10;
    /// Commands between one link and the next: long enough for memory to answer; what is asked for too early
    /// has left the nearest cache before it is used.
    static constexpr std::size_t stride = 2;
    /// Commands that are under way at once, the one whose turn it is among them.
    static constexpr std::size_t reach = (links - 1) * stride + 1;

    /// What is needed of a command, and found out about it: hints, which may be out of date when used.
    struct alignas(64) Ahead {
        const SlotIndex* told_at;  ///< where its slot is told, or that of the order that a new one follows
        const MarketDesk* desk;
        PriceTicks price;  ///< that it comes to
        AccountId account;
        std::uint32_t market;   ///< of a new order, as an index; else zero
        std::uint32_t rested;   ///< a mask, not zero where it rests already
        std::uint32_t departs;  ///< a mask, not zero where it goes out of the list of its account
        std::uint32_t quantity;
        SlotIndex slot;
        SlotIndex named;  ///< the slot that it was told first
        LevelIndex level;
        Side side;
        bool comes;    ///< to a level: it is new, or moves
        bool crosses;  ///< and has makers to meet
    };
    class Links;
    /// Which links the commands of a batch need: decided once for all of it, as they build on each other.
    enum class Way : std::uint8_t { none, near, far };

    static Way way_of(const ExchangeImpl& exchange);
    template <class Range>
    void load(const Links& of, const Command* commands, Ahead* ahead, const Range& range);

    Way way_ = Way::none;
    SlotIndex expected_;
    std::array<SlotIndex, glance_reach> glanced_;  ///< of the commands behind the next
    /// Those under way stand one behind the other, as links know them by their distance: a window that moves
    /// on, and goes back to the front when it comes to the end.
    std::size_t front_ = 0;  ///< the place in the batch of the first
    std::size_t next_ = 0;   ///< whose turn is next
    std::array<Ahead, 64> ahead_;
    static_assert(reach * 2 < std::tuple_size_v<decltype(ahead_)>);
};

}  // namespace sauda::core
