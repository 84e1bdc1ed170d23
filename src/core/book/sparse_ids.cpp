#include "core/book/sparse_ids.h"

#include <utility>

#include "base/assert.h"

namespace sauda::core {
namespace {

constexpr std::size_t capacity_min = 8;

}  // namespace

/// The finisher of SplitMix64: every bit of an id reaches every bit of its hash.
std::uint64_t SparseIds::hash(std::uint64_t id) {
    id = (id ^ (id >> 30)) * 0xBF58476D1CE4E5B9ull;
    id = (id ^ (id >> 27)) * 0x94D049BB133111EBull;
    return id ^ (id >> 31);
}

// The top bits of a hash choose the table, the low bits the place in it.
std::size_t SparseIds::place_of(const Table& table, std::uint64_t id) {
    const std::size_t mask = table.entries.size() - 1;
    std::size_t place = hash(id) & mask;
    while (table.entries[place].id != 0 && table.entries[place].id != id) place = (place + 1) & mask;
    return place;
}

void SparseIds::resize(Table& table, std::size_t capacity) {
    std::vector<Entry> old = std::exchange(table.entries, std::vector<Entry>(capacity));
    for (const Entry& entry : old) {
        if (entry.id != 0) table.entries[place_of(table, entry.id)] = entry;
    }
}

void SparseIds::insert(std::uint64_t id, SlotIndex slot) {
    ASSERT(id != 0);
    Table& table = tables_[hash(id) >> (64 - table_bits)];
    if ((table.size + 1) * 4 > table.entries.size() * 3) {
        resize(table, table.entries.empty() ? capacity_min : table.entries.size() * 2);
    }
    Entry& entry = table.entries[place_of(table, id)];
    ASSERT(entry.id == 0);
    entry = Entry{id, slot};
    ++table.size;
    ++size_;
}

SlotIndex SparseIds::find(std::uint64_t id) const {
    const Table& table = tables_[hash(id) >> (64 - table_bits)];
    if (table.size == 0 || id == 0) return {};
    return table.entries[place_of(table, id)].slot;
}

bool SparseIds::erase(std::uint64_t id) {
    Table& table = tables_[hash(id) >> (64 - table_bits)];
    if (table.size == 0 || id == 0) return false;
    std::size_t hole = place_of(table, id);
    if (table.entries[hole].id == 0) return false;
    // Closes the gap: entries behind the hole move up unless they would then stand before their own place.
    const std::size_t mask = table.entries.size() - 1;
    for (std::size_t place = (hole + 1) & mask; table.entries[place].id != 0; place = (place + 1) & mask) {
        const std::size_t home = hash(table.entries[place].id) & mask;
        if (((place - home) & mask) < ((place - hole) & mask)) continue;
        table.entries[hole] = table.entries[place];
        hole = place;
    }
    table.entries[hole] = Entry{};
    --table.size;
    --size_;
    if (table.size * 8 < table.entries.size() && table.entries.size() > capacity_min) {
        resize(table, table.entries.size() / 2);
    }
    return true;
}

std::size_t SparseIds::memory() const {
    std::size_t bytes = 0;
    for (const Table& table : tables_) bytes += table.entries.capacity() * sizeof(Entry);
    return bytes;
}

}  // namespace sauda::core
