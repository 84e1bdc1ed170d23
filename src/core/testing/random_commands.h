/// Random commands that make a small exchange busy: a few accounts, a few markets of every kind, prices so
/// close that orders cross, and among them every way to be refused. The same seed makes the same commands.
#pragma once

#include <string>
#include <vector>

#include "base/random.h"
#include "core/command.h"
#include "core/testing/oracle.h"

namespace sauda::core::testing {

class RandomCommands {
public:
    /// Draws from what `oracle` knows is open and listed, which its owner keeps up to date.
    RandomCommands(std::uint64_t seed, const Oracle& oracle)
        : random_(seed), oracle_(oracle), depth_(random_.between(1, 12)) {}

    struct Stamped {
        Command command;
        Stamp stamp;
    };
    Stamped next();

private:
    CommandBody opening();
    CommandBody body();
    CommandBody trading();
    CommandBody administration();
    CommandBody leases();
    GrantLease grant_lease();
    LeaseId lease();

    PlaceOrder place();
    void shape_limit(PlaceOrder& order, const MarketSpec& spec);
    void shape_market_order(PlaceOrder& order, const MarketSpec& spec);
    void spoil(PlaceOrder& order);
    CancelOrder cancel();
    AmendOrder amend();
    ReplaceOrder replace();
    CommandBody transfer();
    CommandBody transfer_between_shards();
    ConfirmTransfer confirm_transfer();
    Amount transfer_amount();
    AssetId transfer_asset();
    TransferReference reference(const char* prefix, std::uint64_t& newest);
    ShardName shard();
    SetFees set_fees();
    ListMarket list_market();

    AccountId account();
    MarketId market();
    /// An open order with its owner, mostly; else one that is not open, or that is another's.
    std::pair<AccountId, OrderId> order();
    std::int64_t price(const MarketSpec& spec, Side side);
    std::int64_t quantity(const MarketSpec& spec);
    ClientOrderId client_order_id(std::uint64_t given_in_100);
    TimestampNs pass_time();
    CommandId command_id();
    bool one_in(std::uint64_t n) { return random_.chance(1, n); }

    base::Random random_;
    const Oracle& oracle_;
    std::int64_t depth_;  // in ticks: how far from the middle of the market orders are
    Stamp stamp_{{0}, {1'000'000'000'000}};
    std::vector<Command> recent_;  // to be sent again: as retries, and as redeliveries
    std::uint64_t gateway_sequences_[4] = {};
    std::uint64_t references_ = 0;
    std::uint64_t references_elsewhere_ = 0;
};

}  // namespace sauda::core::testing
