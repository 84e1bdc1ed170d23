#include <algorithm>
#include <type_traits>
#include <vector>

#include "bench/stages.h"
#include "core/book/matcher.h"
#include "core/book/order_directory.h"

namespace sauda::bench {

namespace {

using core::OrderBook;
using core::OrderSlot;
using core::PriceTicks;
using core::QuantityLots;
using core::Side;
using core::SlotIndex;

/// The books of a flow, with what placing and cancelling need and nothing else.
class Books {
public:
    explicit Books(std::uint32_t markets) {
        books_.reserve(markets);
        for (std::uint32_t i = 0; i < markets; ++i) books_.emplace_back(core::MarketId{i + 1}, memory_);
    }

    void reserve(std::uint32_t orders) {
        memory_.orders.reserve(orders);
        directory_.reserve(orders);
    }
    void apply(const FlowRecord& record) {
        switch (record.type) {
            case FlowType::place:
                return place(record);
            case FlowType::cancel:
                return cancel(directory_.find({record.id}));
            case FlowType::reduce:
                return reduce(record);
            case FlowType::replace:
                return replace(record);
        }
    }
    /// Whether books and levels are likely beyond the cache, as the exchange decides it: few levels of few
    /// markets are near, however many orders rest there.
    bool has_far_levels() const {
        return memory_.levels.live_pages() >= core::prefetch_pages_min ||
               books_.size() >= core::prefetch_markets_min;
    }

    /// How many records the first link of a chain is ahead of the record that is applied.
    static constexpr std::size_t reach = 24;
    /// The links of the chain to what records touch, each to be asked for when the one before has arrived.
    /// Requires: `reach` more records follow `next`.
    template <bool are_levels_far>
    void look_ahead(const FlowRecord* next) const {
        prefetch_first<are_levels_far>(next[reach]);
        prefetch_second<are_levels_far>(next[reach * 3 / 4]);
        prefetch_third<are_levels_far>(next[reach / 2]);
        prefetch_fourth<are_levels_far>(next[reach / 4]);
    }
    const TradeDigest& digest() const { return digest_; }

private:
    void trade(core::OrderId taker, Side side, std::uint32_t market, PriceTicks price, QuantityLots& leaves) {
        core::Matcher::match(
            books_[market], side, price, leaves,
            [&](SlotIndex slot, const OrderSlot& maker, PriceTicks at, QuantityLots fill, bool is_done) {
                digest_.add(maker.id.raw, taker.raw, static_cast<std::uint64_t>(at.raw),
                            static_cast<std::uint64_t>(fill.raw));
                if (is_done) release(slot, maker.id);
            });
    }

    template <bool are_levels_far>
    void prefetch_first(const FlowRecord& record) const {
        if (record.type != FlowType::place) return directory_.prefetch_entry({record.id});
        if constexpr (are_levels_far) books_[record.market].prefetch_book();
    }
    template <bool are_levels_far>
    void prefetch_second(const FlowRecord& record) const {
        if (record.type != FlowType::place) return memory_.orders.prefetch_slot(directory_.find({record.id}));
        if constexpr (are_levels_far)
            books_[record.market].prefetch_directory(Side{record.side}, {record.price});
    }
    template <bool are_levels_far>
    void prefetch_third(const FlowRecord& record) const {
        const OrderBook& book = books_[record.market];
        const Side side{record.side};
        if (record.type != FlowType::place)
            book.prefetch_around(memory_.orders.slot(directory_.find({record.id})));
        if constexpr (!are_levels_far) return;
        const bool is_new = record.type == FlowType::place;
        if (is_new || record.type == FlowType::replace) book.prefetch_place(side, {record.price});
        if (is_new) book.prefetch_first_maker(side);
    }
    template <bool are_levels_far>
    void prefetch_fourth(const FlowRecord& record) const {
        if (record.type != FlowType::place) return;
        const OrderBook& book = books_[record.market];
        const Side side{record.side};
        // Whether it crosses or not: to guess which costs more than to ask for what is not needed.
        book.prefetch_tail(side, {record.price});
        // Where levels are near, takers of few books take makers in turn, and each fill asks for the next.
        if constexpr (!are_levels_far) return;
        const OrderSlot& maker = memory_.orders.slot(book.first_order(core::opposite(side)));
        memory_.orders.prefetch_slot(maker.next);
        directory_.prefetch_entry(maker.id);
    }
    void rest(SlotIndex slot, std::uint32_t market, PriceTicks price, QuantityLots leaves) {
        memory_.orders.slot(slot).leaves = static_cast<std::uint32_t>(leaves.raw);
        books_[market].rest(slot, price);
    }
    void release(SlotIndex slot, core::OrderId id) {
        directory_.erase(id);
        memory_.orders.release(slot);
    }
    void place(const FlowRecord& record) {
        QuantityLots leaves{record.quantity};
        const Side side{record.side};
        trade({record.id}, side, record.market, {record.price}, leaves);
        if (leaves.raw == 0 || record.time_in_force != 0) return;
        const SlotIndex slot = memory_.orders.take();
        OrderSlot& order = memory_.orders.slot(slot);
        order.id = {record.id};
        order.account = {record.account};
        order.side = side;
        directory_.insert(order.id, slot);
        rest(slot, record.market, {record.price}, leaves);
    }
    void cancel(SlotIndex slot) {
        const OrderSlot& order = memory_.orders.slot(slot);
        books_[memory_.levels.market_of(order.level).raw - 1].remove(slot);
        release(slot, order.id);
    }
    void reduce(const FlowRecord& record) {
        const SlotIndex slot = directory_.find({record.id});
        if (record.quantity >= memory_.orders.slot(slot).leaves) return cancel(slot);
        books_[record.market].reduce(slot, {record.quantity});
    }
    void replace(const FlowRecord& record) {
        const SlotIndex slot = directory_.find({record.id});
        OrderSlot& order = memory_.orders.slot(slot);
        OrderBook& book = books_[record.market];
        QuantityLots leaves = record.quantity == 0 ? order.open() : QuantityLots{record.quantity};
        if (!book.crosses(order.side, {record.price}))
            return book.move(slot, order, order.side, {record.price}, leaves);
        book.remove(slot);
        trade(order.id, order.side, record.market, {record.price}, leaves);
        if (leaves.raw == 0) return release(slot, order.id);
        rest(slot, record.market, {record.price}, leaves);
    }

    core::BookMemory memory_;
    core::OrderDirectory directory_;
    std::vector<OrderBook> books_;
    TradeDigest digest_;
};

}  // namespace

EngineFigures run_match(const FlowFile& flow, Progress& progress) {
    Books books(flow.header().markets);
    books.reserve(orders_to_reserve(flow));
    const auto records = flow.records();
    const std::size_t prefill = flow.header().prefill;
    progress.begin("building the books", prefill);
    for (const FlowRecord& record : records.first(prefill)) books.apply(record);
    const auto timed = records.subspan(prefill);
    const bool is_large = flow.header().live_orders > prefetch_from_orders ||
                          flow.header().markets >= core::prefetch_markets_min;
    progress.begin("orders", timed.size());
    // Up to here there is enough to look ahead to.
    const std::size_t seen = is_large && timed.size() > Books::reach ? timed.size() - Books::reach : 0;
    const auto replay = [&](std::size_t begin, std::size_t end) {
        const std::size_t last_seen = std::min(end, seen);
        std::size_t i = begin;
        const auto apply_seen = [&](auto are_levels_far) {
            for (; i < last_seen; ++i) {
                books.look_ahead<are_levels_far>(&timed[i]);
                books.apply(timed[i]);
            }
        };
        books.has_far_levels() ? apply_seen(std::true_type{}) : apply_seen(std::false_type{});
        for (; i < end; ++i) books.apply(timed[i]);
    };
    const double seconds = timed_part([&] { in_ranges(timed.size(), progress, replay); });
    return figures(timed.size(), seconds, books.digest(), flow);
}

}  // namespace sauda::bench
