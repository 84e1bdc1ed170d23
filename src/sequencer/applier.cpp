#include "sequencer/applier.h"

#include "codec/event_frame.h"

namespace sauda::sequencer {

void apply_into_frame(core::Exchange& exchange, const core::Command& command, core::Stamp stamp,
                      const FrameOrigin& origin, core::EventBuffer& events, base::Bytes& frames) {
    events.clear();
    exchange.apply(command, stamp, events);
    codec::EventFrameHeader header;
    header.rules_version = origin.rules_version;
    header.engine_epoch = origin.engine_epoch;
    header.sequence = stamp.sequence;
    header.time = stamp.time;
    header.command = command.id;
    codec::append_event_frame(header, events.bytes(), frames);
}

void apply_all(core::Exchange& exchange, std::span<const core::Command> commands, core::Stamp first,
               const FrameOrigin& origin, core::EventBuffer& events, base::Bytes& frames) {
    core::Stamp stamp = first;
    for (std::size_t i = 0; i < commands.size(); ++i, ++stamp.sequence.raw) {
        if (i % core::Exchange::prefetch_group == 0) exchange.prefetch(commands, i);
        apply_into_frame(exchange, commands[i], stamp, origin, events, frames);
    }
}

}  // namespace sauda::sequencer
