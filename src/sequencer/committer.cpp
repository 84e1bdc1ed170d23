#include "sequencer/committer.h"

#include "base/assert.h"

namespace sauda::sequencer {

using journal::failure_of;

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
    runs_.clear();
    for (const bus::Chunk& chunk : chunks) runs_.push_back({chunk.first, chunk.last, *chunk.bytes});
    if (const auto done = event_log_.append(runs_); !done) return done;
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
