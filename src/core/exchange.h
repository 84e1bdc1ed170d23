/// The exchange as a function: `(state, command) -> (state, events)`.
///
/// Deterministic: integers only, no clock, randomness, threads or I/O; replaying the same stamped commands
/// gives the same events, byte for byte, and the same state. Threads: one owner at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/command.h"
#include "core/event_buffer.h"
#include "core/event_frame.h"
#include "core/state.h"
#include "core/types/market.h"

namespace sauda::core {

struct ExchangeImpl;

class Exchange {
public:
    /// An empty exchange. `shard` goes into the top 8 bits of order ids.
    explicit Exchange(std::uint8_t shard = 0);
    /// The exchange that `state` describes. Requires: a state that `state()` returned (snapshots carry a
    /// checksum).
    explicit Exchange(const ExchangeState& state);
    ~Exchange();
    Exchange(Exchange&&) noexcept;
    Exchange& operator=(Exchange&&) noexcept;

    /// Applies `command` and appends what happened to `events`: first what fell due by its time, then what it
    /// asks for. Every refusal is decided before anything changes. Requires: stamp.sequence is one above the
    /// last, stamp.time is not before the last.
    void apply(const Command& command, Stamp stamp, EventBuffer& events);

    /// The same of commands at `first` and the sequences behind it, all at its time: faster by what has not
    /// to be asked of each, and where data is far from the processor, by asking for it some commands ahead.
    /// Requires: of `first` as apply() of its stamp, unless there are none.
    void apply_batch(std::span<const Command> batch, Stamp first, EventBuffer& events);
    /// The same, with the events of each command in a frame of its own. Requires: each is below 4 GiB.
    void apply_batch(std::span<const Command> batch, Stamp first, const FrameOrigin& origin,
                     EventBuffer& frames);

    /// The earliest time at which something falls due by itself, if anything does.
    std::optional<TimestampNs> next_deadline() const;
    /// Whether any account is under a lease.
    bool has_leases() const;

    Stamp last() const;
    /// The number in the top 8 bits of its order ids.
    std::uint8_t shard() const;

    /// The whole state in canonical order. O(state).
    ExchangeState state() const;

    /// Has the system hand over memory for so many open orders now rather than as they come. At start: fresh
    /// memory costs more than all else that an order does with it. Changes nothing that can be seen.
    void reserve(std::uint32_t open_orders);

    // --- Reading, for tests, invariants and tools ---
    /// Whether a batch that came now would be looked ahead of.
    bool would_look_ahead() const;
    struct Balance {
        Amount available;
        Amount held;
    };
    std::size_t asset_count() const;
    std::size_t market_count() const;
    const Asset* find_asset(AssetId id) const;
    const Market* find_market(MarketId id) const;
    const Market* find_market(std::string_view name) const;
    const Asset* find_asset(std::string_view name) const;
    AccountId find_account(const Uuid& user) const;
    /// Of users' and of the exchange's own accounts (`fees_account`, …). Zero when there is none.
    Balance balance(AccountId account, AssetId asset) const;
    /// An open order of any account.
    std::optional<OrderRecord> find_order(OrderId id) const;
    std::size_t open_order_count() const;

private:
    friend std::optional<std::string> check_invariants(const Exchange& exchange);
    std::unique_ptr<ExchangeImpl> impl_;
};

}  // namespace sauda::core
