#include "bench/flow_recorder.h"

#include <algorithm>
#include <cstring>

#include "base/assert.h"

namespace sauda::bench {

namespace {

constexpr std::uint32_t not_open = ~std::uint32_t{0};

}  // namespace

FlowRecorder::FlowRecorder(std::uint32_t markets, std::uint32_t accounts)
    : book_(markets), open_(markets), places_(1, not_open) {
    ASSERT(markets > 0);
    ASSERT(accounts > 0);
    std::memcpy(header_.magic, "XFLOW01", 8);
    header_.markets = markets;
    header_.accounts = accounts;
    header_.price_min = INT64_MAX;
    header_.price_max = INT64_MIN;
}

void FlowRecorder::place(std::uint32_t market, std::uint8_t side, std::int64_t price, std::uint32_t quantity,
                         std::uint32_t account, bool immediate_or_cancel) {
    FlowRecord placed;
    placed.type = FlowType::place;
    placed.side = side;
    placed.time_in_force = immediate_or_cancel ? 1 : 0;
    placed.market = market;
    placed.id = ++header_.id_max;
    placed.price = price;
    placed.quantity = quantity;
    placed.account = account;
    places_.push_back(not_open);
    record(placed);
}

void FlowRecorder::cancel(std::uint64_t id) {
    const TextbookOrder& order = *book_.find(id);
    record({FlowType::cancel, order.side, 0, 0, order.market, id, 0, 0, order.account});
}

void FlowRecorder::reduce(std::uint64_t id, std::uint32_t quantity) {
    const TextbookOrder& order = *book_.find(id);
    record({FlowType::reduce, order.side, 0, 0, order.market, id, 0, quantity, order.account});
}

void FlowRecorder::replace(std::uint64_t id, std::int64_t price, std::uint32_t quantity) {
    const TextbookOrder& order = *book_.find(id);
    record({FlowType::replace, order.side, 0, 0, order.market, id, price, quantity, order.account});
}

void FlowRecorder::record(const FlowRecord& record) {
    if (record.type == FlowType::place || record.type == FlowType::replace) {
        ASSERT(record.price >= 1);
        header_.price_min = std::min(header_.price_min, record.price);
        header_.price_max = std::max(header_.price_max, record.price);
    }
    ASSERT(record.type != FlowType::place || record.quantity >= 1);
    ASSERT(book_.apply(record));
    records_.push_back(record);
    for (const std::uint64_t maker : book_.filled()) forget(record.market, maker);
    const bool is_open = book_.find(record.id) != nullptr;
    const bool was_open = places_[record.id] != not_open;
    if (is_open && !was_open) open(record.market, record.id);
    if (!is_open && was_open) forget(record.market, record.id);
}

void FlowRecorder::open(std::uint32_t market, std::uint64_t id) {
    places_[id] = static_cast<std::uint32_t>(open_[market].size());
    open_[market].push_back(id);
}

void FlowRecorder::forget(std::uint32_t market, std::uint64_t id) {
    std::vector<std::uint64_t>& open = open_[market];
    const std::uint64_t last = open.back();
    open[places_[id]] = last;
    places_[last] = places_[id];
    places_[id] = not_open;
    open.pop_back();
}

FlowFile FlowRecorder::finish() {
    const TradeDigest& digest = book_.digest();
    header_.records = records_.size();
    header_.trades = digest.trades();
    header_.traded_quantity = digest.quantity();
    header_.trade_hash = digest.hash();
    header_.live_orders = book_.live_orders();
    return FlowFile::in_memory(header_, records_);
}

}  // namespace sauda::bench
