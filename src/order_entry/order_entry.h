/// From a client's order request in JSON to its execution report in JSON, through the gateway: the same for
/// REST and for WebSocket.
///
/// Threads: the gateway's. Reads no clock of its own. Completions come from within the gateway's, so after
/// the views have seen what the answer tells.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/bytes.h"
#include "base/result.h"
#include "codec/json_reply.h"
#include "codec/json_request.h"
#include "gateway/gateway.h"
#include "views/read_model.h"

namespace sauda::order_entry {

/// What a request is answered: an HTTP status, and a JSON object. The rest is for the log.
struct Answer {
    int status = 200;
    std::string body;
    std::string code;  ///< of the error; empty: none
    /// The sequence that the request itself got, a refusal's and a retry's too; zero: it was not sequenced.
    core::Sequence sequence;
    core::Sequence last_sequence;  ///< of a batch, where `sequence` is the first
};
using Done = std::function<void(Answer)>;
/// The answer to what is refused with this code and sentence.
Answer refusal(int status, std::string_view code, std::string_view sentence);
Answer refusal(const codec::RequestError& error);
Answer refusal(core::RejectReason reason);
Answer refusal(gateway::Refusal refusal);
/// Nobody answered in time. `ask` tells what to do, in a sentence.
Answer outcome_unknown(std::string_view ask);

/// Outcomes by kind, for metrics.
struct Counters {
    std::uint64_t placed = 0;
    std::uint64_t canceled = 0;
    std::uint64_t amended = 0;
    std::uint64_t refused_by_rule = 0;
    std::uint64_t refused_before_acceptance = 0;
    std::uint64_t outcome_unknown = 0;
    std::uint64_t repeated = 0;
};

/// An event frame of the past; nothing where the event log no longer has it. The error is a sentence: it
/// cannot be had now.
using FoundFrame = base::Result<std::optional<base::Bytes>, std::string>;
using FrameFound = std::function<void(FoundFrame)>;

struct OrderEntryHooks {
    std::function<core::TimestampNs()> now;
    /// Calls `found`, maybe before it returns, with the event frame of an earlier sequence, from the event
    /// log.
    std::function<void(core::Sequence, FrameFound found)> find_frame;
    /// Told how each request ended: its refusal (or none), and nanoseconds from receipt to answer. May be
    /// empty.
    std::function<void(core::RejectReason, std::int64_t latency_ns)> on_answered;
};

class OrderEntry {
public:
    static constexpr std::int64_t patience_ns = 5'000'000'000;
    static constexpr std::size_t batch_max = 100;

    OrderEntry(gateway::Gateway& gateway, const views::ReadModel& views, OrderEntryHooks hooks);

    /// Each answers exactly once, maybe before it returns. `request_id`s and the like are the caller's.
    void place(core::AccountId account, const codec::JsonValue& order, Done done);
    /// `{"orders":[...]}`: each with its own outcome, in order.
    void place_batch(core::AccountId account, const codec::JsonValue& request, Done done);
    void cancel(core::AccountId account, core::OrderId order, Done done);
    void cancel(core::AccountId account, const core::ClientOrderId& client_order_id, Done done);
    /// `market` empty: all markets.
    void cancel_all(core::AccountId account, std::string_view market, Done done);
    void amend(core::AccountId account, core::OrderId order, const codec::JsonValue& request, Done done);
    /// `{"order_id":N (or "cancel_order_id"), ...the new order's fields}`: cancels and places, or does
    /// neither.
    void replace(core::AccountId account, const codec::JsonValue& request, Done done);

    /// True while an order of this id may still come to be: it was sent, the engine has not answered, and
    /// neither what it has told nor `horizon` reaches past the order's deadline. No clock of ours decides: an
    /// order may be sequenced in time and be told of late. `horizon`: a time of gateway::Horizon whose
    /// sequence the views go through; zero where there is none.
    bool is_pending(core::AccountId account, const core::ClientOrderId& id,
                    core::TimestampNs horizon = {}) const;
    /// Forgets what is no longer pending. Call now and then.
    void sweep();

    const Counters& counters() const { return counters_; }

private:
    /// A request that was sent, and until when it may be sequenced.
    struct Pending {
        core::CommandId command;
        core::TimestampNs deadline;
    };
    struct PendingKey {
        core::AccountId account;
        core::ClientOrderId id;
        friend bool operator==(const PendingKey&, const PendingKey&) = default;
    };
    struct PendingHash {
        std::size_t operator()(const PendingKey& key) const {
            return std::hash<std::string_view>{}(key.id.view()) ^ (key.account.raw * 0x9E3779B97F4A7C15ull);
        }
    };
    struct Ordered;

    base::Result<core::PlaceOrder, Answer> read_place(core::AccountId account,
                                                      const codec::JsonValue& order) const;
    void submit(core::CommandBody body, PendingKey pending, Done done);
    /// `outcome` is of the reply's events: none when there was no answer.
    Answer answer_of(const gateway::Reply& reply, const codec::CommandOutcome& outcome);
    Answer answer_applied(core::Sequence sequence, const codec::CommandOutcome& outcome, bool is_duplicate);
    Answer answer_report(const codec::ExecutionReport& report, core::Sequence sequence,
                         bool is_duplicate) const;
    void add_past(codec::ExecutionReport& amended, core::Sequence sequence) const;
    Answer answer_canceled(core::Sequence sequence, const codec::CommandOutcome& outcome, bool is_duplicate);
    void answer_repeated(core::Sequence first, core::Sequence sequence, Done done);
    Answer repeated_of(core::Sequence first, const FoundFrame& found);
    Answer refused(core::RejectReason reason);
    Answer refused(gateway::Refusal refusal);
    bool may_still_come(const Pending& pending, core::TimestampNs horizon) const;

    gateway::Gateway& gateway_;
    const views::ReadModel& views_;
    const OrderEntryHooks hooks_;
    std::unordered_map<PendingKey, Pending, PendingHash> pending_;
    Counters counters_;
};

}  // namespace sauda::order_entry
