/// Commands out, replies in: the client's side of the engine.
///
/// A request is refused before acceptance (nothing was sent: safe to try again), or it is pending until the
/// engine's event frame for it arrives, or until nobody answered in time: then its outcome is unknown,
/// because the command may still be applied. A reply that comes after that is counted and otherwise ignored;
/// the client asks by client order id.
///
/// Each request is (instance, sequence): sequences rise by one, so that pending requests lie in a dense ring
/// and the engine recognises a frame that the bus delivered twice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/circuit_breaker.h"
#include "base/result.h"
#include "bus/producer.h"
#include "codec/event_frame.h"
#include "core/command.h"
#include "core/limits.h"

namespace sauda::gateway {

/// Why a request was not sent. All of them: 503, try again.
enum class Refusal : std::uint8_t {
    overloaded,   ///< no room on the bus or among the pending; cancels have room of their own
    cancel_only,  ///< placing is off: low disk, or the engine is stopping
    engine_down,  ///< the bus is closed or broken, or the engine has not answered for a while
};

/// The stable snake_case code that clients see: the enumerator's own name.
std::string_view code(Refusal refusal);

/// How a request that was sent ended.
struct Reply {
    enum class Kind : std::uint8_t {
        applied,          ///< `frame` says what happened, a refusal by the exchange included
        outcome_unknown,  ///< no answer in time (504); the command may or may not be applied
    };
    Kind kind = Kind::outcome_unknown;
    codec::EventFrameView frame;  ///< valid only during the call; empty when the outcome is unknown
};
/// Called exactly once per request that was accepted, from on_event_frame, on_time or fail_all. It may
/// submit.
using Completion = std::function<void(const Reply&)>;

struct Request {
    core::CommandBody body;
    /// Placing and amending: sequenced later it is refused as expired. All: nobody waits much longer for the
    /// answer.
    core::TimestampNs deadline;
    Completion completion;
};

struct GatewayConfig {
    /// Names this run of this process among all gateways for ever: random, not zero.
    std::uint64_t instance = 0;
    /// Requests pending at once; a power of two. The core recognises redelivery within this many.
    std::size_t pending_max = core::gateway_window;
    /// Of these, kept free for the reserved lane.
    std::size_t pending_reserved = 256;
    /// What an answer may take beyond the deadline, which is about sequencing.
    std::int64_t grace_ns = 1'000'000'000;
    base::CircuitBreakerConfig breaker = {};
};

struct GatewayCounters {
    std::uint64_t submitted = 0;
    std::uint64_t refused = 0;
    std::uint64_t applied = 0;
    std::uint64_t outcome_unknown = 0;
    std::uint64_t late = 0;         ///< answers to requests whose outcome had been given as unknown
    std::uint64_t redelivered = 0;  ///< answers to a second delivery by the bus
};

/// The lane of a command: what takes risk on, or anyone on the internet can cause, is placing; what takes
/// risk off, or an operator does, is reserved.
bus::Lane lane_of(const core::CommandBody& body);

/// Threads: one owner at a time, in practice the network thread; offers to the bus are the only thing that
/// leaves it. Invariant: every accepted request completes exactly once.
class Gateway {
public:
    /// `producer` must outlive the gateway.
    Gateway(const GatewayConfig& config, bus::Producer& producer);

    /// Sends one request; it will complete. On a refusal nothing was sent and the completion will not be
    /// called.
    base::Result<core::CommandId, Refusal> submit(Request request, core::TimestampNs now);

    /// Sends N requests back to back: all are accepted, with consecutive sequences from the one returned, or
    /// none. A batch with anything of the placing lane in it is of the placing lane. Requires: at least one
    /// request.
    base::Result<core::CommandId, Refusal> submit_all(std::span<Request> requests, core::TimestampNs now);

    /// Takes note of a released event frame; completes the request it answers, if it is one of ours.
    /// To be called for every frame in order, and only after the views have taken it: a client told of its
    /// order must find it there. Frames of an engine epoch below the newest seen are dropped.
    void on_event_frame(const codec::EventFrameView& frame);

    /// Gives up on requests whose deadline and grace have passed. Call every 10 to 100 ms. O(pending), and
    /// O(1) while none is due.
    void on_time(core::TimestampNs now);

    /// The engine died, or we are going down: every pending request completes with outcome_unknown, and
    /// everything new is refused as engine_down.
    void fail_all();

    /// While on, placing is refused as cancel_only.
    void cancel_only(bool on) { cancel_only_ = on; }

    /// `now` plus `patience_ns`, in the engine's time: when the engine's stamps run ahead of our clock, a
    /// deadline by our clock would have passed before it was set.
    core::TimestampNs deadline_after(core::TimestampNs now, std::int64_t patience_ns) const;

    /// True once the engine's event frame for `command` was seen, in time or late. False while it was not,
    /// and when it is no longer known: so many requests later that its slot has been taken.
    bool is_answered(core::CommandId command) const;
    /// The newest time in an event frame: the engine has told of everything that it stamped earlier.
    core::TimestampNs engine_time() const { return engine_time_; }

    std::size_t pending_count() const { return pending_count_; }
    /// The newest sequence seen in an event frame; zero before the first.
    core::Sequence head() const { return head_; }
    const GatewayCounters& counters() const { return counters_; }
    base::CircuitBreaker::State breaker_state() const { return breaker_.state(); }

private:
    struct Slot {
        std::uint64_t sequence = 0;  ///< whose slot it is, or was
        enum class State : std::uint8_t { free, pending, given_up } state = State::free;
        std::int64_t give_up_at = 0;
        Completion completion;
    };

    std::optional<Refusal> refusal_before_sending(bus::Lane lane, std::size_t count, core::TimestampNs now);
    std::optional<Refusal> send(std::span<Request> requests, bus::Lane lane);
    void remember(Request& request);
    Slot& slot_of(std::uint64_t sequence) { return slots_[sequence & (slots_.size() - 1)]; }
    void complete(Slot& slot, Slot::State next, const Reply& reply);
    void on_own_frame(const codec::EventFrameView& frame);
    void advance_oldest();

    const GatewayConfig config_;
    bus::Producer& producer_;
    base::CircuitBreaker breaker_;
    std::vector<Slot> slots_;
    std::uint64_t oldest_ = 1;  ///< no slot below is pending
    std::uint64_t next_ = 1;    ///< the sequence of the next request
    std::size_t pending_count_ = 0;
    std::int64_t earliest_give_up_ = INT64_MAX;  ///< at or before the first that is due
    bool cancel_only_ = false;
    bool failed_ = false;
    std::uint64_t newest_answered_ = 0;  ///< of our own numbers
    std::uint64_t epoch_ = 0;
    core::Sequence head_;
    core::TimestampNs engine_time_;
    bus::FrameBatch frames_;  ///< encoded and on their way; kept for its memory
    base::Bytes frame_;
    GatewayCounters counters_;
};

}  // namespace sauda::gateway
