/// Switches that cancel an account's open orders: read from a client's JSON, sent as commands about a lease,
/// answered in JSON. The same for REST (a countdown that the client renews himself) and for WebSocket (while
/// the connection lasts).
///
/// Threads: the gateway's.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "codec/field_reader.h"
#include "codec/json_value.h"
#include "core/command.h"
#include "gateway/gateway.h"
#include "order_entry/order_entry.h"

namespace sauda::order_entry {

/// How long a switch waits; nothing: it is off.
using SwitchSetting = std::optional<core::DurationNs>;

struct SwitchLimits {
    std::int64_t ms_min = 0;
    std::int64_t ms_max = 0;
};
/// Of `POST /api/v1/cancel-after`.
inline constexpr SwitchLimits countdown_limits{1'000, 86'400'000};
/// Of `CancelOnDisconnect`.
inline constexpr SwitchLimits connection_limits{3'000, 60'000};
inline constexpr std::int64_t connection_ms_default = 10'000;

/// `{"timeout_ms":N}`; zero is off. Without the field: `ms_default`, or (nothing) it is missing.
codec::RequestResult<SwitchSetting> read_switch(const codec::JsonValue& body, SwitchLimits limits,
                                                std::optional<std::int64_t> ms_default);

/// How a command about a lease ended.
struct LeaseReply {
    enum class Kind : std::uint8_t {
        applied,
        refused,   ///< by a rule, for `reason`
        not_sent,  ///< for `refusal`
        unknown,   ///< no answer in time
    };
    Kind kind = Kind::unknown;
    core::RejectReason reason = core::RejectReason::none;
    gateway::Refusal refusal{};
    core::Sequence sequence;
    core::TimestampNs due;  ///< of a lease that was granted
};
using LeaseDone = std::function<void(const LeaseReply&)>;

/// Calls `done` once, maybe before it returns.
void send_lease_command(gateway::Gateway& gateway, core::CommandBody body, core::TimestampNs now,
                        LeaseDone done);
/// Sends `first` and `last` back to back, or neither; `done` is told of the last.
void send_lease_commands(gateway::Gateway& gateway, core::CommandBody first, core::CommandBody last,
                         core::TimestampNs now, LeaseDone done);

/// The error that `reply` is. Requires: it was not applied.
Answer failure_of(const LeaseReply& reply);
/// `{"status":"Success","timeout_ms":N,...}`; `more`: members with a comma before each.
Answer switch_answer(SwitchSetting setting, const LeaseReply& reply, std::string_view more = {});

/// A lease as its account's owner knows it.
std::string lease_text(core::LeaseId lease);
/// `{"takes_over":"<lease>"}`; nothing where the field is missing.
codec::RequestResult<std::optional<core::LeaseId>> read_taken_over(const codec::JsonValue& body);

/// Sets the account's own countdown as `body` asks, and answers when it fires.
void cancel_after(gateway::Gateway& gateway, core::AccountId account, const codec::JsonValue& body,
                  core::TimestampNs now, Done done);

}  // namespace sauda::order_entry
