/// Balances of the many assets that do not lie beside their accounts: a hash table by account and asset.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/ledger/accounts.h"

namespace sauda::core {

/// Threads: one owner at a time.
/// Split into 1024 small tables by hash, so that growing one never moves more than a thousandth of the
/// rows at once: no pause is felt. Open addressing, two rows to a cache line. Rows are made and stay.
class FarBalances {
public:
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
        if (table.size != 0) prefetch_line(table.rows.data() + (hash & table.mask));
    }

    /// Calls `visit(AccountId, AssetId, Balance)` for every row, in no order.
    template <class Visit>
    void for_each(Visit visit) const {
        for (const Table& table : tables_) {
            for (const Row& row : table.rows) {
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
        std::vector<Row> rows;  ///< a power of two, or none
        std::uint32_t size = 0;
        std::uint32_t mask = 0;
    };
    static constexpr int table_bits = 10;

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
    static void grow(Table& table);

    std::array<Table, std::size_t{1} << table_bits> tables_;
};

}  // namespace sauda::core
