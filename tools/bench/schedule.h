/// When orders are meant to arrive, and when their events came out: what a paced bench compares.
#pragma once

#include <cstdint>
#include <mutex>
#include <vector>

#include "base/bytes.h"

namespace sauda::bench {

/// The monotonic clock.
std::int64_t now_ns();

/// A fixed rate: order i arrives i / rate seconds after the start, whatever became of those before. Or, where
/// orders come in groups of so many, together with the first of its group.
///
/// Threads: one owner; once started, read by any.
class Schedule {
public:
    explicit Schedule(std::uint64_t orders_per_second, std::uint64_t group = 1)
        : rate_(orders_per_second), group_(group) {}
    void start() { start_ns_ = now_ns(); }
    std::int64_t arrival_ns(std::uint64_t order) const;
    /// Sleeps most of the way and looks at the clock for the rest: a sleep wakes up late by some 50 us.
    void wait_for(std::uint64_t order) const;

private:
    const std::uint64_t rate_;
    const std::uint64_t group_;
    std::int64_t start_ns_ = 0;
};

/// When the events of each order reached their reader.
///
/// Threads: any; one lock, for the reader is at work while its expectations are set.
class Releases {
public:
    /// The orders to come are those with gateway sequences from `first` on.
    void expect(std::uint64_t first, std::size_t count);
    /// Notes the time of every event frame in `frames` (codec/event_frame.h) that answers one of them.
    void take(base::ByteView frames);
    /// By order; zero: not yet. Requires: the reader has come to its end.
    const std::vector<std::int64_t>& times_ns() const { return at_ns_; }

private:
    std::mutex mutex_;
    std::uint64_t first_ = 0;
    std::vector<std::int64_t> at_ns_;
};

}  // namespace sauda::bench
