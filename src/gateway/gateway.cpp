#include "gateway/gateway.h"

#include <algorithm>
#include <bit>
#include <utility>
#include <variant>

#include "base/assert.h"
#include "codec/command_codec.h"
#include "core/event_reader.h"

namespace sauda::gateway {

namespace {

template <class Body>
constexpr bool takes_risk_on =
    std::is_same_v<Body, core::PlaceOrder> || std::is_same_v<Body, core::AmendOrder> ||
    std::is_same_v<Body, core::ReplaceOrder>;

bool expires(const core::CommandBody& body) {
    return std::visit([]<class Body>(const Body&) { return takes_risk_on<Body>; }, body);
}

bool tells_of_redelivery(base::ByteView events) {
    bool found = false;
    const auto look = core::Overloaded{[&](const core::Redelivered&) { found = true; }, [](const auto&) {}};
    return core::for_each_event(events, look) && found;
}

}  // namespace

std::string_view code(Refusal refusal) {
    switch (refusal) {
        case Refusal::overloaded:
            return "overloaded";
        case Refusal::cancel_only:
            return "cancel_only";
        case Refusal::engine_down:
            return "engine_down";
    }
    return "unknown";
}

bus::Lane lane_of(const core::CommandBody& body) {
    // Whoever registers opens an account, and whoever has funds sends them: a flood of them must not take the
    // room of cancels. What is under way from another shard is not the receiver's to hold up.
    const bool placing = expires(body) || std::holds_alternative<core::OpenAccount>(body) ||
                         std::holds_alternative<core::SendTransfer>(body);
    return placing ? bus::Lane::placing : bus::Lane::reserved;
}

Gateway::Gateway(const GatewayConfig& config, bus::Producer& producer)
    : config_(config), producer_(producer), breaker_(config.breaker), slots_(config.pending_max) {
    ASSERT(config_.instance != 0);
    ASSERT(std::has_single_bit(config_.pending_max));
    ASSERT(config_.pending_max <= core::gateway_window);
    ASSERT(config_.pending_reserved < config_.pending_max);
    ASSERT(config_.grace_ns >= 0);
}

base::Result<core::CommandId, Refusal> Gateway::submit(Request request, core::TimestampNs now) {
    return submit_all(std::span(&request, 1), now);
}

base::Result<core::CommandId, Refusal> Gateway::submit_all(std::span<Request> requests,
                                                           core::TimestampNs now) {
    ASSERT(!requests.empty());
    const bool any_placing = std::any_of(requests.begin(), requests.end(), [](const Request& request) {
        return lane_of(request.body) == bus::Lane::placing;
    });
    const bus::Lane lane = any_placing ? bus::Lane::placing : bus::Lane::reserved;
    std::optional<Refusal> refusal = refusal_before_sending(lane, requests.size(), now);
    if (!refusal) refusal = send(requests, lane);
    if (refusal) {
        counters_.refused += requests.size();
        return base::Unexpected{*refusal};
    }
    const core::CommandId first{config_.instance, next_};
    for (Request& request : requests) remember(request);
    counters_.submitted += requests.size();
    return first;
}

std::optional<Refusal> Gateway::refusal_before_sending(bus::Lane lane, std::size_t count,
                                                       core::TimestampNs now) {
    if (failed_) return Refusal::engine_down;
    if (lane == bus::Lane::placing && cancel_only_) return Refusal::cancel_only;
    // The ring's span, not the count of pending: one slow answer holds every slot behind it.
    const std::size_t kept_free = lane == bus::Lane::placing ? config_.pending_reserved : 0;
    const std::size_t taken = static_cast<std::size_t>(next_ - oldest_);
    if (taken + count + kept_free > slots_.size()) return Refusal::overloaded;
    // Last, because it may spend the breaker's one probe. Cancels go out whatever it says: they never expire.
    if (lane == bus::Lane::placing && !breaker_.allow(now.raw)) return Refusal::engine_down;
    return std::nullopt;
}

std::optional<Refusal> Gateway::send(std::span<Request> requests, bus::Lane lane) {
    frames_.clear();
    std::uint64_t sequence = next_;
    for (const Request& request : requests) {
        const core::TimestampNs deadline = expires(request.body) ? request.deadline : core::TimestampNs{};
        frame_.clear();
        codec::encode_command({{config_.instance, sequence++}, deadline, request.body}, frame_);
        frames_.append(frame_);
    }
    switch (producer_.offer_all(frames_, lane)) {
        case bus::Offer::accepted:
            return std::nullopt;
        case bus::Offer::back_pressured:
            return Refusal::overloaded;
        case bus::Offer::unreachable:
        case bus::Offer::closed:
            return Refusal::engine_down;
    }
    return Refusal::engine_down;
}

void Gateway::remember(Request& request) {
    Slot& slot = slot_of(next_);
    ASSERT(slot.state != Slot::State::pending);
    const std::int64_t give_up_at = request.deadline.raw + config_.grace_ns;
    slot = {next_, Slot::State::pending, give_up_at, std::move(request.completion)};
    earliest_give_up_ = std::min(earliest_give_up_, give_up_at);
    ++next_;
    ++pending_count_;
}

void Gateway::on_event_frame(const codec::EventFrameView& frame) {
    const codec::EventFrameHeader& header = frame.header;
    if (header.engine_epoch < epoch_ || header.sequence <= head_) return;
    epoch_ = header.engine_epoch;
    head_ = header.sequence;
    engine_time_ = std::max(engine_time_, header.time);
    if (header.command.gateway == config_.instance) on_own_frame(frame);
}

void Gateway::on_own_frame(const codec::EventFrameView& frame) {
    const std::uint64_t sequence = frame.header.command.sequence;
    breaker_.on_success();
    newest_answered_ = std::max(newest_answered_, sequence);
    if (tells_of_redelivery(frame.events)) {
        ++counters_.redelivered;
        return;
    }
    Slot& slot = slot_of(sequence);
    if (slot.sequence != sequence || slot.state != Slot::State::pending) {
        if (slot.sequence == sequence) slot.state = Slot::State::free;
        ++counters_.late;
        return;
    }
    ++counters_.applied;
    complete(slot, Slot::State::free, {Reply::Kind::applied, frame});
}

void Gateway::complete(Slot& slot, Slot::State next, const Reply& reply) {
    ASSERT(slot.state == Slot::State::pending);
    // Everything is in order before the call, which may submit and so take this very slot.
    const Completion completion = std::exchange(slot.completion, {});
    slot.state = next;
    --pending_count_;
    advance_oldest();
    if (completion) completion(reply);
}

void Gateway::advance_oldest() {
    while (oldest_ < next_ && slot_of(oldest_).state != Slot::State::pending) ++oldest_;
}

void Gateway::on_time(core::TimestampNs now) {
    if (now.raw < earliest_give_up_) return;
    const std::uint64_t end = next_;  // what completions submit meanwhile is looked at the next time
    earliest_give_up_ = INT64_MAX;
    for (std::uint64_t sequence = oldest_; sequence < end; ++sequence) {
        Slot& slot = slot_of(sequence);
        if (slot.sequence != sequence || slot.state != Slot::State::pending) continue;
        if (now.raw < slot.give_up_at) {
            earliest_give_up_ = std::min(earliest_give_up_, slot.give_up_at);
            continue;
        }
        // What was sent later and answered shows that the way is open again.
        if (sequence > newest_answered_) breaker_.on_failure(now.raw);
        ++counters_.outcome_unknown;
        complete(slot, Slot::State::given_up, {});
    }
}

void Gateway::fail_all() {
    failed_ = true;
    for (std::uint64_t sequence = oldest_; sequence < next_; ++sequence) {
        Slot& slot = slot_of(sequence);
        if (slot.sequence != sequence || slot.state != Slot::State::pending) continue;
        ++counters_.outcome_unknown;
        complete(slot, Slot::State::given_up, {});
    }
}

bool Gateway::is_answered(core::CommandId command) const {
    const Slot& slot = slots_[command.sequence & (slots_.size() - 1)];
    return slot.sequence == command.sequence && slot.state == Slot::State::free;
}

core::TimestampNs Gateway::deadline_after(core::TimestampNs now, std::int64_t patience_ns) const {
    return {std::max(now, engine_time_).raw + patience_ns};
}

}  // namespace sauda::gateway
