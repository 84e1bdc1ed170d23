/// Opaque frames one after the other in one buffer: what is offered and taken at once.
#pragma once

#include <cstddef>
#include <vector>

#include "base/assert.h"
#include "base/bytes.h"

namespace sauda::bus {

/// Threads: one owner at a time.
/// Invariants: ends_ rises; its last is bytes_.size().
class FrameBatch {
public:
    void append(base::ByteView frame) {
        bytes_.insert(bytes_.end(), frame.begin(), frame.end());
        ends_.push_back(bytes_.size());
    }
    void append_all(const FrameBatch& other) {
        const std::size_t base = bytes_.size();
        bytes_.insert(bytes_.end(), other.bytes_.begin(), other.bytes_.end());
        for (const std::size_t end : other.ends_) ends_.push_back(base + end);
    }
    std::size_t size() const { return ends_.size(); }
    bool empty() const { return ends_.empty(); }
    std::size_t byte_count() const { return bytes_.size(); }

    /// The frame at `index`; valid until the batch changes. Requires: index < size().
    base::ByteView operator[](std::size_t index) const {
        ASSERT(index < ends_.size());
        const std::size_t begin = index == 0 ? 0 : ends_[index - 1];
        return base::ByteView(bytes_).subspan(begin, ends_[index] - begin);
    }
    /// Forgets the frames and keeps the memory.
    void clear() {
        bytes_.clear();
        ends_.clear();
    }
    void swap(FrameBatch& other) noexcept {
        bytes_.swap(other.bytes_);
        ends_.swap(other.ends_);
    }

private:
    base::Bytes bytes_;
    std::vector<std::size_t> ends_;
};

}  // namespace sauda::bus
