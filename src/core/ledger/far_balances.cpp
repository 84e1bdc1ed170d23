#include "core/ledger/far_balances.h"

#include <utility>

namespace sauda::core {

void FarBalances::grow(Table& table) {
    constexpr std::size_t rows_min = 8;
    const std::size_t count = table.rows.empty() ? rows_min : table.rows.size() * 2;
    const std::vector<Row> old = std::exchange(table.rows, std::vector<Row>(count));
    table.mask = static_cast<std::uint32_t>(count - 1);
    for (const Row& row : old) {
        if (row.asset) table.rows[place_of(table, row.account, row.asset)] = row;
    }
}

Balance& FarBalances::make_row(Table& table, AccountId account, AssetId asset) {
    if ((table.size + std::size_t{1}) * 4 > table.rows.size() * 3) grow(table);
    Row& row = table.rows[place_of(table, account, asset)];
    row.account = account;
    row.asset = asset;
    ++table.size;
    return row.balance;
}

}  // namespace sauda::core
