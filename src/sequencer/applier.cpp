#include "sequencer/applier.h"

#include "codec/event_frame.h"

namespace sauda::sequencer {

namespace {

void apply_into_frame(core::Exchange& exchange, const core::Command& command, core::Stamp stamp,
                      const FrameOrigin& origin, core::EventBuffer& frames) {
    const std::size_t at = frames.skip(sizeof(codec::EventFrameHeader));
    exchange.apply(command, stamp, frames);
    codec::EventFrameHeader& header = codec::finish_event_frame(frames.from(at));
    header.rules_version = origin.rules_version;
    header.engine_epoch = origin.engine_epoch;
    header.sequence = stamp.sequence;
    header.time = stamp.time;
    header.command = command.id;
}

}  // namespace

void apply_all(core::Exchange& exchange, std::span<const core::Command> commands, core::Stamp first,
               const FrameOrigin& origin, core::EventBuffer& frames) {
    const bool looks_ahead = exchange.look_ahead(commands);
    core::Stamp stamp = first;
    for (std::size_t i = 0; i < commands.size(); ++i, ++stamp.sequence.raw) {
        if (looks_ahead) exchange.prefetch(commands, i);
        apply_into_frame(exchange, commands[i], stamp, origin, frames);
    }
}

}  // namespace sauda::sequencer
