#include "core/memory/reserved_memory.h"

#include <algorithm>
#include <new>
#include <sys/mman.h>

namespace sauda::core {
namespace {

constexpr std::size_t small_page = 4096;
constexpr std::size_t huge_page = std::size_t{2} << 20;
constexpr std::size_t first_step = std::size_t{64} << 10;
/// Smaller than this a reservation is of no use: better to say at once that there is no memory.
constexpr std::size_t reservation_min = std::size_t{64} << 20;

std::size_t rounded_up(std::size_t bytes, std::size_t step) {
    return (bytes + step - 1) / step * step;
}

/// Doubling up to one huge page, whole huge pages after that.
std::size_t size_for(std::size_t bytes) {
    if (bytes > huge_page / 2) return rounded_up(bytes, huge_page);
    std::size_t size = first_step;
    while (size < bytes) size *= 2;
    return size;
}

/// PROT_NONE: neither memory nor commit charge until grow_to() opens a part.
void* reserve(std::size_t bytes) {
    return mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

}  // namespace

ReservedMemory::ReservedMemory(std::size_t bytes_max) : size_max_(rounded_up(bytes_max, huge_page)) {
    void* mapping = reserve(size_max_ + huge_page);
    while (mapping == MAP_FAILED && size_max_ > reservation_min) {
        size_max_ = rounded_up(size_max_ / 2, huge_page);
        mapping = reserve(size_max_ + huge_page);
    }
    if (mapping == MAP_FAILED) throw std::bad_alloc();
    mapping_size_ = size_max_ + huge_page;
    mapping_ = static_cast<std::byte*>(mapping);
    const std::size_t past = reinterpret_cast<std::uintptr_t>(mapping) % huge_page;
    data_ = mapping_ + (huge_page - past) % huge_page;
    // Only advice: without it everything works, on small pages.
    static_cast<void>(madvise(data_, size_max_, MADV_HUGEPAGE));
}

ReservedMemory::~ReservedMemory() {
    munmap(mapping_, mapping_size_);
}

void ReservedMemory::grow_to(std::size_t bytes) {
    if (bytes <= size_) return;
    if (bytes > size_max_) throw std::bad_alloc();
    const std::size_t size = std::min(size_for(bytes), size_max_);
    if (mprotect(data_, size, PROT_READ | PROT_WRITE) != 0) throw std::bad_alloc();
    size_ = size;
}

void ReservedMemory::populate(std::size_t bytes) {
    grow_to(bytes);
    for (std::size_t offset = 0; offset < bytes; offset += small_page) {
        volatile std::byte& touched = data_[offset];
        touched = touched;
    }
}

void ReservedMemory::shrink_to(std::size_t bytes) {
    const std::size_t kept = rounded_up(bytes, small_page);
    if (kept >= size_) return;
    // Advice is not enough where the same bytes come again: they must be zero.
    if (mmap(data_ + kept, size_ - kept, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED,
             -1, 0) == MAP_FAILED)
        return;
    static_cast<void>(madvise(data_ + kept, size_ - kept, MADV_HUGEPAGE));
    size_ = kept;
}

}  // namespace sauda::core
