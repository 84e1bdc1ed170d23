#include "sequencer/clock.h"

#include <algorithm>
#include <cstdlib>

namespace sauda::sequencer {

namespace {

/// The stamp after `last` while slewing toward `wall`: half as fast again as time itself, or half as fast.
std::int64_t slewed(std::int64_t last, std::int64_t wall, std::int64_t elapsed) {
    if (wall >= last) return std::min(last + elapsed + elapsed / 2, wall);
    return last + elapsed / 2;
}

}  // namespace

StampClock::Stamped StampClock::stamp(ClockReading now) {
    Stamped stamped;
    const std::int64_t elapsed =
        previous_ ? std::max<std::int64_t>(now.steady_ns - previous_->steady_ns, 0) : 0;
    const std::int64_t step = previous_ ? now.wall.raw - (previous_->wall.raw + elapsed)
                                        : std::min<std::int64_t>(now.wall.raw - last_.raw, 0);
    previous_ = now;
    if (std::abs(step) > step_ns_max) {
        slewing_ = true;
        stamped.step = ClockStep{now.wall, step};
    }
    if (slewing_) {
        last_.raw = slewed(last_.raw, now.wall.raw, elapsed);
        slewing_ = last_ != now.wall;
    } else {
        last_ = std::max(last_, now.wall);
    }
    offset_ns_ = now.wall.raw - last_.raw;
    stamped.time = last_;
    return stamped;
}

std::int64_t StampClock::until_ns(core::TimestampNs time, ClockReading now) const {
    StampClock then = *this;
    const std::int64_t left = std::max<std::int64_t>(time.raw - then.stamp(now).time.raw, 0);
    return then.slewing_ ? left * 2 / 3 : left;
}

}  // namespace sauda::sequencer
