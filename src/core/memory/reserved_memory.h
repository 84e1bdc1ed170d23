/// Arrays that grow in place: address space is reserved once, memory is taken as the array grows. Elements
/// never move, so growing costs no copy and pointers stay good.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace sauda::core {

/// Zeroed memory from the operating system, growing from its start.
///
/// Threads: one owner at a time.
/// Beyond the first 2 MiB it grows by whole 2 MiB steps, advised to be huge pages: on books of millions of
/// orders most of the cost of a lookup is the page walk. Below that it grows by doubling, so that small
/// exchanges (and tests) stay small.
class ReservedMemory {
public:
    /// Reserves `bytes_max` of address space and takes no memory. Where the system grants less (a limit on
    /// virtual memory, a debugging tool), half of it, and so on. What a machine grants never decides what is
    /// refused, or replays would differ: who outgrows it gets std::bad_alloc. Throws that at once where there
    /// is no space to speak of.
    explicit ReservedMemory(std::size_t bytes_max);
    ~ReservedMemory();
    ReservedMemory(const ReservedMemory&) = delete;
    ReservedMemory& operator=(const ReservedMemory&) = delete;

    /// Aligned to 2 MiB, constant for life.
    std::byte* data() const { return data_; }
    /// Bytes that may be touched.
    std::size_t size() const { return size_; }
    /// Makes at least `bytes` usable; new bytes are zero. Throws std::bad_alloc beyond the reservation.
    void grow_to(std::size_t bytes);
    /// As grow_to(), and has the system hand the memory over now rather than at its first use: fresh memory
    /// costs far more than all else that is done with it. Contents stay.
    void populate(std::size_t bytes);
    /// Gives back what is usable beyond the first `bytes`, if the system takes it. It stays reserved, and is
    /// zero when it comes again.
    void shrink_to(std::size_t bytes);

private:
    std::byte* mapping_;
    std::size_t mapping_size_;
    std::byte* data_;
    std::size_t size_max_;
    std::size_t size_ = 0;
};

/// An array of plain elements in ReservedMemory. New elements are all zero bytes.
template <class T>
class ReservedArray {
    static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

public:
    explicit ReservedArray(std::size_t count_max) : memory_(count_max * sizeof(T)) {}

    T* data() const { return reinterpret_cast<T*>(memory_.data()); }
    T& operator[](std::size_t index) const { return data()[index]; }
    std::size_t size() const { return memory_.size() / sizeof(T); }
    void grow_to(std::size_t count) { memory_.grow_to(count * sizeof(T)); }
    void populate(std::size_t count) { memory_.populate(count * sizeof(T)); }
    void shrink_to(std::size_t count) { memory_.shrink_to(count * sizeof(T)); }

private:
    ReservedMemory memory_;
};

}  // namespace sauda::core
