/// An exchange as benches drive it: each command gets the next stamp.
#pragma once

#include <span>

#include "core/command.h"
#include "core/event_buffer.h"
#include "core/exchange.h"

namespace sauda::bench {

/// Threads: one owner.
class ExchangeDriver {
public:
    /// Applies `command`; its events come behind those that there are.
    void apply(const core::Command& command) {
        ++stamp_.sequence.raw;
        stamp_.time.raw += 100;
        exchange_.apply(command, stamp_, events_);
    }
    /// As `apply`, without the events of commands before: for what nobody reads the events of.
    void apply_alone(const core::Command& command) {
        events_.clear();
        apply(command);
    }
    /// As the engine does with a batch, all of one time.
    void apply_batch(std::span<const core::Command> batch) {
        stamp_.time.raw += 100;
        exchange_.apply_batch(batch, {{stamp_.sequence.raw + 1}, stamp_.time}, events_);
        stamp_.sequence.raw += batch.size();
    }

    core::Exchange& exchange() { return exchange_; }
    core::EventBuffer& events() { return events_; }

private:
    core::Exchange exchange_;
    core::EventBuffer events_;
    core::Stamp stamp_{{0}, {1'700'000'000'000'000'000}};
};

}  // namespace sauda::bench
