/// Trades at random times, some in a burst and some after months, and what came of them told naively.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/random.h"
#include "core/event.h"
#include "core/types/timestamp.h"

namespace sauda::views::testing {

struct TimedTrade {
    core::TimestampNs time;
    core::Trade trade;
};

/// Trades of markets 1 to `markets`, each market's ids rising by one from 1.
class RandomTrades {
public:
    RandomTrades(std::uint64_t seed, std::uint32_t markets) : random_(seed), last_trade_(markets + 1) {}

    /// What one command might have caused: none to three trades, all at one time.
    std::vector<TimedTrade> next();
    core::TimestampNs now() const { return now_; }
    /// Everything so far, oldest first.
    const std::vector<TimedTrade>& all() const { return all_; }

private:
    void pass_time();

    base::Random random_;
    core::TimestampNs now_{1'700'000'000'000'000'000};
    std::vector<std::uint64_t> last_trade_;
    std::vector<TimedTrade> all_;
};

/// The events of one command.
base::Bytes events_of(const std::vector<TimedTrade>& trades);

}  // namespace sauda::views::testing
