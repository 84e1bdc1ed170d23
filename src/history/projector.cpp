#include "history/projector.h"

#include <span>

#include "base/crc32c.h"

namespace sauda::history {

namespace {

/// What is remembered between batches; beyond it everything is asked of the Past again.
constexpr std::size_t orders_max = 100'000;
constexpr std::size_t balances_max = 200'000;

}  // namespace

std::uint32_t frame_checksum(const codec::EventFrameView& frame) {
    codec::EventFrameHeader header = frame.header;
    header.engine_epoch = 0;
    header.size = 0;
    return base::crc32c(frame.events, base::crc32c(std::as_bytes(std::span(&header, 1))));
}

Projector::Projector(Past& past, const Progress& progress, views::Listings listings)
    : past_(past), listings_(std::move(listings)) {
    batch_.progress = progress;
}

base::Result<void, std::string> Projector::apply(const codec::EventFrameView& frame) {
    const core::Sequence last = batch_.progress.sequence;
    if (frame.header.sequence <= last) return {};
    if (frame.header.sequence.raw != last.raw + 1) {
        contradict("sequence " + std::to_string(frame.header.sequence.raw) + " does not follow " +
                   std::to_string(last.raw));
    }
    if (!problem_.empty()) return base::Unexpected{problem_};
    begin(frame.header);
    batch_.progress.frame_crc = frame_checksum(frame);
    const auto read = stored_.translate(frame);
    const bool understood = read && core::for_each_event(read->events, [this](const auto& event) {
                                if (!problem_.empty()) return;
                                listings_.apply(event);
                                fold(event);
                                ++event_;
                            });
    if (!understood) contradict("the event log holds events of another version");
    close_quote_bound();
    if (!problem_.empty()) return base::Unexpected{problem_};
    return {};
}

void Projector::begin(const codec::EventFrameHeader& header) {
    if (header.time != batch_.progress.time || header.sequence.raw == 1)
        batch_.times.push_back({header.sequence, header.time});
    batch_.progress.sequence = header.sequence;
    batch_.progress.time = header.time;
    event_ = 0;
    posting_ = 0;
}

void Projector::contradict(std::string what) {
    if (problem_.empty())
        problem_ = "history cannot go on after sequence " + std::to_string(batch_.progress.sequence.raw) +
                   ": " + what;
}

// --- The batch ---

Batch& Projector::batch() {
    batch_.new_orders.clear();
    batch_.changed_orders.clear();
    batch_.candles.clear();
    for (const core::OrderId id : changed_) {
        const Order& changed = orders_.at(id.raw);
        (changed.is_written ? batch_.changed_orders : batch_.new_orders).push_back(changed.row);
    }
    for (const auto& [key, candle] : candles_) batch_.candles.push_back(candle);
    return batch_;
}

std::size_t Projector::row_count() const {
    return changed_.size() + batch_.times.size() + batch_.trades.size() + batch_.fills.size() +
           batch_.postings.size() + batch_.transfers.size() + batch_.shard_transfers.size() +
           batch_.confirmations.size() + batch_.actions.size();
}

void Projector::written() {
    for (const core::OrderId id : changed_) {
        const auto found = orders_.find(id.raw);
        found->second.is_written = true;
        found->second.is_changed = false;
        if (!found->second.row.order.is_open()) orders_.erase(found);
    }
    changed_.clear();
    candles_.clear();
    if (orders_.size() > orders_max) orders_.clear();
    if (balances_.size() > balances_max) balances_.clear();
    const auto clear = [](auto&... tables) { (tables.clear(), ...); };
    clear(batch_.times, batch_.assets, batch_.markets, batch_.accounts, batch_.new_orders,
          batch_.changed_orders, batch_.amendments, batch_.trades, batch_.fills, batch_.postings,
          batch_.transfers, batch_.shard_transfers, batch_.confirmations, batch_.actions, batch_.candles);
}

// --- What is known ---

Projector::Order* Projector::order(core::OrderId id) {
    const auto found = orders_.find(id.raw);
    if (found != orders_.end()) return &found->second;
    const auto past = past_.find_order(id);
    if (!past) {
        contradict("order " + std::to_string(id.raw) + " is not known");
        return nullptr;
    }
    return &orders_.emplace(id.raw, Order{*past, true, false}).first->second;
}

void Projector::change(Order& order) {
    order.row.updated = batch_.progress.sequence;
    if (order.is_changed) return;
    order.is_changed = true;
    changed_.push_back(order.row.order.id);
}

void Projector::close(Order& order, core::OrderStatus status, std::uint32_t n) {
    order.row.order.status = status;
    order.row.closed = batch_.progress.sequence;
    order.row.closed_n = n;
    if (quote_bound_ == order.row.order.id) quote_bound_ = {};
}

/// An order bound by quote that neither expired nor rested spent all it could.
void Projector::close_quote_bound() {
    if (!quote_bound_) return;
    Order* bound = order(quote_bound_);
    if (bound == nullptr) return;
    change(*bound);
    close(*bound, core::OrderStatus::filled, place());
}

const core::Market* Projector::market(core::MarketId id) {
    const core::Market* found = listings_.find_market(id);
    if (found == nullptr) contradict("market " + std::to_string(id.raw) + " is not listed");
    return found;
}

Balance& Projector::balance(core::AccountId account, core::AssetId asset) {
    const std::uint64_t key = std::uint64_t{account.raw} << 32 | asset.raw;
    const auto [at, is_new] = balances_.try_emplace(key);
    if (is_new) at->second = past_.find_balance(account, asset);
    return at->second;
}

/// The place of what this event does to one side, among what the command did.
std::uint32_t Projector::place(core::Liquidity liquidity) const {
    return event_ * 2 + (liquidity == core::Liquidity::taker ? 1 : 0);
}

}  // namespace sauda::history
