#include "core/ledger/far_balances.h"

#include <new>
#include <utility>

#include "base/assert.h"

namespace sauda::core {

FarBalances::FarBalances() {
    shifts_.fill(shift_of(length_bits_min));
    shelf_of(length_bits_min).tables = table_count;
}

/// With memory for all its tables.
FarBalances::Shelf& FarBalances::shelf_of(int length_bits) {
    Shelf& shelf = shelves_[static_cast<std::size_t>(length_bits)];
    if (shelf.rows) return shelf;
    const std::size_t length = std::size_t{1} << length_bits;
    auto rows = std::make_unique<ReservedArray<Row>>(table_count * length);
    rows->grow_to(table_count * length);
    shelf.rows = std::move(rows);
    shelf_rows_[static_cast<std::size_t>(shift_of(length_bits))] = shelf.rows->data();
    return shelf;
}

/// Moves a table to the shelf of twice its length.
void FarBalances::grow(std::size_t table) {
    const std::span<const Row> old = rows_of(table);
    const int bits = length_bits_of(table) + 1;
    if (bits > length_bits_max) throw std::bad_alloc();
    ++shelf_of(bits).tables;
    shifts_[table] = static_cast<std::uint8_t>(shift_of(bits));
    for (const Row& row : old) {
        if (row.key != 0) place_of(row.key) = row;
    }
    Shelf& left = shelves_[static_cast<std::size_t>(bits - 1)];
    if (--left.tables > 0) return;
    left_ = std::move(left.rows);
    shelf_rows_[static_cast<std::size_t>(shift_of(bits - 1))] = nullptr;
}

/// Half a gigabyte at once would be a pause of some milliseconds.
void FarBalances::give_back_some() {
    constexpr std::size_t some = (std::size_t{2} << 20) / sizeof(Row);
    if (left_->size() <= some) return left_.reset();
    left_->shrink_to(left_->size() - some);
}

FarBalances::Row& FarBalances::place_of(std::uint64_t key) const {
    const std::span<Row> rows = rows_of(table_of(hash_of(key)));
    std::size_t place = static_cast<std::size_t>(line_of(key) - rows.data());
    while (rows[place].key != 0 && rows[place].key != key) place = (place + 1) & (rows.size() - 1);
    return rows[place];
}

Balance* FarBalances::find_further(std::uint64_t key) const {
    Row& row = place_of(key);
    return row.key == 0 ? nullptr : &row.balance;
}

Balance& FarBalances::make_row(std::uint64_t key) {
    ASSERT(asset_of(key));
    if (left_) give_back_some();
    const std::size_t table = table_of(hash_of(key));
    // At most half full: a row further on is one more line that nobody asked for in time.
    if ((sizes_[table] + std::size_t{1}) * 2 > rows_of(table).size()) grow(table);
    ++sizes_[table];
    Row& row = place_of(key);
    row.key = key;
    return row.balance;
}

}  // namespace sauda::core
