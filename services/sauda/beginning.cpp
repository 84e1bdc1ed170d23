#include "sauda/beginning.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "sauda/logged_frames.h"

namespace sauda {

namespace {

constexpr std::uint64_t resume_frames = 262'144;

}  // namespace

base::Result<feed::PrivateWindow, std::string> read_past(const journal::EventSource& log, core::Sequence last,
                                                         const std::atomic<bool>& stopping) {
    feed::PrivateWindow past(feed::Limits{}.window);
    const std::uint64_t from =
        std::max(log.first_sequence(), last.raw > resume_frames ? last.raw - resume_frames : 1);
    // The log may go further by now: what came after the views were taken is still to be applied to them.
    std::string problem =
        for_each_logged_frame(log, from, last.raw, [&](const codec::EventFrameView& frame) -> std::string {
            if (stopping.load(std::memory_order_relaxed)) return "this program is stopping";
            return past.push(frame) ? "" : "the event log holds events of another version";
        });
    if (!problem.empty()) return base::Unexpected{std::move(problem)};
    return past;
}

}  // namespace sauda
