/// Order ids of old, sparse pages and their slots: a hash table that is never iterated.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/book/order_slot.h"

namespace sauda::core {

/// Threads: one owner at a time.
/// Split into 1024 small tables by hash, so that growing one never moves more than a thousandth of the
/// entries at once: no pause is felt. Open addressing; memory follows the entries in both directions.
class SparseIds {
public:
    /// Requires: `id` is not zero and not there.
    void insert(std::uint64_t id, SlotIndex slot);
    /// None where `id` is not there.
    SlotIndex find(std::uint64_t id) const;
    /// False where `id` was not there.
    bool erase(std::uint64_t id);
    std::size_t size() const { return size_; }
    /// Bytes taken by the tables.
    std::size_t memory() const;

private:
    struct Entry {
        std::uint64_t id = 0;
        SlotIndex slot;
    };
    struct Table {
        std::vector<Entry> entries;  ///< a power of two, or none; id 0: vacant
        std::size_t size = 0;
    };
    static constexpr int table_bits = 10;

    static std::uint64_t hash(std::uint64_t id);
    /// Where `id` stands, or the vacant place where it would.
    static std::size_t place_of(const Table& table, std::uint64_t id);
    static void resize(Table& table, std::size_t capacity);

    std::array<Table, std::size_t{1} << table_bits> tables_;
    std::size_t size_ = 0;
};

}  // namespace sauda::core
