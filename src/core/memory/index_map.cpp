#include "core/memory/index_map.h"

#include <utility>

#include "base/assert.h"

namespace sauda::core {
namespace {

constexpr std::size_t capacity_min = 8;

}  // namespace

void IndexMap::resize(Table& table, std::size_t capacity) {
    std::vector<Entry> old = std::exchange(table.entries, std::vector<Entry>(capacity));
    for (const Entry& entry : old) {
        if (entry.key != 0) table.entries[place_of(table, entry.key)] = entry;
    }
}

void IndexMap::insert(std::uint64_t key, std::uint32_t index) {
    ASSERT(key != 0 && index != 0);
    Table& table = table_of(key);
    if ((table.size + 1) * 4 > table.entries.size() * 3) {
        resize(table, table.entries.empty() ? capacity_min : table.entries.size() * 2);
    }
    Entry& entry = table.entries[place_of(table, key)];
    ASSERT(entry.key == 0);
    entry = Entry{key, index};
    ++table.size;
    ++size_;
}

bool IndexMap::erase(std::uint64_t key) {
    Table& table = table_of(key);
    if (table.size == 0 || key == 0) return false;
    std::size_t hole = place_of(table, key);
    if (table.entries[hole].key == 0) return false;
    // Closes the gap: entries behind the hole move up unless they would then stand before their own place.
    const std::size_t mask = table.entries.size() - 1;
    for (std::size_t place = (hole + 1) & mask; table.entries[place].key != 0; place = (place + 1) & mask) {
        const std::size_t home = hash(table.entries[place].key) & mask;
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

std::size_t IndexMap::memory() const {
    std::size_t bytes = 0;
    for (const Table& table : tables_) bytes += table.entries.capacity() * sizeof(Entry);
    return bytes;
}

}  // namespace sauda::core
