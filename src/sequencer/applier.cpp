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

}  // namespace sauda::sequencer
