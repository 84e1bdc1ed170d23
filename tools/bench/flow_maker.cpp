#include "bench/flow_maker.h"

#include <algorithm>
#include <cmath>
#include <fstream>

#include "base/assert.h"
#include "base/random.h"
#include "bench/flow_recorder.h"

namespace sauda::bench {

namespace {

constexpr std::uint8_t buy = 0;
constexpr std::uint8_t sell = 1;

/// Draws 0 .. count-1 so that a few come often: the chance of k falls as 1 / (k + 1).
class Skewed {
public:
    explicit Skewed(std::uint32_t count) {
        double sum = 0;
        for (std::uint32_t k = 0; k < count; ++k) sums_.push_back(sum += 1.0 / (k + 1));
    }
    std::uint32_t draw(base::Random& random) const {
        const double at = static_cast<double>(random.next() >> 11) * 0x1p-53 * sums_.back();
        const auto found = std::ranges::upper_bound(sums_, at);
        return std::min(static_cast<std::uint32_t>(found - sums_.begin()),
                        static_cast<std::uint32_t>(sums_.size() - 1));
    }

private:
    std::vector<double> sums_;
};

/// One flow being made. What all kinds share: small numbers, sides, quantities.
struct Maker {
    FlowShape shape;
    FlowRecorder out;
    base::Random random;
    Progress& progress;

    Maker(const FlowShape& of, Progress& told)
        : shape(of), out(of.markets, of.accounts), random(of.seed), progress(told) {}

    std::int64_t below(std::int64_t bound) {
        return static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(bound)));
    }
    std::uint8_t side() { return static_cast<std::uint8_t>(random.below(2)); }
    std::uint32_t account() { return static_cast<std::uint32_t>(1 + random.below(shape.accounts)); }
    /// Below `bound`, and small more often than not: the smallest of `draws`.
    std::int64_t near(std::int64_t bound, int draws) {
        std::int64_t nearest = bound;
        for (int i = 0; i < draws; ++i) nearest = std::min(nearest, below(bound));
        return nearest;
    }
    void tell(std::uint64_t step, std::uint64_t done) {
        if (step % 4096 == 0) progress.reach(done);
    }
};

/// `ticks` to the side's own side of `middle`: below it for a buy.
std::int64_t away(std::uint8_t side, std::int64_t middle, std::int64_t ticks) {
    return side == buy ? middle - ticks : middle + ticks;
}

// --- moves
// --------------------------------------------------------------------------------------------------

constexpr std::int64_t moves_middle = 40'000;
constexpr std::int64_t moves_reach = 4'000;

void moves_place(Maker& make, bool immediate) {
    const std::uint8_t side = make.side();
    const std::int64_t price = immediate ? away(side, moves_middle, -moves_reach)
                                         : away(side, moves_middle, 1 + make.near(moves_reach, 3));
    const auto quantity = static_cast<std::uint32_t>(1 + make.near(200, 3));
    make.out.place(0, side, price, quantity, make.account(), immediate);
}

/// A step toward the middle, across it now and then: a fiftieth of the way, or one tick to either side.
void moves_step(Maker& make, std::uint64_t id) {
    const std::int64_t price = make.out.book().find(id)->price;
    const std::int64_t way = moves_middle - price;
    const std::int64_t step = std::abs(way) >= 50 ? way / 50 : make.below(2) * 2 - 1;
    make.out.replace(id, price + step, 0);
}

void moves_record(Maker& make) {
    const std::int64_t dice = make.below(100);
    const bool too_few = make.out.open_in(0) * 10 < make.shape.live * 9;
    const bool too_many = make.out.open_in(0) * 10 > make.shape.live * 12;
    if (too_few || dice < 9) return moves_place(make, false);
    if (dice < 12) return moves_place(make, true);
    const std::uint64_t id = make.out.any_open(0, make.random);
    if (too_many || dice < 18) return make.out.cancel(id);
    moves_step(make, id);
}

void make_moves(Maker& make) {
    while (make.out.open_in(0) < make.shape.live) moves_place(make, false);
    make.out.end_prefill();
    for (std::uint64_t i = 0; i < make.shape.orders; ++i) {
        moves_record(make);
        make.tell(i, i);
    }
}

// --- crossing
// -----------------------------------------------------------------------------------------------

constexpr std::int64_t crossing_middle = 80'000;
constexpr std::int64_t crossing_reach = 8'000;

struct CrossingTouch {
    std::int64_t bid;
    std::int64_t ask;
};

void crossing_rest(Maker& make, std::int64_t middle, const CrossingTouch& touch) {
    const std::uint8_t side = make.side();
    const std::int64_t distance =
        make.random.chance(3, 4) ? make.below(32) : 32 + make.near(crossing_reach, 3);
    const std::int64_t wanted = away(side, middle, 1 + distance);
    const std::int64_t price =
        side == buy ? std::min(wanted, touch.ask - 1) : std::max(wanted, touch.bid + 1);
    make.out.place(0, side, price, static_cast<std::uint32_t>(1 + make.below(100)), make.account());
}

void crossing_take(Maker& make, const CrossingTouch& touch) {
    const std::uint8_t side = make.side();
    const std::int64_t price = side == buy ? touch.ask + 4 : touch.bid - 4;
    make.out.place(0, side, price, static_cast<std::uint32_t>(1 + make.below(100)), make.account());
}

void make_crossing(Maker& make) {
    for (std::uint64_t i = 0; i < make.shape.live; ++i) {
        const std::uint8_t side = make.side();
        const std::int64_t price = away(side, crossing_middle, 1 + make.below(crossing_reach));
        make.out.place(0, side, price, static_cast<std::uint32_t>(1 + make.below(100)), make.account());
        make.tell(i, 0);
    }
    make.out.end_prefill();
    std::int64_t middle = crossing_middle;
    for (std::uint64_t i = 0; i < make.shape.orders; ++i) {
        if (make.random.chance(1, 64)) middle += make.below(2) * 2 - 1;
        const TextbookBook& book = make.out.book();
        const CrossingTouch touch{book.best(0, buy, middle - 1), book.best(0, sell, middle + 1)};
        if (make.random.chance(1, 2)) {
            crossing_take(make, touch);
        } else {
            crossing_rest(make, middle, touch);
        }
        make.tell(i, i);
    }
}

// --- markets
// ------------------------------------------------------------------------------------------------

/// Of every hundred accounts one quotes in all markets; it places most orders.
constexpr std::uint32_t accounts_per_quoter = 100;
/// How far from the middle orders rest, in ticks; busy markets are as wide as quiet ones.
constexpr std::int64_t markets_reach = 400;

struct MarketsMaker : Maker {
    MarketsMaker(const FlowShape& of, Progress& told) : Maker(of, told), busy(of.markets) {
        for (std::uint32_t m = 0; m < of.markets; ++m) middles.push_back(1'000 + below(20'000));
    }
    /// Which market is busy has nothing to do with its number: neighbours in memory are strangers.
    std::uint32_t busy_market() {
        const std::uint64_t rank = busy.draw(random);
        return static_cast<std::uint32_t>(rank * 2'654'435'761u % shape.markets);
    }
    std::uint32_t trader() {
        const std::uint32_t quoters = std::max(shape.accounts / accounts_per_quoter, 1u);
        return random.chance(3, 5) ? static_cast<std::uint32_t>(1 + random.below(quoters)) : account();
    }
    std::uint32_t size() { return static_cast<std::uint32_t>(1 + near(500, 3)); }

    Skewed busy;
    std::vector<std::int64_t> middles;
};

void markets_rest(MarketsMaker& make, std::uint32_t market, int draws) {
    const std::uint8_t side = make.side();
    const std::int64_t wanted = away(side, make.middles[market], 1 + make.near(markets_reach, draws));
    const TextbookBook& book = make.out.book();
    const std::int64_t price = side == buy ? std::min(wanted, book.best(market, sell, INT64_MAX) - 1)
                                           : std::max(wanted, book.best(market, buy, 0) + 1);
    make.out.place(market, side, std::max<std::int64_t>(price, 1), make.size(), make.trader());
}

void markets_take(MarketsMaker& make, std::uint32_t market, bool immediate) {
    const std::uint8_t side = make.side();
    const std::int64_t middle = make.middles[market];
    const TextbookBook& book = make.out.book();
    const std::int64_t price =
        side == buy ? book.best(market, sell, middle) + 2 : book.best(market, buy, middle) - 2;
    make.out.place(market, side, std::max<std::int64_t>(price, 1), make.size(), make.trader(), immediate);
}

/// Quotes follow the middle: a move ends up near the touch.
void markets_move(MarketsMaker& make, std::uint32_t market) {
    const std::uint64_t id = make.out.any_open(market, make.random);
    const std::uint8_t side = make.out.book().find(id)->side;
    const std::int64_t price = away(side, make.middles[market], make.near(markets_reach, 4));
    make.out.replace(id, std::max<std::int64_t>(price, 1), make.random.chance(1, 3) ? make.size() : 0);
}

void markets_record(MarketsMaker& make) {
    const std::uint32_t market = make.busy_market();
    if (make.random.chance(1, 50)) {
        const std::int64_t moved = make.middles[market] + make.below(2) * 2 - 1;
        make.middles[market] = std::max(moved, markets_reach + 100);
    }
    const std::int64_t dice = make.below(100);
    if (make.out.open_in(market) < 4 || dice < 38) return markets_rest(make, market, 4);
    if (dice < 46) return markets_take(make, market, false);
    if (dice < 52) return markets_take(make, market, true);
    if (dice < 80) return make.out.cancel(make.out.any_open(market, make.random));
    if (dice < 96) return markets_move(make, market);
    make.out.reduce(make.out.any_open(market, make.random), make.size());
}

void make_markets(MarketsMaker& make) {
    for (std::uint64_t i = 0; i < make.shape.live; ++i) {
        // Half of what rests is where the activity is, the other half everywhere.
        const bool is_busy = make.random.chance(1, 2);
        const auto anywhere = static_cast<std::uint32_t>(make.random.below(make.shape.markets));
        markets_rest(make, is_busy ? make.busy_market() : anywhere, 2);
        make.tell(i, 0);
    }
    make.out.end_prefill();
    for (std::uint64_t i = 0; i < make.shape.orders; ++i) {
        markets_record(make);
        make.tell(i, i);
    }
}

FlowShape filled_in(FlowKind kind, FlowShape shape) {
    const FlowShape usual = defaults_of(kind);
    if (shape.orders == 0) shape.orders = usual.orders;
    if (shape.markets == 0 || kind != FlowKind::markets) shape.markets = usual.markets;
    if (shape.accounts == 0) shape.accounts = usual.accounts;
    if (shape.live == 0) shape.live = usual.live;
    if (shape.seed == 0) shape.seed = usual.seed;
    return shape;
}

}  // namespace

FlowShape defaults_of(FlowKind kind) {
    switch (kind) {
        case FlowKind::moves:
            return {3'000'000, 1, 1'000, 1'000, 1};
        case FlowKind::crossing:
            return {5'000'000, 1, 100'000, 1'000'000, 1};
        case FlowKind::markets:
            return {4'000'000, 8'192, 120'000, 2'000'000, 1};
    }
    return {};
}

FlowFile make_flow(FlowKind kind, FlowShape shape, Progress& progress) {
    shape = filled_in(kind, shape);
    progress.begin("orders", shape.orders);
    if (kind == FlowKind::markets) {
        MarketsMaker make(shape, progress);
        make_markets(make);
        return make.out.finish();
    }
    Maker make(shape, progress);
    if (kind == FlowKind::moves) make_moves(make);
    if (kind == FlowKind::crossing) make_crossing(make);
    return make.out.finish();
}

base::Result<void, base::IoError> write_flow(const FlowFile& flow, const std::string& path) {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file.write(reinterpret_cast<const char*>(&flow.header()), sizeof(FlowHeader));
    const auto records = flow.records();
    file.write(reinterpret_cast<const char*>(records.data()),
               static_cast<std::streamsize>(records.size_bytes()));
    file.close();
    if (!file) return base::Unexpected{base::IoError{"write", path, errno, ""}};
    return {};
}

}  // namespace sauda::bench
