#include "sequencer/applier.h"

#include "codec/event_frame.h"

namespace sauda::sequencer {

void apply_all(core::Exchange& exchange, std::span<const core::Command> commands, core::Stamp first,
               const FrameOrigin& origin, core::EventBuffer& frames) {
    std::size_t at = frames.size();
    exchange.apply_batch(commands, first, frames, sizeof(codec::EventFrameHeader));
    core::Sequence sequence = first.sequence;
    for (const core::Command& command : commands) {
        codec::EventFrameHeader& header = codec::event_frame_to_finish(frames.from(at));
        header.rules_version = origin.rules_version;
        header.engine_epoch = origin.engine_epoch;
        header.sequence = sequence;
        header.time = first.time;
        header.command = command.id;
        at += header.size;
        ++sequence.raw;
    }
}

}  // namespace sauda::sequencer
