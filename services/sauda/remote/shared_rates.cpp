#include "sauda/remote/shared_rates.h"

#include <utility>

namespace sauda {

namespace redis = bus::redis;

namespace {

constexpr auto interval = std::chrono::milliseconds(100);
/// Counters are of so many seconds each; what another process hears first of is counted from its window's
/// beginning.
constexpr std::int64_t window_ms = 5'000;
constexpr std::size_t keys_per_round = 1'000;

/// Adds to a counter that lives for some windows; what is in it then.
constexpr const char* add = R"(
local total = redis.call('INCRBY', KEYS[1], ARGV[1])
if total == tonumber(ARGV[1]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return total
)";

/// Rates go by a clock that nobody sets, as the API server's do.
std::int64_t rate_clock_ms() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

/// The windows of all processes are the same, so they go by the wall clock.
std::int64_t window_now() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count() / window_ms;
}

}  // namespace

SharedRates::SharedRates(boost::asio::io_context& io, redis::Client& redis, std::string prefix,
                         std::vector<Rate> rates)
    : redis_(redis), prefix_(std::move(prefix)), rates_(std::move(rates)), script_(add), timer_(io) {
    for (const Rate& rate : rates_) rate.limiter->count_spent();
}

void SharedRates::start() {
    timer_.start(interval, [this] {
        exchange();
        start();
    });
}

void SharedRates::exchange() {
    if (const std::int64_t window = window_now(); std::exchange(window_, window) != window) totals_.clear();
    for (const Rate& rate : rates_) {
        for (const auto& spent : rate.limiter->take_spent(keys_per_round)) tell(rate, spent, window_);
    }
}

void SharedRates::tell(const Rate& rate, const api_server::RateLimiter::Spent& spent, std::int64_t window) {
    std::string name = prefix_;
    name += rate.name;
    name += ':' + spent.key + ':' + std::to_string(window);
    const std::vector<std::string> arguments{std::to_string(spent.count), std::to_string(3 * window_ms)};
    redis_.run(script_, {name}, arguments,
               lifetime_.guard([this, rate, name, spent](const redis::Answer& answer) {
                   if (answer) hear(rate, name, spent, answer->integer());
               }));
}

void SharedRates::hear(const Rate& rate, const std::string& name, const api_server::RateLimiter::Spent& spent,
                       std::int64_t total) {
    std::int64_t& heard = totals_[name];
    const std::int64_t others = total - heard - static_cast<std::int64_t>(spent.count);
    heard = total;
    if (others > 0) rate.limiter->spend(spent.key, static_cast<std::uint64_t>(others), rate_clock_ms());
}

}  // namespace sauda
