/// Encoded batches on their way from the sequencer thread to the journal thread.
///
/// A sync costs the processor and the disk about as much for one batch as for several. While the sequencer
/// has much more at hand, the journal thread therefore waits for it: until a sync is worth it, or the oldest
/// batch has waited long enough. Where the sequencer keeps up, nobody waits.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>

#include "base/bytes.h"
#include "core/types/ids.h"

namespace sauda::sequencer {

/// Batches, one after another, that share one sync.
struct Group {
    base::Bytes batches;
    core::Sequence last;
    std::chrono::steady_clock::time_point since{};  ///< when the first of them was given
};

/// Threads: `give` and `close` on one, `take` on another.
class Handover {
public:
    /// From so many bytes on a sync is worth it: some thousands of commands.
    static constexpr std::size_t worth_a_sync_bytes = 256u << 10;
    static constexpr std::chrono::milliseconds patience{1};
    /// So many commands at hand are worth waiting for; fewer may follow each other without end.
    static constexpr std::size_t worth_waiting_commands = 512;

    /// Takes the content of `batches`, which end at `last`; there may be none. `more_comes`: the next are
    /// about to be made.
    void give(base::Bytes& batches, core::Sequence last, bool more_comes);
    /// Nothing will be given any more.
    void close();

    /// Waits for the next group, and gives back the memory of the last. False when there is none and none
    /// will be.
    bool take(Group& into);

private:
    bool is_due() const;

    std::mutex mutex_;  // guards what follows
    std::condition_variable changed_;
    Group group_;
    bool more_comes_ = false;
    bool is_closed_ = false;
};

}  // namespace sauda::sequencer
