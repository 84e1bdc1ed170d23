/// Events to subscribers: who wants what, and what each of them has been told.
///
/// Public, per market: order book (a snapshot, then updates and trades), trades, ticker and candles. Private,
/// per account: every event with an account sequence, in the owner's shape. Message texts are defined in
/// messages.h.
///
/// How it is driven, on one thread:
///
///     at start      views from a snapshot; remember() private events of before, as far back as wished. A Hub
///     may
///                   be made, and joined, on empty views; begin() when a snapshot has taken their place
///     each frame    every view applies it, then hub.apply(frame)
///     after a batch flush()              also by a timer (100 ms) while behind_count() > 0
///     by a timer    on_time(now)         for what is told by time: tickers and candles
///     each message  subscribe / unsubscribe / attach / resume, which answer the session themselves
///
/// What a subscriber may rely on:
///   * Order book updates are gapless: the first after a snapshot has first_sequence = snapshot.sequence + 1,
///     each further one first_sequence = last_sequence + 1 of the one before. The numbers are the market's
///     own, the same on every server.
///   * A reader with more than `conflate_above_bytes` waiting gets neither updates nor trades until it has
///     drained; then a fresh snapshot with `"conflated":true` and, if it missed trades, one message that
///     names them.
///   * A private event is delivered at most once per connection, without gap and in sequence: live from
///     attach() on, and what resume() replays is older than that. A client that resumes at once after it has
///     authenticated reads everything in order; one that waits reads the replay after what came meanwhile.
///     A connection that cannot take a private event is closed with 1013 `slow_consumer`.
///
/// Cost: an event in a market without subscribers, or of an account without connections, is not formatted.
/// A message is encoded and framed once, however many connections it goes to.
///
/// Threads: one owner at a time. Reads no clock: time comes in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "codec/event_frame.h"
#include "core/types/ids.h"
#include "core/types/timestamp.h"
#include "feed/counters.h"
#include "feed/limits.h"
#include "feed/private_window.h"
#include "feed/subscriber.h"
#include "views/candle_interval.h"
#include "views/read_model.h"

namespace sauda::feed {

/// One connection, as the Hub names it. Never reused.
struct SessionId {
    std::uint64_t raw = 0;
    friend bool operator==(const SessionId&, const SessionId&) = default;
};

enum class Channel : std::uint8_t { orderbook, trades };

class Hub {
public:
    /// The views outlive the Hub; the next frame is the one after theirs. `shard`: named in private messages
    /// as `"shard"`, where there are several; empty: there are not.
    Hub(const views::ReadModel& views, Framer framer, const Limits& limits = {}, std::string_view shard = {});
    ~Hub();
    Hub(const Hub&) = delete;
    Hub& operator=(const Hub&) = delete;

    /// The views were empty, and are those of a snapshot now: the next frame is the one after theirs.
    /// Requires: no frame was applied yet, and nobody subscribes to anything.
    void begin();

    /// Remembers private events of frames up to the views' sequence, for Resume. The last of them should be
    /// those of the frame at the views' sequence, or the window of accounts that moved in between counts as
    /// too old. Requires: no frame was applied yet.
    void remember(PrivateWindow past);

    /// Collects what `frame` means to subscribers; sent by the next flush(). A sequence at or below last() is
    /// ignored. False where the bytes are not events of this version; what came before them is collected.
    /// Requires: each view has just applied this frame, and nothing after it.
    bool apply(const codec::EventFrameView& frame);
    core::Sequence last() const;

    /// Sends what was collected: per market and per account one buffer, the same for all its connections.
    /// Then lets conflated connections that have drained catch up.
    void flush();

    /// The reader's clock, at least a few times a second: every `summary_interval` tells subscribers of
    /// tickers and candles what changed, a candle's close included, which comes by time alone.
    void on_time(core::TimestampNs now);

    /// Subscriptions that are conflated: flush() must be called for them even when no frame comes.
    std::size_t behind_count() const { return counters_.conflated; }

    // --- Connections. Calls with an id that was closed do nothing ---
    //
    // `request_id` is whatever the client would have repeated in the answer, as the JSON text of a value;
    // empty: nothing.

    /// A new connection. `subscriber` stays until close(id).
    SessionId open(Subscriber& subscriber);
    /// The connection is gone. Must be called for each one opened, also for those that the Hub closed.
    void close(SessionId session);

    /// Acknowledges and begins; for the order book a snapshot follows. Again for the same channel: the same
    /// acknowledgement, and a fresh snapshot from which the updates go on. Refused, the connection staying:
    /// `unknown_market`, `too_many_subscriptions`.
    void subscribe(SessionId session, Channel channel, std::string_view market,
                   std::string_view request_id = {});
    /// Acknowledges; nothing of the channel follows. Also when it was not subscribed. Order book subscribers
    /// get trades with it, whether or not they subscribed to trades too.
    void unsubscribe(SessionId session, Channel channel, std::string_view market,
                     std::string_view request_id = {});

    /// The market's ticker of the last 24 hours or, with an interval, its candles: acknowledges, tells how it
    /// stands, and from then on at most one message per `summary_interval` and only of what changed. Refused
    /// as subscribe() is.
    void subscribe_summary(SessionId session, std::string_view market,
                           std::optional<views::CandleInterval> interval, std::string_view request_id = {});
    void unsubscribe_summary(SessionId session, std::string_view market,
                             std::optional<views::CandleInterval> interval, std::string_view request_id = {});

    /// After authentication: acknowledges with the account's current sequence; every later private event
    /// follows. Again for the same account: the same acknowledgement. Refused for another one:
    /// `already_authenticated`.
    void attach(SessionId session, core::AccountId account, std::string_view request_id = {});

    /// Replays the private events after `after` that this connection has not been sent, then goes on live.
    /// Where they are no longer remembered: `resume_too_old` with balances and open orders as they stand.
    /// Events up to `after` count as known even where this server has yet to see them: it may lag behind the
    /// one that sent them. Refused: `not_authenticated`.
    void resume(SessionId session, core::AccountSequence after, std::string_view request_id = {});

    const Counters& counters() const { return counters_; }

private:
    struct Parts;

    Counters counters_;
    std::unique_ptr<Parts> parts_;
};

}  // namespace sauda::feed
