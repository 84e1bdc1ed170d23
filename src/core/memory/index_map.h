/// From 64-bit keys to where something stands: a hash table that is never iterated.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace sauda::core {

/// Threads: one owner at a time.
/// Split into 1024 small tables by hash, so that growing one never moves more than a thousandth of the
/// entries at once: no pause is felt. Open addressing; memory follows the entries in both directions.
class IndexMap {
public:
    /// Requires: `key` and `index` are not zero; `key` is not there.
    void insert(std::uint64_t key, std::uint32_t index);
    /// 0 where `key` is not there.
    std::uint32_t find(std::uint64_t key) const {
        const Table& table = table_of(key);
        if (table.size == 0 || key == 0) return 0;
        return table.entries[place_of(table, key)].index;
    }
    /// False where `key` was not there.
    bool erase(std::uint64_t key);
    std::size_t size() const { return size_; }
    /// Bytes taken by the tables.
    std::size_t memory() const;

private:
    struct Entry {
        std::uint64_t key = 0;
        std::uint32_t index = 0;
    };
    struct Table {
        std::vector<Entry> entries;  ///< a power of two, or none; key 0: vacant
        std::size_t size = 0;
    };
    static constexpr int table_bits = 10;

    /// The finisher of SplitMix64: every bit of a key reaches every bit of its hash.
    static std::uint64_t hash(std::uint64_t key) {
        key = (key ^ (key >> 30)) * 0xBF58476D1CE4E5B9ull;
        key = (key ^ (key >> 27)) * 0x94D049BB133111EBull;
        return key ^ (key >> 31);
    }
    /// The top bits of a hash choose the table, the low bits the place in it.
    const Table& table_of(std::uint64_t key) const { return tables_[hash(key) >> (64 - table_bits)]; }
    Table& table_of(std::uint64_t key) { return tables_[hash(key) >> (64 - table_bits)]; }
    /// Where `key` stands, or the vacant place where it would. Requires: the table has entries.
    static std::size_t place_of(const Table& table, std::uint64_t key) {
        const std::size_t mask = table.entries.size() - 1;
        std::size_t place = hash(key) & mask;
        while (table.entries[place].key != 0 && table.entries[place].key != key) place = (place + 1) & mask;
        return place;
    }
    static void resize(Table& table, std::size_t capacity);

    std::array<Table, std::size_t{1} << table_bits> tables_;
    std::size_t size_ = 0;
};

}  // namespace sauda::core
