/// Balances of the many assets that do not lie beside their accounts: a hash table by account and asset.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "core/ledger/accounts.h"
#include "core/memory/reserved_memory.h"

namespace sauda::core {

/// Threads: one owner at a time.
/// Split into 1024 small tables by hash, so that growing one never moves more than a thousandth of the
/// rows at once: no pause is felt. Open addressing, two rows to a cache line. Rows are made and stay.
///
/// All tables of one length stand side by side in one array, each in its own place there: so they lie in huge
/// pages from 64 rows a table on, which together are 2 MiB. As they grow they move to the array of the next
/// length one by one; the array that the last has left is given back.
class FarBalances {
public:
    FarBalances() = default;
    FarBalances(const FarBalances&) = delete;
    FarBalances& operator=(const FarBalances&) = delete;

    /// The row, made when missing. The reference lives until the next row is made. Requires: asset is not
    /// zero.
    Balance& row(AccountId account, AssetId asset) {
        ASSERT(asset);
        Table& table = tables_[hash_of(account, asset) >> (64 - table_bits)];
        if (table.size != 0) {
            Row& row = table.rows[place_of(table, account, asset)];
            if (row.asset == asset) return row.balance;
        }
        return make_row(table, account, asset);
    }
    /// Zero when missing.
    Balance balance(AccountId account, AssetId asset) const {
        const Table& table = tables_[hash_of(account, asset) >> (64 - table_bits)];
        if (table.size == 0 || !asset) return {};
        return table.rows[place_of(table, account, asset)].balance;
    }
    /// Brings near what row() will read.
    void prefetch(AccountId account, AssetId asset) const {
        const std::uint64_t hash = hash_of(account, asset);
        const Table& table = tables_[hash >> (64 - table_bits)];
        if (table.size != 0) prefetch_line(table.rows + (hash & table.mask));
    }

    /// Calls `visit(AccountId, AssetId, Balance)` for every row, in no order.
    template <class Visit>
    void for_each(Visit visit) const {
        for (const Table& table : tables_) {
            for (const Row& row : rows_of(table)) {
                if (row.asset) visit(row.account, row.asset, row.balance);
            }
        }
    }

private:
    struct alignas(32) Row {
        AccountId account;
        AssetId asset;  ///< zero: vacant
        Balance balance;
    };
    struct Table {
        Row* rows = nullptr;     ///< a power of two, or none
        std::uint32_t size = 0;  ///< rows made; not zero once there are any
        std::uint32_t mask = 0;
    };
    /// The tables of one length, by their number.
    struct Shelf {
        std::unique_ptr<ReservedArray<Row>> rows;
        std::uint32_t tables = 0;  ///< that stand here now
    };
    static constexpr int table_bits = 10;
    static constexpr std::size_t table_count = std::size_t{1} << table_bits;
    static constexpr int length_bits_min = 3;
    static constexpr int length_bits_max = 22;  // 2^32 rows in all, 128 GiB

    static std::span<const Row> rows_of(const Table& table) {
        return {table.rows, table.rows == nullptr ? 0 : std::size_t{table.mask} + 1};
    }

    /// The finisher of SplitMix64: every bit of a key reaches every bit of its hash.
    static std::uint64_t hash_of(AccountId account, AssetId asset) {
        std::uint64_t z = (std::uint64_t{account.raw} << 32 | asset.raw) + 0x9E3779B97F4A7C15ull;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
        return z ^ (z >> 31);
    }
    /// Where the row stands, or the vacant place where it would. Requires: the table has rows.
    static std::size_t place_of(const Table& table, AccountId account, AssetId asset) {
        std::size_t place = hash_of(account, asset) & table.mask;
        while (table.rows[place].asset &&
               (table.rows[place].account != account || table.rows[place].asset != asset))
            place = (place + 1) & table.mask;
        return place;
    }
    Balance& make_row(Table& table, AccountId account, AssetId asset);
    void grow(Table& table);

    std::array<Table, table_count> tables_;
    std::array<Shelf, length_bits_max + 1> shelves_;  ///< by the logarithm of the length
};

}  // namespace sauda::core
