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

    /// Hints that the commands of `batch` come next: starts loading what the first of them will touch. False:
    /// all that commands touch is near, and prefetch() need not be called for this batch. Changes nothing.
    bool look_ahead(std::span<const Command> batch) const;
    /// Of the batch last looked at the command at `at` comes next: goes on loading what those behind it will
    /// touch. Call before each command, from the first on. Changes nothing. Requires: look_ahead(batch) was
    /// true.
    void prefetch(std::span<const Command> batch, std::size_t at) const;

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
