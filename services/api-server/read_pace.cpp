#include "api-server/read_pace.h"

#include <algorithm>

namespace sauda::api_server {

namespace {

/// Long enough to count commands in, short enough to notice a burst.
constexpr std::int64_t look_interval_ns = 20'000'000;
/// What is older says nothing about now.
constexpr std::int64_t look_age_max_ns = 1'000'000'000;

}  // namespace

void ReadPace::look(std::int64_t now_ns, core::Sequence sequence) {
    const std::int64_t passed_ns = now_ns - looked_ns_;
    if (passed_ns < look_interval_ns) return;
    const std::uint64_t commands = sequence.raw - looked_at_.raw;
    const auto per_second = static_cast<double>(commands) * 1e9 / static_cast<double>(passed_ns);
    is_busy_ =
        passed_ns <= look_age_max_ns && per_second >= static_cast<double>(config_.busy_commands_per_second);
    looked_ns_ = now_ns;
    looked_at_ = sequence;
}

std::optional<std::int64_t> ReadPace::take(std::int64_t now_ns, core::Sequence sequence) {
    look(now_ns, sequence);
    if (!is_busy_) return 0;
    const std::int64_t turn_ns = std::max(next_turn_ns_, now_ns);
    if (turn_ns - now_ns > config_.delay_max_ns) return std::nullopt;
    next_turn_ns_ = turn_ns + config_.interval_ns;
    return turn_ns - now_ns;
}

}  // namespace sauda::api_server
