#include "bench/flow_maker.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <limits>

#include "base/assert.h"
#include "base/random.h"
#include "bench/textbook_book.h"

namespace sauda::bench {

namespace {

/// Open orders, to draw from.
class LiveOrders {
public:
    void add(std::uint64_t id) {
        if (id >= places_.size()) places_.resize(std::max<std::size_t>(id + 1, places_.size() * 2), nowhere);
        places_[id] = static_cast<std::uint32_t>(ids_.size());
        ids_.push_back(id);
    }
    /// Does nothing when it is not there.
    void remove(std::uint64_t id) {
        if (id >= places_.size() || places_[id] == nowhere) return;
        ids_[places_[id]] = ids_.back();
        places_[ids_.back()] = places_[id];
        ids_.pop_back();
        places_[id] = nowhere;
    }
    std::size_t size() const { return ids_.size(); }
    std::uint64_t draw(base::Random& random) const { return ids_[random.below(ids_.size())]; }

private:
    static constexpr std::uint32_t nowhere = ~0u;
    std::vector<std::uint64_t> ids_;
    std::vector<std::uint32_t> places_;  ///< by id, in ids_
};

/// Writes records down and keeps the book that they make.
class Maker {
public:
    explicit Maker(const FlowOptions& options)
        : options_(options),
          random_(options.seed),
          book_(options.kind == FlowKind::markets ? options.markets : 1),
          middles_(options.kind == FlowKind::markets ? options.markets : 1) {
        for (std::int64_t& middle : middles_) middle = random_.between(20'000, 100'000);
        std::memcpy(flow_.header.magic, "XFLOW01", sizeof flow_.header.magic);
        flow_.header.markets = static_cast<std::uint32_t>(middles_.size());
        flow_.header.accounts = options.accounts;
        flow_.header.price_min = std::numeric_limits<std::int64_t>::max();
        flow_.header.price_max = std::numeric_limits<std::int64_t>::min();
    }

    MadeFlow make(Progress& progress) {
        progress.begin("resting orders", options_.live);
        while (live_.size() < options_.live) {
            place_resting();
            progress.reach(std::min<std::uint64_t>(live_.size(), options_.live));
        }
        flow_.header.prefill = flow_.records.size();
        progress.begin("orders", options_.orders);
        for (std::uint64_t i = 0; i < options_.orders; ++i) {
            next();
            progress.reach(i);
        }
        finish_header();
        return std::move(flow_);
    }

private:
    /// Small numbers more often than large ones, below `bound`.
    std::int64_t skewed(std::uint64_t bound) {
        return static_cast<std::int64_t>(random_.below(1 + random_.below(1 + random_.below(bound))));
    }
    std::uint32_t quantity() { return static_cast<std::uint32_t>(1 + skewed(200)); }
    std::uint32_t market() { return static_cast<std::uint32_t>(skewed(middles_.size())); }
    std::uint8_t any_side() { return static_cast<std::uint8_t>(random_.below(2)); }

    /// On its own side of the middle: `distance` ticks from it.
    std::int64_t price_away(std::uint32_t market, std::uint8_t side, std::int64_t distance) const {
        return middles_[market] + (side == 0 ? -1 - distance : 1 + distance);
    }
    /// How far from the middle an order rests: moves and markets gather at the touch, crossing is deep.
    std::int64_t resting_distance() {
        if (options_.kind == FlowKind::markets) return skewed(500);
        if (options_.kind == FlowKind::moves) return skewed(5'000);
        const bool is_prefill = flow_.header.prefill == 0;
        return is_prefill ? static_cast<std::int64_t>(random_.below(8'000)) : skewed(8'000);
    }

    void place(std::uint32_t market, std::uint8_t side, std::int64_t price, bool is_ioc) {
        FlowRecord record;
        record.type = FlowType::place;
        record.side = side;
        record.time_in_force = is_ioc ? 1 : 0;
        record.market = market;
        record.id = ++flow_.header.id_max;
        record.price = std::max<std::int64_t>(price, 1);
        record.quantity = quantity();
        record.account = static_cast<std::uint32_t>(1 + random_.below(options_.accounts));
        write(record);
        if (book_.find(record.id) != nullptr) live_.add(record.id);
    }
    void place_resting() {
        const std::uint32_t in = market();
        const std::uint8_t side = any_side();
        const std::int64_t price = price_away(in, side, resting_distance());
        // What the drifting middle would let cross is put just behind the other side's best.
        const std::int64_t other = book_.best(in, static_cast<std::uint8_t>(1 - side), 0);
        const std::int64_t clear = other == 0  ? price
                                   : side == 0 ? std::min(price, other - 1)
                                               : std::max(price, other + 1);
        place(in, side, clear, false);
    }
    void place_crossing(bool is_ioc) {
        const std::uint32_t in = market();
        const std::uint8_t side = any_side();
        const std::int64_t other = book_.best(in, static_cast<std::uint8_t>(1 - side), middles_[in]);
        place(in, side, other + (side == 0 ? 3 : -3), is_ioc);
    }
    /// A change to an open order, to be completed.
    FlowRecord change(FlowType type) {
        const TextbookOrder& order = *book_.find(live_.draw(random_));
        FlowRecord record;
        record.type = type;
        record.side = order.side;
        record.market = order.market;
        record.id = order.id;
        record.account = order.account;
        return record;
    }
    void cancel() { write(change(FlowType::cancel)); }
    void reduce() {
        FlowRecord record = change(FlowType::reduce);
        record.quantity = static_cast<std::uint32_t>(1 + random_.below(10));
        write(record);
    }
    /// One tick or a hundredth of the way: quotes follow the middle. One in eight also changes its size.
    void move() {
        FlowRecord record = change(FlowType::replace);
        const std::int64_t price = book_.find(record.id)->price;
        const std::int64_t way = middles_[record.market] - price;
        record.price = std::max<std::int64_t>(
            price + (way >= 100 || way <= -100 ? way / 100 : random_.between(-1, 1)), 1);
        if (random_.chance(1, 8)) record.quantity = quantity();
        write(record);
    }

    void next() {
        if (random_.chance(1, 64)) {
            std::int64_t& middle = middles_[market()];
            middle = std::max<std::int64_t>(middle + random_.between(-1, 1), 10'000);
        }
        const auto dice = random_.below(100);
        switch (options_.kind) {
            case FlowKind::moves:
                return next_of_moves(dice);
            case FlowKind::crossing:
                return dice < 50 || live_.size() < options_.live / 2 ? place_resting()
                                                                     : place_crossing(false);
            case FlowKind::markets:
                return next_of_markets(dice);
        }
    }
    void next_of_moves(std::uint64_t dice) {
        if (dice < 9 || is_thin()) return place_resting();
        if (dice < 12) return place_crossing(true);
        if (dice < 18 || live_.size() > options_.live + options_.live / 5) return cancel();
        move();
    }
    void next_of_markets(std::uint64_t dice) {
        if (dice < 38) return place_resting();
        if (dice < 50) return place_crossing(dice < 44);
        if (is_thin()) return place_resting();
        if (dice < 80) return cancel();
        if (dice < 96) return move();
        reduce();
    }
    bool is_thin() const { return live_.size() < options_.live - options_.live / 10; }

    void write(const FlowRecord& record) {
        flow_.records.push_back(record);
        if (record.type == FlowType::place || record.type == FlowType::replace) {
            flow_.header.price_min = std::min(flow_.header.price_min, record.price);
            flow_.header.price_max = std::max(flow_.header.price_max, record.price);
        }
        const bool is_valid = book_.apply(record);
        ASSERT(is_valid);
        for (const std::uint64_t id : book_.filled()) live_.remove(id);
        if (record.type != FlowType::place && book_.find(record.id) == nullptr) live_.remove(record.id);
    }
    void finish_header() {
        FlowHeader& header = flow_.header;
        header.records = flow_.records.size();
        header.trades = book_.digest().trades();
        header.traded_quantity = book_.digest().quantity();
        header.trade_hash = book_.digest().hash();
        header.live_orders = book_.live_orders();
    }

    const FlowOptions options_;
    base::Random random_;
    TextbookBook book_;
    std::vector<std::int64_t> middles_;  ///< by market: where its price wanders
    LiveOrders live_;
    MadeFlow flow_;
};

}  // namespace

FlowOptions default_flow(FlowKind kind) {
    switch (kind) {
        case FlowKind::moves:
            return {kind, 3'000'000, 1, 1'000, 1'000, 1};
        case FlowKind::crossing:
            return {kind, 5'000'000, 1, 100'000, 1'000'000, 1};
        case FlowKind::markets:
            return {kind, 4'000'000, 8'192, 100'000, 2'000'000, 1};
    }
    return {};
}

MadeFlow make_flow(const FlowOptions& options, Progress& progress) {
    ASSERT(options.orders > 0);
    ASSERT(options.accounts > 0);
    ASSERT(options.live > 0);
    ASSERT(options.kind != FlowKind::markets || options.markets > 0);
    return Maker(options).make(progress);
}

base::Result<void, base::IoError> write_flow(const MadeFlow& flow, const std::string& path) {
    std::FILE* file = std::fopen(path.c_str(), "wb");
    if (file == nullptr) return base::Unexpected{base::IoError{"create", path, errno, ""}};
    bool is_written = std::fwrite(&flow.header, sizeof flow.header, 1, file) == 1 &&
                      std::fwrite(flow.records.data(), sizeof(FlowRecord), flow.records.size(), file) ==
                          flow.records.size();
    const int error = errno;
    is_written = std::fclose(file) == 0 && is_written;
    if (!is_written) return base::Unexpected{base::IoError{"write", path, error, ""}};
    return {};
}

}  // namespace sauda::bench
