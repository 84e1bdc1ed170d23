/// Questions to another process's engine over HTTP: orderbook-engine/endpoint.h answers them.
///
/// Threads: one owner at a time. Every call blocks, at most some seconds.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "codec/json_value.h"
#include "gateway/horizon.h"
#include "net/http_client.h"
#include "views/read_model.h"

namespace sauda {

/// Where an engine's endpoint is, and what opens it.
struct EngineAddress {
    std::string host = "127.0.0.1";
    std::uint16_t port = 3100;
    std::string token;
};

/// How an engine says it is.
struct EngineDescription {
    std::string journal;  ///< its id, 32 hexadecimal digits
    std::uint64_t epoch = 0;
    std::uint32_t rules_version = 0;
    std::uint64_t first = 0;     ///< the first sequence of its event log
    std::uint64_t released = 0;  ///< the last
    std::uint64_t commands_waiting = 0;
    bool is_cancel_only = false;
    std::string problem;  ///< why it takes nothing; empty: it does
};

/// The text of /internal/engine, without its braces; the client reads it.
std::string describe_engine(const EngineDescription& description);

/// The text of /internal/horizon, likewise. Its time is rounded down to a microsecond: JSON's numbers end at
/// 2^53.
std::string describe_horizon(const gateway::Horizon& horizon);

/// Event frames one after another, from the sequence that was asked for up to below `next`.
struct EventsPage {
    base::Bytes frames;
    std::uint64_t next = 0;
    std::uint64_t first = 0;
    std::uint64_t released = 0;
};

class EngineClient {
public:
    template <class T>
    using Answer = base::Result<T, std::string>;

    explicit EngineClient(const EngineAddress& address);

    /// How long ago Redis last failed us, which the engine has to know (see Horizon::is_clear); nothing: not
    /// lately.
    using SinceTrouble = std::optional<std::chrono::milliseconds>;

    Answer<EngineDescription> describe(SinceTrouble trouble = {});
    /// At a moment after the call.
    Answer<gateway::Horizon> horizon(SinceTrouble trouble);
    /// At least one frame, where there is one, and about `max_bytes` of them.
    Answer<EventsPage> events(std::uint64_t from, std::size_t max_bytes);
    /// The frame of one sequence; nothing where the engine no longer has it.
    Answer<std::optional<base::Bytes>> frame(std::uint64_t sequence);
    /// The newest checkpoint of views; empty views where there is none that this program can read.
    Answer<views::ReadModel> checkpoint(views::ViewLimits limits);

private:
    Answer<net::ClientResponse> get(const std::string& target);
    Answer<codec::JsonValue> get_json(const std::string& target);
    Answer<net::ClientResponse> get_events(std::uint64_t from, std::size_t max_bytes);

    net::HttpClient http_;
    const std::string where_;
    const net::ClientHeaders headers_;
};

}  // namespace sauda
