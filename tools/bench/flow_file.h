/// An order flow on disk: a 128-byte header, then 32-byte records, little endian. A flow is a stream of
/// orders with the digest of all the trades that a correct engine makes of it.
///
/// Header:                                    Record:
///   offset width field                         offset width field
///   0      8     "XFLOW01\0"                   0      1     type: 1 place, 2 cancel, 3 reduce, 4 replace
///   8      8     records                       1      1     side: 0 buy, 1 sell
///   16     8     prefill: the first records,   2      1     time in force: 0 GTC, 1 IOC (place only)
///                which build the books         3      1     unused
///   24     8     highest order id              4      4     market, from 0
///   32     4     markets                       8      8     order id, dense from 1 in order of placing
///   36     4     accounts, ids from 1          16     8     price in ticks
///   40     8+8   lowest and highest price      24     4     quantity in lots; reduce: lots to take away;
///   56     8     trades                                     replace: new leaves, 0 unchanged
///   64     8     traded quantity               28     4     account, from 1
///   72     8     trade hash
///   80     8     live orders at the end
///
/// Rules: strict price-time priority; a replace keeps the id, goes to the back of its price even when the
/// price is the same, and may match; a reduce keeps priority.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/io_error.h"
#include "base/result.h"

namespace sauda::bench {

enum class FlowType : std::uint8_t { place = 1, cancel = 2, reduce = 3, replace = 4 };

struct FlowRecord {
    FlowType type{};
    std::uint8_t side = 0;
    std::uint8_t time_in_force = 0;
    std::uint8_t unused = 0;
    std::uint32_t market = 0;
    std::uint64_t id = 0;
    std::int64_t price = 0;
    std::uint32_t quantity = 0;
    std::uint32_t account = 0;
};
static_assert(sizeof(FlowRecord) == 32);

struct FlowHeader {
    char magic[8];
    std::uint64_t records;
    std::uint64_t prefill;
    std::uint64_t id_max;
    std::uint32_t markets;
    std::uint32_t accounts;
    std::int64_t price_min;
    std::int64_t price_max;
    std::uint64_t trades;
    std::uint64_t traded_quantity;
    std::uint64_t trade_hash;
    std::uint64_t live_orders;
    char unused[40];
};
static_assert(sizeof(FlowHeader) == 128);

/// A flow in memory, read-only.
class FlowFile {
public:
    static base::Result<FlowFile, base::IoError> open(const std::string& path);
    /// A copy of what was made in memory. Requires: the header speaks of these records.
    static FlowFile in_memory(const FlowHeader& header, std::span<const FlowRecord> records);
    ~FlowFile();
    FlowFile(FlowFile&& other) noexcept;
    FlowFile& operator=(FlowFile&&) = delete;

    const FlowHeader& header() const { return *static_cast<const FlowHeader*>(bytes_); }
    std::span<const FlowRecord> records() const;

private:
    FlowFile(void* bytes, std::size_t size) : bytes_(bytes), size_(size) {}

    void* bytes_;
    std::size_t size_;
};

/// The order-sensitive digest of trades that flows carry.
class TradeDigest {
public:
    void add(std::uint64_t maker, std::uint64_t taker, std::uint64_t price, std::uint64_t quantity) {
        std::uint64_t h = (hash_ ^ maker) * 0x9E3779B97F4A7C15ull;
        h = (h ^ (h >> 29) ^ taker) * 0xBF58476D1CE4E5B9ull;
        h = (h ^ (h >> 32) ^ price) * 0x94D049BB133111EBull;
        hash_ = h ^ (h >> 31) ^ quantity;
        ++trades_;
        quantity_ += quantity;
    }
    std::uint64_t hash() const { return hash_; }
    std::uint64_t trades() const { return trades_; }
    std::uint64_t quantity() const { return quantity_; }

private:
    std::uint64_t hash_ = 0;
    std::uint64_t trades_ = 0;
    std::uint64_t quantity_ = 0;
};

}  // namespace sauda::bench
