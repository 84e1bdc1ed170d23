#include "order_entry/cancel_switch.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "core/event_reader.h"

namespace sauda::order_entry {

namespace {

constexpr std::int64_t ns_per_ms = 1'000'000;

LeaseReply reply_of(const gateway::Reply& answered) {
    LeaseReply reply;
    if (answered.kind != gateway::Reply::Kind::applied) return reply;
    reply.kind = LeaseReply::Kind::applied;
    reply.sequence = answered.frame.header.sequence;
    const auto note = core::Overloaded{[&](const core::LeaseGranted& event) { reply.due = event.due; },
                                       [&](const core::Refused& event) {
                                           reply.kind = LeaseReply::Kind::refused;
                                           reply.reason = event.reason;
                                       },
                                       [](const auto&) {}};
    core::for_each_event(answered.frame.events, note);
    return reply;
}

/// `done` is told of the last of `requests`.
void send(gateway::Gateway& gateway, std::span<gateway::Request> requests, core::TimestampNs now,
          LeaseDone done) {
    for (gateway::Request& request : requests)
        request.deadline = gateway.deadline_after(now, OrderEntry::patience_ns);
    // Shared: the gateway keeps one, and a refusal is answered by the other.
    const auto answer = std::make_shared<LeaseDone>(std::move(done));
    requests.back().completion = [answer](const gateway::Reply& reply) { (*answer)(reply_of(reply)); };
    const auto sent = gateway.submit_all(requests, now);
    if (sent) return;
    LeaseReply refused;
    refused.kind = LeaseReply::Kind::not_sent;
    refused.refusal = sent.error();
    (*answer)(refused);
}

}  // namespace

codec::RequestResult<SwitchSetting> read_switch(const codec::JsonValue& body, SwitchLimits limits,
                                                std::optional<std::int64_t> ms_default) {
    const codec::FieldReader fields(body);
    if (!fields.has("timeout_ms") && ms_default) return SwitchSetting{{*ms_default * ns_per_ms}};
    const auto read = fields.whole("timeout_ms");
    if (!read) return base::Unexpected{read.error()};
    if (*read == 0) return SwitchSetting{};
    const auto ms = static_cast<std::int64_t>(*read);
    if (ms < limits.ms_min || ms > limits.ms_max) {
        return base::Unexpected{codec::malformed_request(fmt::format(
            "The field \"timeout_ms\" must be 0 or from {} to {}.", limits.ms_min, limits.ms_max))};
    }
    return SwitchSetting{{ms * ns_per_ms}};
}

void send_lease_command(gateway::Gateway& gateway, core::CommandBody body, core::TimestampNs now,
                        LeaseDone done) {
    gateway::Request request{std::move(body), {}, {}};
    send(gateway, std::span(&request, 1), now, std::move(done));
}

void send_lease_commands(gateway::Gateway& gateway, core::CommandBody first, core::CommandBody last,
                         core::TimestampNs now, LeaseDone done) {
    gateway::Request requests[] = {{std::move(first), {}, {}}, {std::move(last), {}, {}}};
    send(gateway, requests, now, std::move(done));
}

Answer failure_of(const LeaseReply& reply) {
    switch (reply.kind) {
        case LeaseReply::Kind::refused: {
            Answer answer = refusal(reply.reason);
            answer.sequence = reply.sequence;
            return answer;
        }
        case LeaseReply::Kind::not_sent:
            return refusal(reply.refusal);
        default:
            return outcome_unknown("Ask again: it does no harm twice.");
    }
}

std::string lease_text(core::LeaseId lease) {
    return fmt::format("{:016x}-{}", lease.holder, lease.number);
}

codec::RequestResult<std::optional<core::LeaseId>> read_taken_over(const codec::JsonValue& body) {
    const auto text = codec::FieldReader(body).optional_text("takes_over");
    if (!text) return base::Unexpected{text.error()};
    if (!*text) return std::optional<core::LeaseId>();
    core::LeaseId lease;
    const std::string& name = **text;
    const char* const dash = name.data() + std::min(name.find('-'), name.size());
    const char* const end = name.data() + name.size();
    const auto holder = std::from_chars(name.data(), dash, lease.holder, 16);
    const auto number = std::from_chars(std::min(dash + 1, end), end, lease.number);
    // What is written otherwise than it was told is none that was told.
    const bool is_read = holder.ec == std::errc() && number.ec == std::errc();
    if (!is_read || lease_text(lease) != name || lease.is_countdown()) {
        return base::Unexpected{codec::malformed_request(
            "The field \"takes_over\" must be the \"lease\" that an answer to CancelOnDisconnect told.")};
    }
    return std::optional(lease);
}

Answer switch_answer(SwitchSetting setting, const LeaseReply& reply, std::string_view more) {
    Answer answer;
    answer.sequence = reply.sequence;
    answer.body = fmt::format(R"({{"status":"Success","timeout_ms":{}{})",
                              setting ? setting->raw / ns_per_ms : 0, more);
    if (reply.sequence) answer.body += fmt::format(R"(,"sequence":{})", reply.sequence.raw);
    answer.body += "}";
    return answer;
}

void cancel_after(gateway::Gateway& gateway, core::AccountId account, const codec::JsonValue& body,
                  core::TimestampNs now, Done done) {
    const auto setting = read_switch(body, countdown_limits, std::nullopt);
    if (!setting) return done(refusal(setting.error()));
    core::CommandBody command = core::EndLease{account, {}, false};
    if (*setting) command = core::GrantLease{account, {}, **setting};
    send_lease_command(
        gateway, std::move(command), now,
        [setting = *setting, done = std::move(done)](const LeaseReply& reply) {
            // One that was off is off.
            const bool was_off = reply.reason == core::RejectReason::unknown_lease;
            const bool is_done = reply.kind == LeaseReply::Kind::applied || was_off;
            if (!is_done) return done(failure_of(reply));
            done(switch_answer(setting, reply,
                               fmt::format(R"(,"cancels_at":{})",
                                           setting ? std::to_string(reply.due.milliseconds()) : "null")));
        });
}

}  // namespace sauda::order_entry
