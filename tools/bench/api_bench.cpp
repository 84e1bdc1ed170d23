#include "bench/api_bench.h"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <functional>
#include <map>
#include <optional>
#include <thread>
#include <vector>

#include "bench/bare_costs.h"
#include "bench/machine.h"
#include "bench/plot.h"
#include "bench/report.h"
#include "bench/statistics.h"
#include "net/http_client.h"
#include "net/http_url.h"
#include "net/web_socket_client.h"

namespace sauda::bench {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds patience{10'000};

/// The text between `before` and the next of `ends` in `json`; enough for the few fields that a bench reads.
std::string between(const std::string& json, const std::string& before, const char* ends) {
    const std::size_t at = json.find(before);
    if (at == std::string::npos) return {};
    const std::size_t begin = at + before.size();
    return json.substr(begin, json.find_first_of(ends, begin) - begin);
}

/// A URL, or what stands behind its `http://`.
std::optional<net::HttpAddress> parse_target(const std::string& text) {
    return net::parse_http_url(text.find("://") == std::string::npos ? "http://" + text : text);
}

/// When the taker's fill of each order was seen on the private WebSocket.
class FillListener {
public:
    FillListener(const net::HttpAddress& target, std::uint16_t port, const std::string& token) {
        if (!socket_.connect(target.host, port, "/ws", {}, patience)) return;
        if (!socket_.send(R"({"Authenticate":")" + token + R"("})", patience)) return;
        is_connected_ = socket_.receive(patience).has_value();
        if (is_connected_) thread_ = std::thread([this] { run(); });
    }
    ~FillListener() { stop(); }
    bool is_connected() const { return is_connected_; }

    void stop() {
        is_over_ = true;
        if (thread_.joinable()) thread_.join();
    }
    const std::map<std::string, Clock::time_point>& seen() const { return seen_; }

private:
    void run() {
        while (!is_over_) {
            const auto message = socket_.receive(milliseconds(200));
            if (!message) continue;
            const auto now = Clock::now();
            if (message->find(R"("liquidity":"taker")") == std::string::npos) continue;
            seen_.emplace(between(*message, R"("order_id":)", ",}"), now);
        }
    }

    net::WebSocketClient socket_;
    bool is_connected_ = false;
    std::atomic<bool> is_over_{false};
    std::map<std::string, Clock::time_point> seen_;
    std::thread thread_;
};

struct Placed {
    std::string order_id;
    Clock::time_point sent;
    Clock::time_point answered;
    bool filled = false;
};

/// One client: a resting sell and a buy that takes it, in turn, at the price between the demo's quotes.
/// `after_each` is called after every answer.
std::vector<Placed> place_orders(const net::HttpAddress& target, const std::string& token,
                                 const std::string& market, std::uint64_t count,
                                 std::atomic<std::uint64_t>& failures,
                                 const std::function<void()>& after_each) {
    net::HttpClient client(target.host, target.port);
    const net::ClientHeaders headers{{"Authorization", "Bearer " + token},
                                     {"Content-Type", "application/json"}};
    std::vector<Placed> placed;
    placed.reserve(count);
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::string body = std::string(R"({"order_type":")") + (i % 2 == 0 ? "Sell" : "Buy") +
                                 R"(","order_kind":"Limit","price":100.00,"quantity":1,"market":")" + market +
                                 R"("})";
        Placed order;
        order.sent = Clock::now();
        const auto response = client.request("POST", "/order", headers, body, patience);
        order.answered = Clock::now();
        if (!response || response->status != 200) {
            ++failures;
            continue;
        }
        order.order_id = between(response->body, R"("order_id":)", ",}");
        order.filled = response->body.find(R"("order_status":"Filled")") != std::string::npos;
        placed.push_back(std::move(order));
        after_each();
    }
    return placed;
}

std::int64_t ns(Clock::duration duration) {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(duration).count();
}

/// What all clients saw.
struct Seen {
    std::vector<std::int64_t> replies_ns;
    std::vector<std::int64_t> fills_ns;              ///< from request to WebSocket
    std::vector<std::int64_t> fills_after_reply_ns;  ///< negative: before it
    std::uint64_t fills = 0;                         ///< that replies told of
    std::uint64_t failures = 0;
    double seconds = 0;
};

/// Drives the exchange with all clients at once. One client measures the bare costs after each order.
Seen place_all(const ApiBenchOptions& options, const net::HttpAddress& target, const std::string& token,
               FillListener& listener, BareCosts& bare) {
    std::atomic<std::uint64_t> failures{0};
    std::vector<std::vector<Placed>> results(options.clients);
    Clock::duration bare_time{};
    const auto after_each = [&] {
        if (options.clients > 1) return;
        const auto began = Clock::now();
        if (!bare.measure().empty()) ++failures;
        bare_time += Clock::now() - began;
    };
    const auto started = Clock::now();
    std::vector<std::thread> clients;
    for (std::uint32_t c = 0; c < options.clients; ++c) {
        clients.emplace_back([&, c] {
            results[c] = place_orders(target, token, options.market, options.orders / options.clients,
                                      failures, after_each);
        });
    }
    for (std::thread& client : clients) client.join();
    Seen seen;
    seen.seconds = static_cast<double>(ns(Clock::now() - started - bare_time)) * 1e-9;
    seen.failures = failures;
    std::this_thread::sleep_for(milliseconds(300));  // the last fills arrive
    listener.stop();
    for (const auto& client : results) {
        for (const Placed& order : client) {
            seen.replies_ns.push_back(ns(order.answered - order.sent));
            seen.fills += order.filled ? 1 : 0;
            const auto fill = listener.seen().find(order.order_id);
            if (!order.filled || fill == listener.seen().end()) continue;
            seen.fills_ns.push_back(ns(fill->second - order.sent));
            seen.fills_after_reply_ns.push_back(ns(fill->second - order.answered));
        }
    }
    return seen;
}

std::string measure_bare(const ApiBenchOptions& options, BareCosts& bare) {
    if (options.clients == 1) return {};  // between the orders
    constexpr int times = 300;
    for (int i = 0; i < times; ++i)
        if (const std::string failure = bare.measure(); !failure.empty()) return failure;
    return {};
}

Report report_of(const ApiBenchOptions& options, const Seen& seen, const BareCosts& bare) {
    const Latency reply = latency_of(seen.replies_ns);
    const Latency round_trip = latency_of(bare.round_trips_ns());
    const Latency sync = latency_of(bare.syncs_ns());
    Report report;
    report.add("clients", std::uint64_t{options.clients}).add("orders", std::uint64_t{reply.count});
    report.add("failures", seen.failures);
    report.add("orders_per_second", static_cast<double>(reply.count) / seen.seconds, 0);
    report.add("fills", seen.fills).add("fills_on_websocket", std::uint64_t{seen.fills_ns.size()});
    report.add("reply", reply);
    if (!seen.fills_ns.empty()) {
        report.add("websocket_fill", latency_of(seen.fills_ns));
        report.add("fill_after_reply", latency_of(seen.fills_after_reply_ns));
    }
    report.add("bare_round_trip", round_trip).add("bare_sync", sync);
    return report.add("reply_over_bare",
                      static_cast<double>(reply.p50) / static_cast<double>(round_trip.p50 + sync.p50), 2);
}

PlotSeries series_of(const char* name, const std::vector<std::int64_t>& latencies_ns) {
    const Latency latency = latency_of(latencies_ns);
    const auto us = [](std::int64_t value) { return static_cast<double>(value) / 1000; };
    return {name,
            {{2, us(latency.p50)}, {10, us(latency.p90)}, {100, us(latency.p99)}, {1000, us(latency.p999)}}};
}

Plot plot_of(const ApiBenchOptions& options, const Seen& seen, const BareCosts& bare) {
    Plot plot;
    plot.title = "REST orders of " + std::to_string(options.clients) + " client(s), durable";
    plot.x_label = "one order in so many is slower";
    plot.y_label = "latency in microseconds";
    plot.x_is_log = true;
    plot.series.push_back(series_of("reply", seen.replies_ns));
    if (!seen.fills_ns.empty()) plot.series.push_back(series_of("WebSocket fill", seen.fills_ns));
    plot.series.push_back(series_of("bare round trip", bare.round_trips_ns()));
    plot.series.push_back(series_of("bare fdatasync", bare.syncs_ns()));
    return plot;
}

int fail(const std::string& why, int status = 1) {
    std::fprintf(stderr, "sauda bench: %s\n", why.c_str());
    return status;
}

/// A session's token.
base::Result<std::string, std::string> log_in(const ApiBenchOptions& options,
                                              const net::HttpAddress& target) {
    const auto login = net::http_request(
        target.host, target.port, "POST", "/login", {{"Content-Type", "application/json"}},
        R"({"email":")" + options.email + R"(","password":")" + options.password + R"("})", patience);
    if (!login) return base::Unexpected{"cannot log in: " + login.error().message()};
    if (login->status != 200) return base::Unexpected{"cannot log in: " + login->body};
    return between(login->body, R"("token":")", "\"");
}

}  // namespace

int run_api_bench(const ApiBenchOptions& options) {
    const Report machine = describe_machine();
    const auto target = parse_target(options.target);
    if (!target) return fail("--target must look like http://127.0.0.1:3000, not " + options.target, 2);
    const auto token = log_in(options, *target);
    if (!token) return fail(token.error());
    FillListener listener(*target, options.ws_port, *token);
    if (!listener.is_connected()) return fail("the WebSocket does not answer");
    const auto bare = BareCosts::prepare(options.data_dir);
    if (!bare) return fail(bare.error());
    if (const std::string failure = measure_bare(options, **bare); !failure.empty()) return fail(failure);
    const Seen seen = place_all(options, *target, *token, listener, **bare);
    if (const std::string failure = measure_bare(options, **bare); !failure.empty()) return fail(failure);
    if (seen.replies_ns.empty()) return fail("no order was taken");
    report_of(options, seen, **bare).add("machine", machine).print(options.json);
    if (!options.plot.empty()) {
        const auto drawn = write_plot(plot_of(options, seen, **bare), options.plot);
        if (!drawn) return fail(drawn.error());
    }
    return seen.failures == 0 ? 0 : 1;
}

}  // namespace sauda::bench
