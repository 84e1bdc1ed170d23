/// Public market data for any client of Redis: what subscribers of a WebSocket get, as messages of the
/// channels `market.<name>.orderbook`, `market.<name>.trades` and `market.<name>.ticker`.
///
/// Pub/sub forgets, so an order book is published whole every few seconds, and its updates are gapless in
/// between: who has joined takes a snapshot and goes on from its sequence, as over a WebSocket
/// (feed/messages.h has the texts).
///
/// Threads: the network thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "feed/hub.h"
#include "feed/subscriber.h"
#include "redis_streams/client.h"
#include "views/read_model.h"

namespace sauda {

class MarketMirror final : public feed::Subscriber {
public:
    /// Both outlive it.
    MarketMirror(const views::ReadModel& views, bus::redis::Client& redis);
    ~MarketMirror() override;

    /// Must be given each frame, and flushed, as the Hub that serves clients.
    feed::Hub& hub() { return hub_; }

    /// Whether this process publishes: one of all does.
    void set_active(bool is_active);
    /// Call about every 100 ms.
    void on_time(core::TimestampNs now);

    std::uint64_t published() const { return published_; }

    // feed::Subscriber
    bool send(const feed::Buffer& lines) override;
    std::size_t queued_bytes() const override { return unconfirmed_bytes_; }
    void close(std::uint16_t code, std::string_view reason) override;

private:
    void begin();
    void end();
    void subscribe_new();
    void publish(std::string_view message);

    const views::ReadModel& views_;
    bus::redis::Client& redis_;
    feed::Hub hub_;
    feed::SessionId session_;     // zero: it publishes nothing
    std::size_t subscribed_ = 0;  // markets, in the order in which they were listed
    core::TimestampNs begun_at_;
    bool is_broken_ = false;  // something was not published: begin anew
    std::size_t unconfirmed_bytes_ = 0;
    std::uint64_t published_ = 0;
    bus::redis::Lifetime lifetime_;
};

}  // namespace sauda
