/// An exchange that was driven at random, with everything it said kept in memory: what history must tell.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "codec/event_frame.h"
#include "core/event_reader.h"
#include "core/exchange.h"
#include "core/testing/oracle.h"
#include "core/testing/random_commands.h"
#include "history/projector.h"
#include "views/accounts.h"

namespace sauda::history::testing {

/// A trade, and when it was made.
struct RecordedTrade {
    core::Trade trade;
    core::Sequence sequence;
    core::TimestampNs time;
};

/// A transfer to another shard (amount below zero) or from one, and whether it has arrived.
struct RecordedShardTransfer {
    core::AccountId account;
    core::AssetId asset;
    core::Amount amount;
    core::Uuid operator_id;
    core::TransferReference reference;
    core::ShardName peer;
    core::Stamp stamp;
    core::Sequence confirmed;
};

/// Threads: one owner.
class RecordedWorld {
public:
    /// Applies `count` random commands of `seed`, and notes every balance after each `stride`-th.
    RecordedWorld(std::uint64_t seed, std::uint64_t count, std::uint64_t stride);

    std::uint64_t last() const { return frames_.size(); }
    /// The frame of `sequence`, 1 to last().
    codec::EventFrameView frame(std::uint64_t sequence) const;

    using Balances = std::map<std::pair<core::AccountId, core::AssetId>, Balance>;
    /// By sequence: what core said then, zero balances included.
    const std::map<std::uint64_t, Balances>& balances() const { return balances_; }
    const std::vector<RecordedTrade>& trades() const { return trades_; }
    /// Oldest first.
    const std::vector<RecordedShardTransfer>& shard_transfers() const { return shard_transfers_; }
    /// How many deposits and withdrawals an account had.
    const std::map<core::AccountId, std::size_t>& transferred() const { return transferred_; }
    /// Every order that was ever accepted, as the views know it, with unlimited memory.
    const views::AccountsView& accounts() const { return view_; }
    const std::map<core::OrderId, core::AccountId>& orders() const { return orders_; }
    const core::Exchange& exchange() const { return exchange_; }
    const views::Listings& listings() const { return view_.listings(); }
    std::vector<core::AccountId> all_accounts() const;

private:
    void note_balances(std::uint64_t sequence);

    core::testing::Oracle oracle_;
    core::Exchange exchange_;
    views::AccountsView view_;
    std::vector<base::Bytes> frames_;
    std::map<std::uint64_t, Balances> balances_;
    std::vector<RecordedTrade> trades_;
    std::vector<RecordedShardTransfer> shard_transfers_;
    std::map<core::AccountId, std::size_t> transferred_;
    std::map<core::OrderId, core::AccountId> orders_;
};

/// A directory that goes with everything in it.
class TemporaryDirectory {
public:
    TemporaryDirectory();
    ~TemporaryDirectory();
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    std::string file(const std::string& name) const { return path_ + "/" + name; }

private:
    std::string path_;
};

/// Projects the world into the database at `path`, from where it stands through `through`, `per_batch`
/// commands a transaction. A sentence where it fails.
std::string project(const std::string& path, const RecordedWorld& world, std::uint64_t through,
                    std::uint64_t per_batch);

}  // namespace sauda::history::testing
