/// Balances of the many assets that do not lie beside their accounts: a hash table by account and asset.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "core/ledger/accounts.h"
#include "core/memory/prefetch.h"
#include "core/memory/reserved_memory.h"
#include "core/types/either.h"

namespace sauda::core {

/// Threads: one owner at a time.
/// Split into 1024 small tables by hash, so that growing one never moves more than a thousandth of the
/// rows at once: no pause is felt. Open addressing by cache line, two rows to a line. Rows are made and stay.
///
/// All tables of one length stand side by side in one array, each in its own place there: so they lie in huge
/// pages from 64 rows a table on, which together are 2 MiB. As they grow they move to the array of the next
/// length one by one; the array that the last has left is given back, some of it with each row that is made
/// then. The highest bits of a hash are its place in the array, whatever the length: those that name the
/// table, and then those within it.
class FarBalances {
public:
    FarBalances();
    FarBalances(const FarBalances&) = delete;
    FarBalances& operator=(const FarBalances&) = delete;

    /// The row, made when missing. The reference lives until the next row is made. Requires: asset is not
    /// zero.
    Balance& row(AccountId account, AssetId asset) {
        Balance* const found = find(account, asset);
        return found != nullptr ? *found : make_row(key_of(account, asset));
    }
    /// The row; null when missing. It lives until the next row is made. Requires: asset is not zero.
    Balance* find(AccountId account, AssetId asset) const { return find_or(true, nullptr, account, asset); }
    /// As find() where `is_far`, else `near`: for who cannot guess which, without a branch. The table is not
    /// touched then.
    Balance* find_or(bool is_far, Balance* near, AccountId account, AssetId asset) const {
        const std::uint64_t key = key_of(account, asset);
        Row* const line = either(is_far, line_of(key), nobodys_);
        Row* const row = line + (line[1].key == key);
        if (is_far & (row->key != key)) [[unlikely]]
            return find_further(key);
        return either(is_far, &row->balance, near);
    }
    /// Brings near what row() will read, where `is_needed`.
    void prefetch(AccountId account, AssetId asset, bool is_needed = true) const {
        prefetch_line(either(is_needed, line_of(key_of(account, asset)), nobodys_));
    }

    /// Calls `visit(AccountId, AssetId, Balance)` for every row, in no order.
    template <class Visit>
    void for_each(Visit visit) const {
        for (std::size_t table = 0; table < table_count; ++table) {
            for (const Row& row : rows_of(table)) {
                if (row.key != 0) visit(account_of(row.key), asset_of(row.key), row.balance);
            }
        }
    }

private:
    struct alignas(32) Row {
        std::uint64_t key = 0;  ///< zero: vacant
        Balance balance;
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
    static constexpr std::size_t line_rows = 2;

    static std::uint64_t key_of(AccountId account, AssetId asset) {
        return std::uint64_t{account.raw} << 32 | asset.raw;
    }
    static AccountId account_of(std::uint64_t key) { return {static_cast<std::uint32_t>(key >> 32)}; }
    static AssetId asset_of(std::uint64_t key) { return {static_cast<std::uint32_t>(key)}; }
    /// The finisher of SplitMix64: every bit of a key reaches every bit of its hash.
    static std::uint64_t hash_of(std::uint64_t key) {
        std::uint64_t z = key + 0x9E3779B97F4A7C15ull;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
        return z ^ (z >> 31);
    }
    static std::size_t table_of(std::uint64_t hash) { return hash >> (64 - table_bits); }
    static constexpr int shift_of(int length_bits) { return 64 - table_bits - length_bits; }

    /// The line that a row begins to be looked for in.
    Row* line_of(std::uint64_t key) const {
        const std::uint64_t hash = hash_of(key);
        const std::uint8_t shift = shifts_[table_of(hash)];
        return shelf_rows_[shift] + ((hash >> shift) & ~(line_rows - 1));
    }
    int length_bits_of(std::size_t table) const { return 64 - table_bits - shifts_[table]; }
    std::span<Row> rows_of(std::size_t table) const {
        const std::size_t length = std::size_t{1} << length_bits_of(table);
        return {shelf_rows_[shifts_[table]] + table * length, length};
    }
    /// Where the row stands, or the vacant place where it would.
    Row& place_of(std::uint64_t key) const;

    [[gnu::noinline]] Balance* find_further(std::uint64_t key) const;
    [[gnu::noinline]] Balance& make_row(std::uint64_t key);
    Shelf& shelf_of(int length_bits);
    void give_back_some();
    void grow(std::size_t table);

    std::array<std::uint8_t, table_count> shifts_;  ///< of a hash, to its place on the table's shelf
    std::array<Row*, 64> shelf_rows_{};             ///< by shift
    std::array<std::uint32_t, table_count> sizes_{};
    std::array<Shelf, length_bits_max + 1> shelves_;  ///< by the logarithm of the length
    std::unique_ptr<ReservedArray<Row>> left_;        ///< where no table stands any more
    alignas(64) mutable Row nobodys_[line_rows];      ///< a line without rows, written by nobody
};

}  // namespace sauda::core
