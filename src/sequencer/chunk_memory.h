/// Memory of chunks, used again once nobody reads the chunk any more: memory that is new to the process costs
/// more than all that is written into it.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "base/bytes.h"

namespace sauda::sequencer {

/// Threads: `take` and `share` belong to one owner; the last reader of what was shared may be any thread, and
/// may outlive this.
class ChunkMemory {
public:
    /// Memory of an earlier chunk, as long as that was and with its content; or none.
    base::Bytes take();

    /// `bytes` as chunks have them. Their memory comes back when the last reader lets go.
    std::shared_ptr<const base::Bytes> share(base::Bytes bytes);

    /// More than so much is given back to the system.
    static constexpr std::size_t spare_bytes_max = 32u << 20;

private:
    struct Spare {
        std::mutex mutex;
        std::vector<base::Bytes> chunks;
        std::size_t bytes = 0;

        void keep(base::Bytes chunk);
    };

    std::shared_ptr<Spare> spare_ = std::make_shared<Spare>();
};

}  // namespace sauda::sequencer
