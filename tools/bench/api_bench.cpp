#include "bench/api_bench.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "net/http_client.h"
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

struct Target {
    std::string host;
    std::uint16_t port = 0;
};

std::optional<Target> parse_target(const std::string& text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string::npos) return std::nullopt;
    return Target{text.substr(0, colon),
                  static_cast<std::uint16_t>(std::strtoul(text.c_str() + colon + 1, nullptr, 10))};
}

/// When the taker's fill of each order was seen on the private WebSocket.
class FillListener {
public:
    FillListener(const Target& target, std::uint16_t port, const std::string& token) {
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
std::vector<Placed> place_orders(const Target& target, const std::string& token, const std::string& market,
                                 std::uint64_t count, std::atomic<std::uint64_t>& failures) {
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
    }
    return placed;
}

void print_percentiles(const char* name, std::vector<double> milliseconds_each) {
    if (milliseconds_each.empty()) return;
    std::ranges::sort(milliseconds_each);
    const auto at = [&](double share) {
        return milliseconds_each[std::min(
            milliseconds_each.size() - 1,
            static_cast<std::size_t>(share * static_cast<double>(milliseconds_each.size())))];
    };
    std::printf("%s_ms_p50: %.3f\n%s_ms_p99: %.3f\n%s_ms_p999: %.3f\n", name, at(0.5), name, at(0.99), name,
                at(0.999));
}

double ms(Clock::duration duration) {
    return std::chrono::duration<double, std::milli>(duration).count();
}

}  // namespace

int run_api_bench(const ApiBenchOptions& options) {
    const auto target = parse_target(options.target);
    if (!target) return std::fprintf(stderr, "sauda bench: --target must be host:port\n"), 2;
    const auto login = net::http_request(
        target->host, target->port, "POST", "/login", {{"Content-Type", "application/json"}},
        R"({"email":")" + options.email + R"(","password":")" + options.password + R"("})", patience);
    if (!login || login->status != 200) {
        std::fprintf(stderr, "sauda bench: cannot log in: %s\n",
                     login ? login->body.c_str() : login.error().message().c_str());
        return 1;
    }
    const std::string token = between(login->body, R"("token":")", "\"");
    FillListener listener(*target, options.ws_port, token);
    if (!listener.is_connected())
        return std::fprintf(stderr, "sauda bench: the WebSocket does not answer\n"), 1;

    std::atomic<std::uint64_t> failures{0};
    std::vector<std::vector<Placed>> results(options.clients);
    const auto started = Clock::now();
    {
        std::vector<std::thread> clients;
        for (std::uint32_t c = 0; c < options.clients; ++c) {
            clients.emplace_back([&, c] {
                results[c] =
                    place_orders(*target, token, options.market, options.orders / options.clients, failures);
            });
        }
        for (std::thread& client : clients) client.join();
    }
    const double seconds = ms(Clock::now() - started) / 1000;
    std::this_thread::sleep_for(milliseconds(300));  // the last fills arrive
    listener.stop();

    std::vector<double> replies;
    std::vector<double> fills;
    std::uint64_t fills_expected = 0;
    for (const auto& client : results) {
        for (const Placed& order : client) {
            replies.push_back(ms(order.answered - order.sent));
            fills_expected += order.filled ? 1 : 0;
            const auto seen = listener.seen().find(order.order_id);
            if (order.filled && seen != listener.seen().end()) fills.push_back(ms(seen->second - order.sent));
        }
    }
    std::printf(
        "clients: %u\norders: %zu\nfailures: %llu\norders_per_second: %.0f\nfills: %llu\nfills_on_websocket: "
        "%zu\n",
        options.clients, replies.size(), static_cast<unsigned long long>(failures.load()),
        static_cast<double>(replies.size()) / seconds, static_cast<unsigned long long>(fills_expected),
        fills.size());
    print_percentiles("reply", std::move(replies));
    print_percentiles("websocket_fill", std::move(fills));
    return failures == 0 ? 0 : 1;
}

}  // namespace sauda::bench
