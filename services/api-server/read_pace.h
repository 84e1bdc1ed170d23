/// Questions that can wait go slower while the exchange is busy: what they cost the network thread, orders
/// would pay.
///
/// Threads: one owner at a time. Reads no clock.
#pragma once

#include <cstdint>
#include <optional>

#include "core/types/ids.h"

namespace sauda::api_server {

class ReadPace {
public:
    struct Config {
        /// From so many commands a second on the exchange is busy: a core has little left then.
        std::uint64_t busy_commands_per_second = 10'000;
        /// Reads while it is busy: one each so often...
        std::int64_t interval_ns = 2'000'000;
        /// ...and none has to wait longer.
        std::int64_t delay_max_ns = 200'000'000;
    };

    ReadPace() = default;
    explicit ReadPace(Config config) : config_(config) {}

    /// A read arrives at `now_ns`, when the exchange stands at `sequence`: for how long it is to wait, zero
    /// most of the time; nothing where too many wait already. `now_ns` must not run backwards.
    std::optional<std::int64_t> take(std::int64_t now_ns, core::Sequence sequence);

private:
    void look(std::int64_t now_ns, core::Sequence sequence);

    Config config_{};
    // The rate of commands, seen over the time between two looks.
    std::int64_t looked_ns_ = 0;
    core::Sequence looked_at_;
    bool is_busy_ = false;
    std::int64_t next_turn_ns_ = 0;
};

}  // namespace sauda::api_server
