#include "core/ledger/far_balances.h"

#include <bit>
#include <new>
#include <utility>

namespace sauda::core {

/// Moves a table to the shelf of twice its length.
void FarBalances::grow(Table& table) {
    const std::span<const Row> old = rows_of(table);
    const int bits = old.empty() ? length_bits_min : std::bit_width(old.size());
    if (bits > length_bits_max) throw std::bad_alloc();
    const std::size_t length = std::size_t{1} << bits;
    Shelf& shelf = shelves_[static_cast<std::size_t>(bits)];
    if (!shelf.rows) {
        auto rows = std::make_unique<ReservedArray<Row>>(table_count * length);
        rows->grow_to(table_count * length);
        shelf.rows = std::move(rows);
    }
    ++shelf.tables;
    table.rows = shelf.rows->data() + static_cast<std::size_t>(&table - tables_.data()) * length;
    table.mask = static_cast<std::uint32_t>(length - 1);
    for (const Row& row : old) {
        if (row.asset) table.rows[place_of(table, row.account, row.asset)] = row;
    }
    if (old.empty()) return;
    Shelf& left = shelves_[static_cast<std::size_t>(bits - 1)];
    if (--left.tables == 0) left.rows.reset();
}

Balance& FarBalances::make_row(Table& table, AccountId account, AssetId asset) {
    // At most half full: a row further on is one more line that nobody asked for in time.
    if ((table.size + std::size_t{1}) * 2 > rows_of(table).size()) grow(table);
    Row& row = table.rows[place_of(table, account, asset)];
    row.account = account;
    row.asset = asset;
    ++table.size;
    return row.balance;
}

}  // namespace sauda::core
