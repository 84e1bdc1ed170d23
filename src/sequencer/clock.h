/// The engine's clock: turns readings of the machine's clocks into stamps that never run backwards.
///
/// Stamps follow the wall clock. When that steps by more than `step_ns_max` against the steady clock (an
/// operator or NTP set it), stamps do not jump with it: they are slewed, running faster or slower than the
/// steady clock by half until they meet the wall clock again, so that a wrong hour expires no orders at once.
/// A step is reported when it is first seen. Across a restart nothing is known of a steady clock: time passed
/// is taken as time passed.
#pragma once

#include <cstdint>
#include <optional>

#include "core/types/timestamp.h"

namespace sauda::sequencer {

/// Both clocks, read together.
struct ClockReading {
    core::TimestampNs wall;
    /// Nanoseconds of a clock that nobody sets and that counts on while the machine sleeps (CLOCK_BOOTTIME).
    std::int64_t steady_ns = 0;
};

/// The wall clock was seen to have moved by `step_ns` more (or less, negative) than time passed.
struct ClockStep {
    core::TimestampNs wall;
    std::int64_t step_ns = 0;
};

/// Threads: one owner at a time.
/// Invariant: stamps never decrease.
class StampClock {
public:
    static constexpr std::int64_t step_ns_max = 1'000'000'000;

    /// `last`: the newest stamp ever given, zero on a fresh journal.
    explicit StampClock(core::TimestampNs last) : last_(last) {}

    struct Stamped {
        core::TimestampNs time;
        std::optional<ClockStep> step;  ///< set once per step, when slewing begins
    };
    Stamped stamp(ClockReading now);

    core::TimestampNs last() const { return last_; }
    /// How long until stamps may reach `time`, zero: they have. While slewing it may take longer. Changes
    /// nothing.
    std::int64_t until_ns(core::TimestampNs time, ClockReading now) const;
    /// How far stamps are from the wall clock while slewing, positive when it is ahead of them.
    std::int64_t slewing_ns() const { return slewing_ ? offset_ns_ : 0; }

private:
    core::TimestampNs last_;
    std::optional<ClockReading> previous_;  ///< the newest reading
    bool slewing_ = false;
    std::int64_t offset_ns_ = 0;
};

}  // namespace sauda::sequencer
