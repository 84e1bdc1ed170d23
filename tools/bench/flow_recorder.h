/// What makers of flows write into: the records so far, the books they make, and which orders are open.
#pragma once

#include <cstdint>
#include <vector>

#include "base/random.h"
#include "bench/flow_file.h"
#include "bench/textbook_book.h"

namespace sauda::bench {

/// Records a flow order by order, keeping the books it makes and which orders are open in each market.
///
/// Threads: one owner.
class FlowRecorder {
public:
    FlowRecorder(std::uint32_t markets, std::uint32_t accounts);

    /// Each appends one record and applies it. Prices are at least 1, quantities too.
    void place(std::uint32_t market, std::uint8_t side, std::int64_t price, std::uint32_t quantity,
               std::uint32_t account, bool immediate_or_cancel = false);
    /// Requires: `id` is open.
    void cancel(std::uint64_t id);
    /// Requires: `id` is open.
    void reduce(std::uint64_t id, std::uint32_t quantity);
    /// `quantity` 0 leaves it unchanged. Requires: `id` is open.
    void replace(std::uint64_t id, std::int64_t price, std::uint32_t quantity);

    /// What was recorded until now builds the books and is not timed.
    void end_prefill() { header_.prefill = records_.size(); }

    const TextbookBook& book() const { return book_; }
    std::uint64_t records() const { return records_.size(); }
    std::size_t open_in(std::uint32_t market) const { return open_[market].size(); }
    /// Requires: open_in(market) > 0.
    std::uint64_t any_open(std::uint32_t market, base::Random& random) const {
        return open_[market][random.below(open_[market].size())];
    }

    /// The flow; the recorder is spent.
    FlowFile finish();

private:
    void record(const FlowRecord& record);
    void open(std::uint32_t market, std::uint64_t id);
    void forget(std::uint32_t market, std::uint64_t id);

    FlowHeader header_{};
    TextbookBook book_;
    std::vector<FlowRecord> records_;
    std::vector<std::vector<std::uint64_t>> open_;  ///< by market
    std::vector<std::uint32_t> places_;             ///< by order id: where it stands in its market's list
};

}  // namespace sauda::bench
