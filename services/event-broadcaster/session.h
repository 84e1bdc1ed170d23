/// One WebSocket connection: its messages understood, its answers sent.
///
/// Threads: the network thread.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codec/json_value.h"
#include "event-broadcaster/broadcaster.h"
#include "event-broadcaster/client_message.h"
#include "feed/subscriber.h"

namespace sauda::event_broadcaster {

class Session final : public feed::Subscriber, public std::enable_shared_from_this<Session> {
public:
    /// `number` is its own among those of this process.
    Session(Broadcaster& broadcaster, std::shared_ptr<net::WebSocket> socket, std::uint64_t number,
            std::string connection_id);

    /// Joins the feed and listens. `ticket` empty: none was given.
    void start(std::string_view ticket);

    const std::string& token_id() const { return token_id_; }
    std::uint64_t number() const { return number_; }

    /// The private side begins at each shard where the account is open by now; it is opened where it is not.
    void attach_opened();

    /// Of every message that is understood.
    static std::vector<std::string_view> names();

    // feed::Subscriber
    bool send(const feed::Buffer& frames) override { return socket_->send(frames); }
    std::size_t queued_bytes() const override { return socket_->queued_bytes(); }
    void close(std::uint16_t code, std::string_view reason) override;

private:
    using Json = codec::JsonValue;
    struct Entry {
        std::string_view name;
        void (*handle)(Session&, const ClientMessage&);
    };
    /// A shard, and what of this connection is there.
    struct Leg {
        ShardContext& shard;
        ConnectionLeases& leases;
        std::uint64_t connection = 0;  ///< this one, among its leases
        feed::SessionId feed_session;
        core::AccountId account;  ///< zero: not authenticated, or the account is not open there
        bool is_opening = false;  ///< the engine has been asked to open it
    };
    using OrderHandler = void (*)(const Leg&, const Json&, order_entry::Done);
    struct OrderEntryMessage {
        std::string_view name;
        bool is_limited;
        OrderHandler handle;
    };
    static std::span<const Entry> entries();
    static std::span<const OrderEntryMessage> order_entries();

    void on_message(std::string_view text);
    void begin(std::string_view text, bool is_refused);
    void read(std::string_view text, bool is_refused);
    void read_caught_up(std::string_view text);
    void begin_waiting();
    void on_redeemed(const Redeemed& session);
    void on_binary();
    void on_close();
    bool is_too_fast();

    void dispatch(const ClientMessage& message);
    bool dispatch_other(const ClientMessage& message);
    bool dispatch_orders(const ClientMessage& message);
    void pong(const ClientMessage& message);
    bool names_a_market(const Json& text, const RequestId& request_id);
    void subscribe(const ClientMessage& message, feed::Channel channel, bool wanted);
    void subscribe_ticker(const ClientMessage& message, bool wanted);
    void subscribe_candles(const ClientMessage& message, bool wanted);
    void subscribe_summary(std::string_view market, std::optional<views::CandleInterval> interval,
                           const RequestId& request_id, bool wanted);
    void authenticate(const ClientMessage& message);
    void resume(const ClientMessage& message);
    void attach(const identity::SessionCache::SessionPointer& session, const RequestId& request_id);

    void open_account(Leg& leg);
    void attach_if_known(Leg& leg);
    bool refuse_if_away(const Leg& leg, const RequestId& request_id);
    static bool has_market(const Leg& leg, std::string_view market);
    Leg& leg_of_market(std::string_view market);
    Leg& leg_of_order(std::uint64_t order);
    /// Null: there is no shard of this name.
    Leg* leg_named(std::string_view shard);
    Leg* leg_of_orders(const ClientMessage& message);
    /// Why a shard where the caller has no account cannot be asked.
    static order_entry::Answer without_account(const Leg& leg);
    bool goes_to_all(const ClientMessage& message) const;
    static void cancel_on_disconnect(const Leg& leg, const Json& body, order_entry::Done done);
    order_entry::Done done_of(const ClientMessage& message);
    order_entry::Done with_patience(const Json& body, order_entry::Done done);
    bool dispatch_to_all(const OrderEntryMessage& entry, const ClientMessage& message);
    void ask_from(std::size_t leg, OrderHandler handle, Json body, bool asks_all, order_entry::Done done,
                  std::optional<order_entry::Answer> before);
    void catch_up_from(std::size_t leg, std::function<void()> done);

    void send_text(const std::string& text);
    void send_error(std::string_view code, std::string_view sentence, const RequestId& request_id = {});
    void send_error(const identity::Failure& failure, const RequestId& request_id);
    void send_answer(const std::string& name, const RequestId& request_id, const order_entry::Answer& answer);
    order_entry::Done answer_to(const ClientMessage& message);

    Broadcaster& broadcaster_;
    Context& context_;
    const std::shared_ptr<net::WebSocket> socket_;
    const std::uint64_t number_;
    const std::string connection_id_;  ///< in the log
    std::vector<Leg> legs_;            ///< one a shard
    bool is_open_ = true;
    std::string token_id_;
    core::Uuid user_;
    /// Messages that came while one is waited for that those behind it may rest on.
    bool is_waiting_ = false;
    struct Waiting {
        std::string text;
        bool is_refused = false;  ///< it came too fast
    };
    std::deque<Waiting> waiting_;
    std::size_t waiting_bytes_ = 0;
    std::int64_t rate_second_ = 0;
    std::uint64_t rate_count_ = 0;
};

}  // namespace sauda::event_broadcaster
