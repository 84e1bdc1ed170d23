#include "bus/frame_batch.h"

namespace sauda::bus {

void FrameBatch::append(base::ByteView frame) {
    base::ByteWriter writer(bytes_);
    writer.put(static_cast<std::uint32_t>(frame.size()));
    writer.put_bytes(frame);
    ends_.push_back(bytes_.size());
}

}  // namespace sauda::bus
