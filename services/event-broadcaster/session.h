/// One WebSocket connection: its messages understood, its answers sent.
///
/// Threads: the network thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "codec/json_value.h"
#include "event-broadcaster/broadcaster.h"
#include "feed/subscriber.h"

namespace sauda::event_broadcaster {

class Session final : public feed::Subscriber, public std::enable_shared_from_this<Session> {
public:
    Session(Broadcaster& broadcaster, std::shared_ptr<net::WebSocket> socket);

    /// Joins the feed and listens. `ticket` empty: none was given.
    void start(std::string_view ticket);

    const std::string& token_id() const { return token_id_; }

    // feed::Subscriber
    bool send(const feed::Buffer& frames) override { return socket_->send(frames); }
    std::size_t queued_bytes() const override { return socket_->queued_bytes(); }
    void close(std::uint16_t code, std::string_view reason) override;

private:
    using Json = codec::JsonValue;

    void on_message(std::string_view text);
    void on_close();
    bool is_too_fast();

    void dispatch(const std::string& name, const Json& body, const Json& message);
    bool dispatch_public(const std::string& name, const Json& body);
    bool dispatch_private(const std::string& name, const Json& body);
    bool dispatch_orders(const std::string& name, const Json& body, const std::string& request_id);
    void subscribe(feed::Channel channel, const Json& body, bool wanted);
    void authenticate(const Json& body);
    void attach(const identity::SessionCache::SessionPointer& session);
    void cancel(const Json& body, order_entry::Done done);
    void cancel_all(const Json& body, order_entry::Done done);
    void amend(const Json& body, order_entry::Done done);
    void place_many(const Json& body, order_entry::Done done);

    void send_text(const std::string& text);
    void send_error(std::string_view code, std::string_view sentence, const std::string& request_id = {});
    order_entry::Done answer_to(std::string name, std::string request_id);

    Broadcaster& broadcaster_;
    Context& context_;
    const std::shared_ptr<net::WebSocket> socket_;
    feed::SessionId feed_session_;
    bool is_open_ = true;
    std::string token_id_;
    core::AccountId account_;
    std::int64_t rate_second_ = 0;
    std::uint64_t rate_count_ = 0;
};

}  // namespace sauda::event_broadcaster
