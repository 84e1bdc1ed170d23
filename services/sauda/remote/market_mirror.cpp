#include "sauda/remote/market_mirror.h"

#include <limits>
#include <optional>
#include <string>

namespace sauda {

namespace {

/// A fresh snapshot of each order book comes so often.
constexpr std::int64_t snapshot_interval_ns = 5'000'000'000;

void append_line(std::string& out, std::string_view text) {
    out += text;
    out += '\n';
}

/// `market.TATA_INR.trades` of a message that begins {"channel":"trades","market":"TATA_INR"; nothing of an
/// answer.
std::optional<std::string> channel_of(std::string_view message) {
    const auto take = [&](std::string_view prefix) {
        if (!message.starts_with(prefix)) return false;
        message.remove_prefix(prefix.size());
        return true;
    };
    const auto take_text = [&] {
        const std::string_view text = message.substr(0, message.find('"'));
        message.remove_prefix(text.size());
        return text;
    };
    if (!take(R"({"channel":")")) return std::nullopt;
    const std::string_view channel = take_text();
    if (!take(R"(","market":")")) return std::nullopt;
    std::string out("market.");
    out += take_text();
    out += '.';
    out += channel;
    return out;
}

feed::Limits unbounded() {
    feed::Limits limits;
    limits.subscriptions_per_session_max = std::numeric_limits<std::size_t>::max();
    limits.window = {.events_per_account_max = 1, .events_max = 1};  // nobody resumes
    return limits;
}

}  // namespace

MarketMirror::MarketMirror(const views::ReadModel& views, bus::redis::Client& redis)
    : views_(views), redis_(redis), hub_(views, &append_line, unbounded()) {}

MarketMirror::~MarketMirror() {
    end();
}

void MarketMirror::set_active(bool is_active) {
    end();
    if (is_active) begin();
}

void MarketMirror::begin() {
    session_ = hub_.open(*this);
    subscribed_ = 0;
    is_broken_ = false;
    begun_at_ = {};
    subscribe_new();
}

void MarketMirror::end() {
    if (session_ == feed::SessionId{}) return;
    hub_.close(session_);
    session_ = {};
}

void MarketMirror::subscribe_new() {
    const auto& markets = views_.catalog.listings().markets();
    for (; subscribed_ < markets.size(); ++subscribed_) {
        const std::string_view name = markets[subscribed_].spec.name.view();
        hub_.subscribe(session_, feed::Channel::orderbook, name);
        hub_.subscribe_summary(session_, name, std::nullopt);
    }
}

void MarketMirror::on_time(core::TimestampNs now) {
    hub_.on_time(now);
    if (session_ == feed::SessionId{}) return;
    if (begun_at_.raw == 0) begun_at_ = now;
    const bool is_due = now.raw - begun_at_.raw >= snapshot_interval_ns;
    if (is_broken_ && redis_.guard().is_reachable()) {
        end();
        begin();
    } else if (is_due) {
        begun_at_ = now;
        subscribed_ = 0;  // again for the same channel: a fresh snapshot
    }
    subscribe_new();
    if (hub_.behind_count() > 0) hub_.flush();
}

bool MarketMirror::send(const feed::Buffer& lines) {
    std::string_view rest = *lines;
    while (!rest.empty()) {
        const std::size_t end = rest.find('\n');
        publish(rest.substr(0, end));
        rest.remove_prefix(end + 1);
    }
    return true;
}

void MarketMirror::publish(std::string_view message) {
    const auto channel = channel_of(message);
    if (!channel) return;
    unconfirmed_bytes_ += message.size();
    redis_.publish(*channel, message, lifetime_.guard([this, size = message.size()](const auto& done) {
        unconfirmed_bytes_ -= size;
        if (done) {
            ++published_;
        } else {
            is_broken_ = true;
        }
    }));
}

/// The Hub gives a reader up that is too slow: Redis has stalled.
void MarketMirror::close(std::uint16_t, std::string_view) {
    is_broken_ = true;
}

}  // namespace sauda
