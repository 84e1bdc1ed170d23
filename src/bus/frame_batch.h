/// Opaque frames one after the other in one buffer: what is offered and taken at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "base/assert.h"
#include "base/bytes.h"

namespace sauda::bus {

/// Each frame stands behind its length (u32), as records do in the journal's batches (journal/batch.h): so
/// they go there all at once.
///
/// Threads: one owner at a time.
/// Invariants: ends_ rises; its last is bytes_.size().
class FrameBatch {
public:
    void append(base::ByteView frame);
    void append_all(const FrameBatch& other) {
        const std::size_t base = bytes_.size();
        bytes_.insert(bytes_.end(), other.bytes_.begin(), other.bytes_.end());
        for (const std::size_t end : other.ends_) ends_.push_back(base + end);
    }
    std::size_t size() const { return ends_.size(); }
    bool empty() const { return ends_.empty(); }
    /// Of the frames themselves.
    std::size_t byte_count() const { return bytes_.size() - size() * sizeof(std::uint32_t); }

    /// The frame at `index`; valid until the batch changes. Requires: index < size().
    base::ByteView operator[](std::size_t index) const {
        ASSERT(index < ends_.size());
        return with_lengths(index, index + 1).subspan(sizeof(std::uint32_t));
    }
    /// The frames from `first` to before `last`, each behind its length; valid until the batch changes.
    /// Requires: first <= last <= size().
    base::ByteView with_lengths(std::size_t first, std::size_t last) const {
        ASSERT(first <= last && last <= ends_.size());
        const std::size_t begin = begin_of(first);
        return base::ByteView(bytes_).subspan(begin, begin_of(last) - begin);
    }
    /// Goes through the frames from one on. Requires: the batch does not change meanwhile.
    class Cursor {
    public:
        /// The next frame. Requires: there is one.
        base::ByteView take() {
            std::uint32_t length = 0;
            std::memcpy(&length, at_, sizeof length);
            const base::ByteView frame(at_ + sizeof length, length);
            at_ += sizeof length + length;
            return frame;
        }

    private:
        friend class FrameBatch;
        explicit Cursor(const std::byte* at) : at_(at) {}
        const std::byte* at_;
    };
    /// Requires: index <= size().
    Cursor from(std::size_t index) const {
        ASSERT(index <= ends_.size());
        return Cursor(bytes_.data() + begin_of(index));
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
    std::size_t begin_of(std::size_t index) const { return index == 0 ? 0 : ends_[index - 1]; }

    base::Bytes bytes_;
    std::vector<std::size_t> ends_;
};

}  // namespace sauda::bus
