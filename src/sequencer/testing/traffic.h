/// Random but legal-looking commands from a seed: a small exchange is set up, then orders are placed,
/// amended, replaced and cancelled, money comes and goes, also between shards, and some frames are delivered
/// twice.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/random.h"
#include "bus/frame_batch.h"
#include "core/command.h"

namespace sauda::sequencer::testing {

/// Threads: one owner at a time.
class Traffic {
public:
    /// Commands carry `gateway` and sequences from 1 on.
    Traffic(std::uint64_t seed, std::uint64_t gateway);

    /// The next command: first assets, a market, accounts and deposits, then random ones for ever.
    core::Command next();
    /// `count` next commands as frames. About one in `redelivery` of them is followed by an earlier frame
    /// again; zero: none is.
    void append_frames(std::size_t count, bus::FrameBatch& out, std::uint64_t redelivery = 0);

private:
    core::CommandBody body(std::uint64_t number);
    core::CommandBody random_body();
    core::CommandBody transfer_between_shards(std::uint64_t dice);
    core::PlaceOrder place();
    core::AccountId account();
    core::OrderId order();

    base::Random random_;
    std::uint64_t gateway_;
    std::uint64_t count_ = 0;
    std::uint64_t placed_ = 0;
    std::uint64_t sent_ = 0;  // to another shard
    base::Bytes frame_;
    base::Bytes earlier_;
};

}  // namespace sauda::sequencer::testing
