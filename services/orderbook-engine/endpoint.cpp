#include "orderbook-engine/endpoint.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <memory>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace sauda::orderbook_engine {

namespace asio = boost::asio;

namespace {

constexpr auto horizon_patience = std::chrono::milliseconds(800);
constexpr std::uint64_t trouble_ms_max = 60'000;

net::Response json(std::string body) {
    net::Response response;
    response.body = std::move(body);
    return response;
}

net::Response binary(std::string body) {
    net::Response response;
    response.content_type = "application/octet-stream";
    response.body = std::move(body);
    return response;
}

/// Zero where it is missing or no whole number.
std::uint64_t number(const net::Request& request, std::string_view name) {
    const std::string_view text = request.query.get(name).value_or("");
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() ? value : 0;
}

std::string_view bearer(const net::Request& request) {
    constexpr std::string_view scheme = "Bearer ";
    const std::string_view header = request.headers.get("Authorization");
    return header.starts_with(scheme) ? header.substr(scheme.size()) : std::string_view();
}

}  // namespace

Endpoint::Endpoint(const journal::EventSource& log, telemetry::Metrics& metrics, Hooks hooks)
    : log_(log), metrics_(metrics), hooks_(std::move(hooks)) {}

Endpoint::~Endpoint() {
    reading_.join();
}

asio::awaitable<net::Response> Endpoint::handle(net::Request request) {
    if (request.method != net::Method::get)
        co_return net::error_response(405, "method_not_allowed", "Only GET is answered here.");
    if (request.path == "/health/live") co_return json(R"({"status":"Success"})");
    if (request.path == "/health/ready") {
        const std::string reason = hooks_.why_not_ready();
        if (!reason.empty()) co_return net::error_response(503, "not_ready", reason);
        co_return json(R"({"status":"Success",)" + hooks_.describe() + "}");
    }
    if (request.path == "/metrics") {
        net::Response page = json(metrics_.page());
        page.content_type = "text/plain; version=0.0.4; charset=utf-8";
        co_return page;
    }
    if (!hooks_.is_trusted(bearer(request))) {
        co_return net::error_response(401, "unauthorized",
                                      "Other programs of the exchange show the secret of internal.token "
                                      "here; nobody else is answered.");
    }
    if (request.query.get("troubled_ms")) {
        const std::uint64_t ago = std::min<std::uint64_t>(number(request, "troubled_ms"), trouble_ms_max);
        hooks_.on_trouble(std::chrono::milliseconds(ago));
    }
    if (request.path == "/internal/engine") co_return json("{" + hooks_.describe() + "}");
    if (request.path == "/internal/horizon") {
        auto told = co_await horizon();
        co_return told;
    }
    // Named before it is awaited: g++ 12 destroys a temporary closure in a co_await expression twice.
    auto read = [this, request = std::move(request)]() -> asio::awaitable<net::Response> {
        if (request.path == "/internal/events")
            co_return events(number(request, "from"), number(request, "max_bytes"));
        if (request.path == "/internal/checkpoint")
            co_return checkpoint(number(request, "sequence"), number(request, "offset"));
        co_return net::error_response(404, "not_found", "There is no such path.");
    };
    auto response = co_await asio::co_spawn(reading_, std::move(read), asio::use_awaitable);
    co_return response;
}

asio::awaitable<net::Response> Endpoint::horizon() {
    struct Asked {
        asio::steady_timer patience;
        std::optional<std::string> members;
    };
    const auto executor = co_await asio::this_coro::executor;
    const auto asked = std::make_shared<Asked>(Asked{asio::steady_timer(executor, horizon_patience), {}});
    hooks_.find_horizon([asked, executor](std::string members) {
        asio::post(executor, [asked, members = std::move(members)] {
            asked->members = members;
            asked->patience.cancel();
        });
    });
    boost::system::error_code ended;
    co_await asked->patience.async_wait(asio::redirect_error(asio::use_awaitable, ended));
    if (!asked->members)
        co_return net::error_response(
            503, "busy", "The engine does not come to it: its disk is slow, or its journal failed.");
    co_return json("{" + *asked->members + "}");
}

net::Response Endpoint::events(std::uint64_t from, std::size_t max_bytes) const {
    std::string body;
    const auto next =
        log_.read(std::max<std::uint64_t>(from, 1), std::clamp<std::size_t>(max_bytes, 1, slice_bytes),
                  [&](std::uint64_t, base::ByteView frame) {
                      body.append(reinterpret_cast<const char*>(frame.data()), frame.size());
                      return true;
                  });
    if (!next) {
        const bool is_gone = next.error().fault == journal::JournalFault::missing;
        return net::error_response(is_gone ? 410 : 500, is_gone ? "events_archived" : "events_unreadable",
                                   next.error().message());
    }
    net::Response response = binary(std::move(body));
    response.headers.emplace_back("Sauda-Next", std::to_string(*next));
    response.headers.emplace_back("Sauda-First", std::to_string(log_.first_sequence()));
    response.headers.emplace_back("Sauda-Released", std::to_string(log_.published_sequence()));
    return response;
}

net::Response Endpoint::checkpoint(std::uint64_t sequence, std::uint64_t offset) {
    if (!held_ || offset == 0 || held_->sequence != sequence) held_ = hooks_.load_checkpoint();
    if (!held_)
        return net::error_response(404, "no_checkpoint", "There is no checkpoint yet; read the events.");
    if (sequence != 0 && held_->sequence != sequence)
        return net::error_response(409, "checkpoint_replaced", "There is a newer checkpoint; begin again.");
    const base::Bytes& content = *held_->content;
    if (offset > content.size())
        return net::error_response(400, "bad_offset", "The checkpoint ends before it.");
    const std::size_t size = std::min(slice_bytes, content.size() - offset);
    const auto* bytes = reinterpret_cast<const char*>(content.data());
    net::Response response = binary(std::string(bytes + offset, size));
    response.headers.emplace_back("Sauda-Sequence", std::to_string(held_->sequence));
    response.headers.emplace_back("Sauda-Size", std::to_string(content.size()));
    if (offset + size == content.size()) held_.reset();
    return response;
}

}  // namespace sauda::orderbook_engine
