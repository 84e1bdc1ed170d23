#include "sauda/remote/lease.h"

#include <utility>

#include "identity/random_id.h"

namespace sauda {

namespace redis = bus::redis;
using Clock = std::chrono::steady_clock;

namespace {

/// One where the key is free or the caller's own, which it then is for another lifetime.
constexpr const char* take_or_renew = R"(
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
)";

}  // namespace

Lease::Lease(boost::asio::io_context& io, redis::Client& redis, std::string key,
             std::function<void(bool)> on_change)
    : redis_(redis),
      key_(std::move(key)),
      holder_(identity::random_token(16)),
      on_change_(std::move(on_change)),
      script_(take_or_renew),
      timer_(io) {}

void Lease::renew() {
    const auto asked = Clock::now();
    redis_.run(
        script_, {key_}, {holder_, std::to_string(lifetime.count())},
        lifetime_guard_.guard([this, asked](const redis::Answer& answer) { on_answer(answer, asked); }));
    timer_.start(is_known_ ? renewal : first_retry, [this] {
        if (Clock::now() >= held_until_) set_held(false);
        renew();
    });
}

void Lease::on_answer(const redis::Answer& answer, Clock::time_point asked) {
    if (answer) is_known_ = true;
    const bool is_mine = answer && answer->integer() == 1;
    if (is_mine) held_until_ = asked + lifetime;
    set_held(is_mine || Clock::now() < held_until_);
}

void Lease::set_held(bool is_held) {
    if (std::exchange(is_held_, is_held) != is_held) on_change_(is_held);
}

}  // namespace sauda
