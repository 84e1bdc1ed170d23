/// An exchange under test: applies one command after the other, checks every invariant after each, and keeps
/// what happened.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/event.h"
#include "core/exchange.h"

namespace sauda::core::testing {

/// What one command did.
struct Outcome {
    std::vector<EventType> types;
    RejectReason reason = RejectReason::none;  ///< of a refusal
    OrderId order;                             ///< accepted, repeated, or named by a refusal
    Sequence first;                            ///< of a repetition
    std::vector<Trade> trades;
    std::vector<OrderEnded> ended;
    std::vector<OrderAmended> amended;
    AccountId account;  ///< opened
};

class TestExchange {
public:
    /// Empty, or with the default listings.
    enum class Listed { nothing, by_default };
    explicit TestExchange(Listed listed = Listed::by_default);

    Outcome apply(CommandBody body) { return apply(Command{{}, {}, std::move(body)}); }
    Outcome apply(const Command& command);
    /// All at once, at the next time. What came of each.
    std::vector<Outcome> apply_batch(std::span<const Command> batch);
    void wait(std::int64_t nanoseconds) { stamp.time.raw += nanoseconds; }
    /// Invariants cost the whole state after every command: tests of many orders turn them off.
    void check_less() { checks_ = false; }

    /// Opens the account of user `number`.
    AccountId open(std::uint32_t number);
    void deposit(AccountId account, AssetId asset, std::int64_t amount);
    AssetId list_asset(std::string_view name, std::uint8_t scale);
    /// Fails the process when the market cannot be listed.
    MarketId list_market(const MarketSpec& spec);

    std::int64_t available(AccountId account, AssetId asset) const {
        return exchange.balance(account, asset).available.raw;
    }
    std::int64_t held(AccountId account, AssetId asset) const {
        return exchange.balance(account, asset).held.raw;
    }

    Exchange exchange;
    Stamp stamp{{0}, {1'000'000'000}};

private:
    void check() const;

    bool checks_ = true;
};

PlaceOrder limit(AccountId account, MarketId market, Side side, std::int64_t price, std::int64_t quantity);
PlaceOrder market_order(AccountId account, MarketId market, Side side, std::int64_t quantity);
PlaceOrder market_by_quote(AccountId account, MarketId market, Side side, std::int64_t quote);

}  // namespace sauda::core::testing
