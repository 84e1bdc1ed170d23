#include "sequencer/committer.h"

#include "base/assert.h"

namespace sauda::sequencer {

using journal::failure_of;

journal::IoResult<core::Sequence> Committer::commit(std::span<std::byte> batches) {
    if (failure_) return base::Unexpected{*failure_};
    if (const auto failed = releaser_.failure()) return fail(*failed);
    if (const auto done = writer_.append(batches); !done) return fail(done.error());
    const auto synced = writer_.sync();
    if (!synced) return fail(synced.error());
    const core::Sequence durable{*synced};
    if (const auto done = releaser_.release(durable); !done) return fail(done.error());
    return durable;
}

journal::IoResult<void> Committer::finish() {
    const auto done = releaser_.finish();
    if (failure_) return base::Unexpected{*failure_};
    if (!done) return fail(done.error());
    return {};
}

journal::IoResult<void> Committer::stop_cleanly() {
    if (const auto done = finish(); !done) return done;
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
