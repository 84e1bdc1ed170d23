#include "core/exchange.h"

#include <algorithm>
#include <new>

#include "core/administration.h"
#include "core/amending.h"
#include "core/exchange_impl.h"
#include "core/leases.h"
#include "core/state_transfer.h"
#include "core/trading.h"
#include "core/transferring.h"

namespace sauda::core {

namespace {

/// One call per command. Administration and trading do the work.
struct Dispatch {
    ExchangeImpl& exchange;
    Applying now;

    void operator()(const AdvanceTime&) const {}  // time has been advanced already
    void operator()(const PlaceOrder& command) const { place_order(exchange, command, now); }
    void operator()(const CancelOrder& command) const { cancel_order(exchange, command, now); }
    void operator()(const CancelAll& command) const { cancel_all(exchange, command, now); }
    void operator()(const AmendOrder& command) const { amend_order(exchange, command, now); }
    void operator()(const ReplaceOrder& command) const { replace_order(exchange, command, now); }
    void operator()(const ListAsset& command) const { list_asset(exchange, command, now); }
    void operator()(const ListMarket& command) const { list_market(exchange, command, now); }
    void operator()(const SetFees& command) const { set_fees(exchange, command, now); }
    void operator()(const SetMarketState& command) const { set_market_state(exchange, command, now); }
    void operator()(const SetAssetState& command) const { set_asset_state(exchange, command, now); }
    void operator()(const OpenAccount& command) const { open_account(exchange, command, now); }
    void operator()(const SetAccountState& command) const { set_account_state(exchange, command, now); }
    void operator()(const Deposit& command) const { deposit(exchange, command, now); }
    void operator()(const Withdraw& command) const { withdraw(exchange, command, now); }
    void operator()(const NumberShard& command) const { number_shard(exchange, command, now); }
    void operator()(const SendTransfer& command) const { send_transfer(exchange, command, now); }
    void operator()(const ReceiveTransfer& command) const { receive_transfer(exchange, command, now); }
    void operator()(const ConfirmTransfer& command) const { confirm_transfer(exchange, command, now); }
    void operator()(const GrantLease& command) const { grant_lease(exchange, command, now); }
    void operator()(const RenewLeases& command) const {
        exchange.leases.renew(command.holder, exchange.last.time);
    }
    void operator()(const EndLease& command) const { end_lease(exchange, command, now); }
    void operator()(const RestartLeases&) const { exchange.leases.restart(exchange.last.time); }
    void operator()(const LapseLeases& command) const { lapse_leases(exchange, command, now); }
};

/// Does what a command of the other kinds asks for.
[[gnu::noinline]] void carry_out_other(ExchangeImpl& exchange, const Command& command, Applying now) {
    std::visit(Dispatch{exchange, now}, command.body);
}

/// Does what `command` asks for: the two that nearly all commands are without a table of functions. True: it
/// was one of those, after which nothing new is due. (Nor is there after others, but for one that puts off
/// what lapses by no time; no sequencer makes such.)
bool carry_out(ExchangeImpl& exchange, const Command& command, Applying now) {
    if (const auto* amend = std::get_if<AmendOrder>(&command.body)) {
        amend_order(exchange, *amend, now);
        return true;
    }
    if (const auto* place = std::get_if<PlaceOrder>(&command.body)) {
        place_order(exchange, *place, now);
        return true;
    }
    carry_out_other(exchange, command, now);
    return false;
}

/// Does what falls due before `command`.
[[gnu::noinline]] void fall_due(ExchangeImpl& exchange, const Command& command, Applying now) {
    exchange.client_orders.forget_due(exchange.last.time);
    if (exchange.last.time >= exchange.leases.due_from()) fire_due_leases(exchange, command, now);
}

/// Tells a command that was carried out before. False: it was not.
bool was_before(ExchangeImpl& exchange, const Command& command, Applying now) {
    if (exchange.gateways.is_first(command.id, exchange.last.sequence)) [[likely]]
        return false;
    now.events.append(Redelivered{});
    return true;
}

bool is_anything_due(const ExchangeImpl& exchange) {
    return exchange.last.time >= std::min(exchange.client_orders.due_from(), exchange.leases.due_from());
}

/// The command before the one of `stamp` has been applied.
void expect(ExchangeImpl& exchange, Stamp stamp) {
    ASSERT(stamp.sequence.raw == exchange.last.sequence.raw + 1);
    ASSERT(stamp.time >= exchange.last.time);
    exchange.last.time = stamp.time;
}

/// Events of a command as they are, one behind the other.
struct NoFrames {
    static std::size_t begin(EventBuffer&) { return 0; }
    static void end(std::size_t, EventBuffer&, const Command&, Stamp) {}
};

/// Events of a command in a frame, made where it stays and filled in while it is near.
struct Frames {
    const FrameOrigin& origin;

    static std::size_t begin(EventBuffer& frames) { return frames.skip(sizeof(EventFrameHeader)); }
    void end(std::size_t begin, EventBuffer& frames, const Command& command, Stamp stamp) const {
        const std::span<std::byte> frame = frames.from(begin);
        ASSERT(frame.size() <= UINT32_MAX);
        // Field by field: a header made elsewhere and copied is read back before it is written.
        auto* const header = new (frame.data()) EventFrameHeader;
        header->size = static_cast<std::uint32_t>(frame.size());
        header->rules_version = origin.rules_version;
        header->engine_epoch = origin.engine_epoch;
        header->sequence = stamp.sequence;
        header->time = stamp.time;
        header->command = command.id;
    }
};

/// Applies commands all of whose time it is, by whether they are looked ahead of and how they are framed.
template <bool looks_ahead, class Framing>
[[gnu::noinline]] void apply_all(ExchangeImpl& exchange, std::span<const Command> batch, Framing framing,
                                 EventBuffer& events) {
    bool is_due = is_anything_due(exchange);
    const Command* const end = batch.data() + batch.size();
    for (const Command& command : batch) {
        if constexpr (looks_ahead) {
            exchange.lookahead.go_on(exchange, batch);
            events.prefetch_later();
        } else {
            const bool is_there = end - &command > std::ptrdiff_t{Lookahead::glance_reach};
            exchange.lookahead.glance(exchange, is_there ? &command + Lookahead::glance_reach : nullptr);
        }
        ++exchange.last.sequence.raw;
        const std::size_t begin = framing.begin(events);
        const Applying now{command.deadline, events};
        if (is_due) [[unlikely]]
            fall_due(exchange, command, now);
        const bool makes_nothing_due =
            was_before(exchange, command, now) || carry_out(exchange, command, now);
        if (is_due || !makes_nothing_due) is_due = is_anything_due(exchange);
        framing.end(begin, events, command, exchange.last);
    }
}

template <class Framing>
void begin_and_apply_all(ExchangeImpl& exchange, std::span<const Command> batch, Stamp first, Framing framing,
                         EventBuffer& events) {
    if (batch.empty()) return;
    expect(exchange, first);
    if (exchange.lookahead.begin(exchange, batch)) return apply_all<true>(exchange, batch, framing, events);
    apply_all<false>(exchange, batch, framing, events);
}

}  // namespace

Exchange::Exchange(std::uint8_t shard) : impl_(std::make_unique<ExchangeImpl>(shard)) {}
Exchange::Exchange(const ExchangeState& state) : impl_(std::make_unique<ExchangeImpl>(state.shard)) {
    restore_state(*impl_, state);
}
Exchange::~Exchange() = default;
Exchange::Exchange(Exchange&&) noexcept = default;
Exchange& Exchange::operator=(Exchange&&) noexcept = default;

void Exchange::apply(const Command& command, Stamp stamp, EventBuffer& events) {
    ExchangeImpl& exchange = *impl_;
    expect(exchange, stamp);
    ++exchange.last.sequence.raw;
    const Applying now{command.deadline, events};
    fall_due(exchange, command, now);
    if (!was_before(exchange, command, now)) carry_out(exchange, command, now);
}

void Exchange::apply_batch(std::span<const Command> batch, Stamp first, EventBuffer& events) {
    begin_and_apply_all(*impl_, batch, first, NoFrames{}, events);
}

void Exchange::apply_batch(std::span<const Command> batch, Stamp first, const FrameOrigin& origin,
                           EventBuffer& frames) {
    begin_and_apply_all(*impl_, batch, first, Frames{origin}, frames);
}

bool Exchange::would_look_ahead() const {
    return Lookahead::is_worth_it(*impl_);
}

void Exchange::reserve(std::uint32_t open_orders) {
    impl_->books.orders.reserve(open_orders);
    impl_->directory.reserve(open_orders);
}

std::optional<TimestampNs> Exchange::next_deadline() const {
    // Forgetting client order ids is due by time too, but nothing is seen of it until the next command.
    return impl_->leases.next_due();
}

bool Exchange::has_leases() const {
    return !impl_->leases.empty();
}

Stamp Exchange::last() const {
    return impl_->last;
}
std::uint8_t Exchange::shard() const {
    return impl_->shard;
}
ExchangeState Exchange::state() const {
    return capture_state(*impl_);
}

std::size_t Exchange::asset_count() const {
    return impl_->assets.size();
}
std::size_t Exchange::market_count() const {
    return impl_->markets.size();
}

const Asset* Exchange::find_asset(AssetId id) const {
    const AssetState* found = impl_->find_asset(id);
    return found == nullptr ? nullptr : &found->asset;
}

const Market* Exchange::find_market(MarketId id) const {
    const MarketDesk* found = impl_->find_market(id);
    return found == nullptr ? nullptr : &found->market;
}

const Market* Exchange::find_market(std::string_view name) const {
    const auto found = std::ranges::find_if(
        impl_->markets, [&](const MarketDesk& desk) { return desk.market.spec.name.view() == name; });
    return found == impl_->markets.end() ? nullptr : &found->market;
}

const Asset* Exchange::find_asset(std::string_view name) const {
    const auto found = std::ranges::find_if(
        impl_->assets, [&](const AssetState& state) { return state.asset.name.view() == name; });
    return found == impl_->assets.end() ? nullptr : &found->asset;
}

AccountId Exchange::find_account(const Uuid& user) const {
    const auto found = impl_->account_of_user.find(user);
    return found == impl_->account_of_user.end() ? AccountId{} : found->second;
}

Exchange::Balance Exchange::balance(AccountId account, AssetId asset) const {
    const core::Balance found = impl_->ledger.balance(account, asset);
    return {found.available, found.held};
}

std::optional<OrderRecord> Exchange::find_order(OrderId id) const {
    const SlotIndex slot = impl_->directory.find(id);
    if (!slot) return std::nullopt;
    return order_record(*impl_, slot);
}

std::size_t Exchange::open_order_count() const {
    return impl_->directory.size();
}

}  // namespace sauda::core
