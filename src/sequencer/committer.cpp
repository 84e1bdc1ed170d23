#include "sequencer/committer.h"

#include <vector>

#include "base/assert.h"
#include "codec/event_frame.h"

namespace sauda::sequencer {

using journal::failure_of;

void append_to_log(base::ByteView frames, journal::EventLog& event_log) {
    while (!frames.empty()) {
        const auto frame = codec::parse_event_frame(frames);
        ASSERT(frame.has_value());  // this program made them
        event_log.append(frame->header.sequence.raw, frames.first(frame->header.size));
        frames = frames.subspan(frame->header.size);
    }
}

journal::IoResult<core::Sequence> Committer::commit(std::span<std::byte> batches) {
    if (failure_) return base::Unexpected{*failure_};
    if (const auto done = writer_.append(batches); !done) return fail(done.error());
    const auto synced = writer_.sync();
    if (!synced) return fail(synced.error());
    const core::Sequence durable{*synced};
    if (const auto done = release(durable); !done) return fail(done.error());
    return durable;
}

journal::IoResult<void> Committer::release(core::Sequence durable) {
    const std::vector<bus::Chunk> chunks = held_back_.release(durable);
    if (chunks.empty()) return {};
    for (const bus::Chunk& chunk : chunks) append_to_log(*chunk.bytes, event_log_);
    if (const auto done = event_log_.flush(); !done) return done;
    for (const bus::Chunk& chunk : chunks) bus_.publish(chunk);
    return {};
}

journal::IoResult<void> Committer::stop_cleanly() {
    if (failure_) return base::Unexpected{*failure_};
    ASSERT(held_back_.bytes() == 0);
    if (const auto done = event_log_.sync(); !done) return fail(done.error());
    if (const auto done = writer_.stop_cleanly(); !done) return fail(done.error());
    return {};
}

base::Unexpected<base::IoError> Committer::fail(const base::IoError& error) {
    failure_ = error;
    held_back_.fail();
    return {error};
}

}  // namespace sauda::sequencer
