#include "sequencer/chunk_memory.h"

#include <utility>

namespace sauda::sequencer {

base::Bytes ChunkMemory::take() {
    const std::lock_guard lock(spare_->mutex);
    if (spare_->chunks.empty()) return {};
    // The newest: it is the nearest.
    base::Bytes chunk = std::move(spare_->chunks.back());
    spare_->chunks.pop_back();
    spare_->bytes -= chunk.capacity();
    return chunk;
}

std::shared_ptr<const base::Bytes> ChunkMemory::share(base::Bytes bytes) {
    const auto give_back = [spare = spare_](base::Bytes* chunk) {
        spare->keep(std::move(*chunk));
        delete chunk;
    };
    return {new base::Bytes(std::move(bytes)), give_back};
}

void ChunkMemory::Spare::keep(base::Bytes chunk) {
    const std::lock_guard lock(mutex);
    if (bytes + chunk.capacity() > spare_bytes_max) return;
    bytes += chunk.capacity();
    chunks.push_back(std::move(chunk));
}

}  // namespace sauda::sequencer
