/// Memory from which bytes can go to a device as they stand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <span>

namespace sauda::journal {

/// Direct I/O wants offsets, lengths and memory in multiples of the device's block; a page suits every
/// device.
inline constexpr std::size_t direct_block = 4096;

/// Memory that lies to pages as a place in a file lies to blocks: what stands on the border of one stands on
/// the border of the other (File::write_past_cache).
///
/// Threads: one owner at a time.
class BlockBuffer {
public:
    /// Room for `size` bytes that will be written at `offset`; what was in it before is void.
    std::span<std::byte> for_offset(std::uint64_t offset, std::size_t size) {
        const std::size_t skip = static_cast<std::size_t>(offset % direct_block);
        const std::size_t wanted = (skip + size + direct_block - 1) / direct_block * direct_block;
        if (wanted > size_) {
            clear();
            memory_.reset(static_cast<std::byte*>(std::aligned_alloc(direct_block, wanted)));
            if (!memory_) throw std::bad_alloc();
            size_ = wanted;
        }
        return {memory_.get() + skip, size};
    }

    std::size_t size() const { return size_; }
    /// Gives the memory back.
    void clear() {
        memory_.reset();
        size_ = 0;
    }

private:
    struct Free {
        void operator()(std::byte* memory) const { std::free(memory); }
    };
    std::unique_ptr<std::byte, Free> memory_;
    std::size_t size_ = 0;
};

}  // namespace sauda::journal
