/// What other programs of the same exchange ask an engine over HTTP, beside its streams: how it is, its past
/// events, and views to begin with. Only who shows the shared secret is answered.
///
///     GET /internal/engine                       how it is, as JSON
///     GET /internal/horizon                      how far what clients sent is decided, as JSON
///     GET /internal/events?from=N&max_bytes=M    event frames from sequence N on, one after another; what
///     follows
///                                                is asked for from the header Sauda-Next on
///     GET /internal/checkpoint?offset=N          the newest checkpoint of the views, a slice from byte N on;
///                                                headers Sauda-Sequence and Sauda-Size. Further slices name
///                                                the sequence: `&sequence=S`
/// A question for the engine or its horizon may say `troubled_ms=N`: so long ago Redis last failed who asks.
///
///     GET /health/live, /health/ready, /metrics  as the API server's; nothing secret
///
/// Threads: handle() on the network thread; what blocks on the disk runs on one of its own.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>

#include "base/bytes.h"
#include "journal/event_source.h"
#include "net/http_message.h"
#include "telemetry/metrics.h"

namespace sauda::orderbook_engine {

/// A checkpoint of views, as its file holds it.
struct ViewCheckpoint {
    std::uint64_t sequence = 0;
    std::shared_ptr<const base::Bytes> content;
};

class Endpoint {
public:
    struct Hooks {
        /// Whether the text behind "Bearer " is the secret, in constant time.
        std::function<bool(std::string_view presented)> is_trusted;
        /// Members of the JSON object of /internal/engine, without braces.
        std::function<std::string()> describe;
        /// Calls its argument, on any thread and maybe never, with the members of that of /internal/horizon.
        std::function<void(std::function<void(std::string members)>)> find_horizon;
        /// A server says that Redis failed it so long ago.
        std::function<void(std::chrono::milliseconds ago)> on_trouble;
        /// Why no orders are taken; empty: they are.
        std::function<std::string()> why_not_ready;
        /// The newest checkpoint, none where there is none yet. On the endpoint's thread.
        std::function<std::optional<ViewCheckpoint>()> load_checkpoint;
    };
    static constexpr std::size_t slice_bytes = std::size_t{8} << 20;

    /// `log` and `metrics` outlive it.
    Endpoint(const journal::EventSource& log, telemetry::Metrics& metrics, Hooks hooks);
    /// Waits for what is being read.
    ~Endpoint();

    boost::asio::awaitable<net::Response> handle(net::Request request);

private:
    boost::asio::awaitable<net::Response> horizon();
    net::Response events(std::uint64_t from, std::size_t max_bytes) const;
    net::Response checkpoint(std::uint64_t sequence, std::uint64_t offset);

    const journal::EventSource& log_;
    telemetry::Metrics& metrics_;
    const Hooks hooks_;
    std::optional<ViewCheckpoint> held_;  ///< what slices are cut from; the endpoint's thread
    boost::asio::thread_pool reading_{1};
};

}  // namespace sauda::orderbook_engine
