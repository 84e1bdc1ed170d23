#include "redis_streams/event_publisher.h"

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>

#include "base/assert.h"
#include "redis_streams/command_entry.h"
#include "redis_streams/stream_state.h"

namespace sauda::bus::redis {

EventPublisher::EventPublisher(boost::asio::io_context& io, const RedisConfig& config, std::string journal_id,
                               Broadcast& events, EventPublisherHooks hooks,
                               const EventPublisherOptions& options)
    : config_(config),
      journal_id_(std::move(journal_id)),
      events_(events),
      hooks_(std::move(hooks)),
      options_(options),
      key_(config.key("events")),
      journal_key_(config.key("journal")),
      timer_(io),
      connection_(io, config, "events-publish",
                  {.on_ready = [this] { look(); }, .on_lost = {}, .on_push = {}}) {
    ASSERT(options_.kept > 0);
    queue_ = events_.join(options_.backlog_bytes_max,
                          [&io, wake = lifetime_.guard([this] { pump(); })] { boost::asio::post(io, wake); });
}

void EventPublisher::start() {
    connection_.start();
}

std::uint64_t EventPublisher::lag() const {
    const std::uint64_t released = events_.published();
    return released > confirmed_ ? released - confirmed_ : 0;
}

const std::string& EventPublisher::last_error() const {
    return connection_.is_ready() ? last_error_ : connection_.last_error();
}

/// From scratch: nothing is published before the stream was looked at.
void EventPublisher::look() {
    if (phase_ == Phase::stopped || !connection_.is_ready()) return;
    phase_ = Phase::looking;
    ++session_;
    ask([this](std::uint64_t newest) { stream_from(newest); });
}

/// While streaming, and nothing is under way.
void EventPublisher::look_again() {
    schedule_look();
    if (phase_ != Phase::streaming || in_flight_bytes_ > 0) return;
    ask([this, sent_before = sent_](std::uint64_t newest) {
        // What was sent meanwhile stands in the stream: what is missing before it can be put there no more,
        // and who needs it asks the engine.
        if (newest >= sent_before || sent_ != sent_before) return;
        ++counters_.refills;
        stream_from(newest);
    });
}

void EventPublisher::ask(std::function<void(std::uint64_t newest)> then) {
    connection_.send(
        {"SET", journal_key_, journal_id_, "NX", "GET"},
        [this, session = session_](const Answer& answer) {
            if (session == session_) check_journal(answer);
        },
        options_.reply_timeout);
    connection_.send(
        {"XINFO", "STREAM", key_},
        [this, session = session_, then = std::move(then)](const Answer& answer) {
            if (session != session_ || phase_ == Phase::stopped) return;
            const auto newest = newest_id(answer);
            if (newest) return then(newest->milliseconds);
            fail(answer ? Failure{Failure::Kind::refused, key_ + " is no stream of events"} : answer.error());
        },
        options_.reply_timeout);
}

void EventPublisher::check_journal(const Answer& answer) {
    if (!answer) return fail(answer.error());
    const std::string reason = why_foreign(*answer, journal_id_);
    if (reason.empty()) return;
    stop(reason +
         ", which this engine writes: start it on the other data directory, give it another shard name, or, "
         "if the "
         "other journal is gone for good, stop every server and delete the keys " +
         journal_key_ + ", " + key_ + " and " + config_.key("commands"));
}

void EventPublisher::stream_from(std::uint64_t newest) {
    const std::uint64_t released = queue_->rejoin();
    if (newest > released) {
        return stop(
            key_ + " has events through " + std::to_string(newest) + ", and this engine's journal ends at " +
            std::to_string(released) +
            ": the data directory is older than what was told to clients (a restored backup?): put the "
            "newer journal back, or, if it is gone for good, stop every server, delete the keys " +
            key_ + " and " + config_.key("commands") + ", and start them again");
    }
    taken_.clear();
    next_taken_ = 0;
    log_through_ = released;
    const std::uint64_t before_kept = released > options_.kept ? released - options_.kept : 0;
    const std::uint64_t log_begin = hooks_.log_begin();
    sent_ = std::max({newest, before_kept, log_begin > 0 ? log_begin - 1 : 0});
    confirmed_ = sent_;
    phase_ = Phase::streaming;
    schedule_look();
    pump();
}

void EventPublisher::pump() {
    while (phase_ == Phase::streaming && in_flight_bytes_ < options_.in_flight_bytes_max) {
        while (next_taken_ < taken_.size() && taken_[next_taken_].last <= sent_) ++next_taken_;
        const bool has_chunk = next_taken_ < taken_.size();
        if (has_chunk && taken_[next_taken_].first == sent_ + 1) {
            send_waiting();
        } else if (has_chunk || sent_ < log_through_) {
            // Behind the broadcast, or in the middle of one of its chunks: the log has frames one by one.
            if (!send_from_log()) return;
        } else if (!take_more()) {
            return;
        }
    }
}

bool EventPublisher::take_more() {
    next_taken_ = 0;
    switch (queue_->take(taken_)) {
        case BroadcastConsumer::Taken::chunks:
            return !taken_.empty();
        case BroadcastConsumer::Taken::fell_behind:
            log_through_ = queue_->rejoin();
            return true;
        case BroadcastConsumer::Taken::closed:
            return false;
    }
    return false;
}

/// One entry of the chunks that wait and follow each other.
void EventPublisher::send_waiting() {
    const Chunk& chunk = taken_[next_taken_++];
    std::uint64_t last = chunk.last;
    joined_.assign(chunk.bytes->begin(), chunk.bytes->end());
    while (next_taken_ < taken_.size() && taken_[next_taken_].first == last + 1 &&
           joined_.size() + taken_[next_taken_].bytes->size() <= options_.entry_bytes_max) {
        const Chunk& next = taken_[next_taken_++];
        joined_.insert(joined_.end(), next.bytes->begin(), next.bytes->end());
        last = next.last;
    }
    send(chunk.first, last, joined_);
}

bool EventPublisher::send_from_log() {
    joined_.clear();
    std::uint64_t last = sent_;
    const auto read = hooks_.read_log(sent_ + 1, options_.entry_bytes_max,
                                      [&](std::uint64_t sequence, base::ByteView frame) {
                                          joined_.insert(joined_.end(), frame.begin(), frame.end());
                                          last = sequence;
                                          return true;
                                      });
    if (!read || last == sent_) {
        fail(
            {Failure::Kind::refused, read ? "the event log ends at " + std::to_string(sent_) : read.error()});
        return false;
    }
    ++counters_.from_log;
    send(sent_ + 1, last, joined_);
    return true;
}

void EventPublisher::send(std::uint64_t first, std::uint64_t last, base::ByteView frames) {
    const std::uint64_t keep_from = last > options_.kept ? last - options_.kept : 0;
    const std::string id = std::to_string(last) + "-0";
    const std::string minimum = std::to_string(keep_from);
    const std::string first_text = std::to_string(first);
    const std::string released = std::to_string(std::max(last, events_.published()));
    const std::string crc = crc_text(frames);
    const std::size_t size = frames.size();
    sent_ = last;
    in_flight_bytes_ += size;
    connection_.send(
        {"XADD", key_, "MINID", "~", minimum, id, "first", first_text, "released", released, "frames",
         base::as_text(frames), "crc", crc},
        [this, last, size, session = session_](const Answer& answer) {
            in_flight_bytes_ -= size;
            if (session != session_ || phase_ != Phase::streaming) return;
            if (!answer) return fail(answer.error());
            ++counters_.entries;
            confirmed_ = std::max(confirmed_, last);
            pump();
        },
        options_.reply_timeout);
}

/// What is under way may be in the stream or not: after a pause it is looked at again.
void EventPublisher::fail(const Failure& failure) {
    ++counters_.failures;
    const bool is_news = failure.text != last_error_;
    last_error_ = failure.text;
    phase_ = Phase::down;
    ++session_;
    timer_.start(config_.reconnect_delay, [this] { look(); });
    if (is_news) hooks_.on_problem("publishing to " + key_ + ": " + failure.text);
}

void EventPublisher::stop(const std::string& reason) {
    last_error_ = reason;
    phase_ = Phase::stopped;
    timer_.stop();
    hooks_.on_fatal(reason);
}

void EventPublisher::schedule_look() {
    timer_.start(options_.look_every, [this] { look_again(); });
}

}  // namespace sauda::bus::redis
