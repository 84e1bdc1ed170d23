#include "redis_streams/guarded_connection.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace sauda::bus::redis {

namespace {

std::int64_t now_ns() {
    return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
}

/// Errors that say something of one command, and nothing of the server's health.
bool is_about_the_command(std::string_view error) {
    constexpr std::array<std::string_view, 4> codes{"ERR", "WRONGTYPE", "NOSCRIPT", "EXECABORT"};
    const std::string_view code = error.substr(0, error.find(' '));
    return std::find(codes.begin(), codes.end(), code) != codes.end();
}

}  // namespace

GuardedConnection::GuardedConnection(boost::asio::io_context& io, const RedisConfig& config,
                                     std::string_view role, std::function<void()> on_beat)
    : config_(config),
      probe_key_(config.key("probe")),
      on_beat_(std::move(on_beat)),
      breaker_({.failures_to_open = config.failures_to_open,
                .probe_interval_ns = std::chrono::nanoseconds(config.probe_interval).count()}),
      timer_(io),
      connection_(io, config, role,
                  {.on_ready = [this] { probe(); },
                   .on_lost = [this](const std::string& reason) { trip(reason); },
                   .on_push = {}}) {
    breaker_.trip(now_ns());  // until the first probe says otherwise
}

void GuardedConnection::start() {
    connection_.start();
    timer_.start(config_.probe_interval, [this] { beat(); });
}

bool GuardedConnection::refuse(const Callback& callback) {
    const bool is_full = waiting_ >= waiting_max;
    if (is_reachable() && !is_full) return false;
    ++counters_.unreachable;
    const std::string reason = is_full ? "too many commands wait for it" : last_error_;
    callback(base::Unexpected{Failure{Failure::Kind::unreachable, "Redis: " + reason}});
    return true;
}

void GuardedConnection::send(Arguments arguments, Callback callback) {
    if (!refuse(callback)) send_counted(arguments, true, std::move(callback));
}

void GuardedConnection::send_read(Arguments arguments, Callback callback) {
    if (!refuse(callback)) send_counted(arguments, false, std::move(callback));
}

void GuardedConnection::send_counted(Arguments arguments, bool is_write, Callback callback) {
    ++counters_.commands;
    ++waiting_;
    connection_.send(arguments, [this, is_write, callback = std::move(callback)](const Answer& answer) {
        --waiting_;
        on_answer(answer, is_write);
        callback(answer);
    });
}

void GuardedConnection::beat() {
    timer_.start(config_.probe_interval, [this] { beat(); });
    if (!connection_.is_ready()) {
        if (!connection_.last_error().empty()) last_error_ = connection_.last_error();
        return;
    }
    if (!std::exchange(heard_, false) && breaker_.allow(now_ns())) probe();
    if (is_reachable() && on_beat_) on_beat_();
}

void GuardedConnection::probe() {
    connection_.send({"SET", probe_key_, "1", "PX", "10000"},
                     [this](const Answer& answer) { on_answer(answer, true); });
}

void GuardedConnection::on_answer(const Answer& answer, bool is_write) {
    if (answer) {
        if (!is_write) return;
        heard_ = true;
        was_reached_ = true;
        return breaker_.on_success();
    }
    const Failure& failure = answer.error();
    if (failure.kind == Failure::Kind::refused && is_about_the_command(failure.text)) return;
    on_failure(failure.text);
}

void GuardedConnection::on_failure(const std::string& reason) {
    last_error_ = reason;
    note_trouble();
    ++counters_.failures;
    const bool was_closed = is_reachable();
    breaker_.on_failure(now_ns());
    if (was_closed && !is_reachable()) ++counters_.opened;
}

void GuardedConnection::trip(const std::string& reason) {
    last_error_ = reason;
    note_trouble();
    if (is_reachable()) ++counters_.opened;
    breaker_.trip(now_ns());
}

void GuardedConnection::note_trouble() {
    if (was_reached_) troubled_at_ = std::chrono::steady_clock::now();
}

std::optional<std::chrono::steady_clock::time_point> GuardedConnection::troubled_at() const {
    if (was_reached_ && !is_reachable()) return std::chrono::steady_clock::now();
    return troubled_at_;
}

}  // namespace sauda::bus::redis
