#include "order_entry/answer_log.h"

#include <algorithm>

#include "telemetry/log.h"

namespace sauda::order_entry {

namespace log = telemetry::log;

namespace {

std::optional<std::uint64_t> if_any(core::Sequence sequence) {
    return sequence ? std::optional(sequence.raw) : std::nullopt;
}

}  // namespace

void log_answer(const Asked& asked, const Answer& answer, core::TimestampNs now) {
    if (!log::is_on(log::Level::info)) return;
    const auto code = answer.code.empty() ? std::nullopt : std::optional(std::string_view(answer.code));
    log::info("order request answered",
              {{"connection_id", asked.connection_id},
               {"request_id", asked.request_id},
               {"request", asked.request},
               {"http_status", answer.status},
               {"code", code},
               {"latency_us", std::max<std::int64_t>(0, (now.raw - asked.received.raw) / 1000)},
               {"sequence", if_any(answer.sequence)},
               {"last_sequence", if_any(answer.last_sequence)}});
}

}  // namespace sauda::order_entry
