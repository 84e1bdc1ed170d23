#include "redis_streams/subscriber.h"

#include <utility>

#include "base/assert.h"

namespace sauda::bus::redis {

namespace {

constexpr Milliseconds ping_every{500};
constexpr Milliseconds ping_timeout{1'000};

}  // namespace

Subscriber::Subscriber(boost::asio::io_context& io, const RedisConfig& config,
                       std::vector<std::string> channels, SubscriberHooks hooks)
    : config_(config),
      channels_(std::move(channels)),
      hooks_(std::move(hooks)),
      ping_timer_(io),
      connection_(io, config, "listen",
                  {.on_ready = [this] { subscribe(); },
                   .on_lost = [this](const std::string&) { ping_timer_.stop(); },
                   .on_push = [this](Reply push) { on_push(push); }}) {
    ASSERT(!channels_.empty());
}

void Subscriber::subscribe() {
    confirmed_ = 0;
    std::vector<std::string_view> words{"SUBSCRIBE"};
    words.insert(words.end(), channels_.begin(), channels_.end());
    connection_.send_unanswered(words);
    ping_timer_.start(ping_every, [this] { ping(); });
}

/// [kind, channel, message or count]
void Subscriber::on_push(Reply push) {
    const std::string_view kind = push[0].text();
    if (kind == "message") return hooks_.on_message(push[1].text(), push[2].text());
    if (kind == "subscribe" && ++confirmed_ == channels_.size() && hooks_.on_subscribed)
        hooks_.on_subscribed();
}

/// A server that died without a word is silent, as one is with nothing to say: it is asked.
void Subscriber::ping() {
    ping_timer_.start(ping_every, [this] { ping(); });
    connection_.send(
        {"PING"},
        [this](const Answer& answer) {
            if (!answer && answer.error().kind == Failure::Kind::timed_out)
                connection_.reconnect("Redis does not answer");
        },
        ping_timeout);
}

}  // namespace sauda::bus::redis
