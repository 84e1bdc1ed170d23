/// What the metrics page tells about the feed.
#pragma once

#include <cstdint>

namespace sauda::feed {

/// Plain numbers with one writer, the Hub's thread.
struct Counters {
    // Now
    std::uint64_t sessions = 0;
    std::uint64_t private_sessions = 0;       ///< of these, authenticated
    std::uint64_t orderbook_subscribers = 0;  ///< one per session and market
    std::uint64_t trades_subscribers = 0;
    std::uint64_t summary_subscribers = 0;  ///< of tickers and candles
    std::uint64_t conflated = 0;            ///< subscriptions that wait for their connection to drain
    // Since the start
    std::uint64_t messages_encoded = 0;
    std::uint64_t sends = 0;        ///< buffers handed to connections
    std::uint64_t bytes_sent = 0;   ///< in them
    std::uint64_t conflations = 0;  ///< times a subscription fell behind
    std::uint64_t recoveries = 0;   ///< times one caught up again
    std::uint64_t slow_closes = 0;  ///< connections closed as slow_consumer
    std::uint64_t refusals = 0;     ///< requests answered with an error
    std::uint64_t resumes = 0;      ///< answered by replay
    std::uint64_t resumes_too_old = 0;
    std::uint64_t snapshots = 0;  ///< order book snapshots sent
};

}  // namespace sauda::feed
