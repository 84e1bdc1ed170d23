/// One command to the engine and its outcome, awaited.
#pragma once

#include <optional>

#include <boost/asio/awaitable.hpp>

#include "base/bytes.h"
#include "codec/event_frame.h"
#include "gateway/gateway.h"

namespace sauda::api_server {

/// How a command ended.
struct Outcome {
    enum class Kind : std::uint8_t {
        applied,  ///< `events` tell what happened, a refusal by the exchange included
        refused,  ///< before acceptance, for `refusal`: nothing was sent
        unknown,  ///< no answer in time
    };
    Kind kind = Kind::unknown;
    gateway::Refusal refusal{};
    codec::EventFrameHeader header;
    base::Bytes events;
};

/// Submits `body` and resumes with its outcome, on the network thread. `patience_ns` is how long it may wait
/// to be sequenced.
boost::asio::awaitable<Outcome> call(gateway::Gateway& gateway, core::CommandBody body, core::TimestampNs now,
                                     std::int64_t patience_ns = 5'000'000'000);

}  // namespace sauda::api_server
