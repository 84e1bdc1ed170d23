#include "redis_streams/event_reader.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "redis_streams/command_entry.h"
#include "redis_streams/stream_id.h"
#include "redis_streams/stream_state.h"

namespace sauda::bus::redis {

EventReader::EventReader(boost::asio::io_context& io, const RedisConfig& config, std::uint64_t published,
                         BroadcastProducer& into, EventReaderHooks hooks, const EventReaderOptions& options)
    : config_(config),
      into_(into),
      hooks_(std::move(hooks)),
      options_(options),
      key_(config.key("events")),
      count_(std::to_string(options.entries_per_read)),
      block_(std::to_string(options.block.count())),
      published_(published),
      read_timer_(io),
      fetch_timer_(io),
      quiet_timer_(io),
      connection_(io, config, "events-read",
                  {.on_ready = [this] { on_ready(); }, .on_lost = {}, .on_push = {}}) {
    ASSERT(options_.watchdog > options_.block);
}

void EventReader::start() {
    heard_ = std::chrono::steady_clock::now();
    connection_.start();
    watch_quiet();
}

void EventReader::on_ready() {
    if (options_.journal_id.empty()) return read();
    is_reading_ = true;
    connection_.send({"GET", config_.key("journal")}, [this](const Answer& answer) {
        is_reading_ = false;
        if (!answer) return on_failure(answer.error());
        const std::string reason = why_foreign(*answer, options_.journal_id);
        if (reason.empty()) return read();
        is_reading_ = true;  // never: until there is another connection
        if (hooks_.on_foreign) hooks_.on_foreign(reason);
    });
}

void EventReader::read() {
    if (is_reading_ || !held_.empty() || !connection_.is_ready()) return;
    if (hooks_.waiting_bytes && hooks_.waiting_bytes() > options_.waiting_bytes_max)
        return read_timer_.start(options_.look_at_room_every, [this] { read(); });
    is_reading_ = true;
    const std::string from = std::to_string(published_) + "-0";
    connection_.send(
        {"XREAD", "COUNT", count_, "BLOCK", block_, "STREAMS", key_, from},
        [this](const Answer& answer) { on_read(answer); }, options_.watchdog);
}

void EventReader::on_read(const Answer& answer) {
    is_reading_ = false;
    if (!answer) return on_failure(answer.error());
    last_refusal_.clear();
    const Reply stream = answer->size() > 0 ? (*answer)[0] : Reply(nullptr);
    const Reply entries = stream.size() == 2 ? stream[1] : Reply(nullptr);
    const std::size_t malformed = counters_.malformed;
    for (std::size_t i = 0; i < entries.size(); ++i) take(entries[i]);
    // A read begins behind what is published: with nothing but damage there, it would be read again and
    // again.
    if (counters_.malformed != malformed && held_.empty()) return fetch(UINT64_MAX);
    publish_held();
}

void EventReader::on_failure(const Failure& failure) {
    if (failure.kind == Failure::Kind::lost) return;  // read again when there is a connection
    if (failure.kind == Failure::Kind::timed_out) return connection_.reconnect(failure.text);
    if (failure.text != last_refusal_) hooks_.on_problem("reading " + key_ + ": " + failure.text);
    last_refusal_ = failure.text;
    read_timer_.start(options_.retry_after, [this] { read(); });
}

/// One entry: [id, [name, value, ...]].
void EventReader::take(Reply entry) {
    ++counters_.entries;
    const auto id = entry.size() == 2 ? StreamId::parse(entry[0].text()) : std::nullopt;
    const auto first = id ? parse_number(entry[1].field("first").text()) : std::nullopt;
    const auto frames = id ? checked_bytes(entry[1], "frames") : std::nullopt;
    if (!first || !frames || *first > id->milliseconds || *first == 0) {
        ++counters_.malformed;
        hooks_.on_problem(key_ + " has a malformed entry: what it held is fetched from the engine");
        return;
    }
    held_.push_back(
        {*first, id->milliseconds, std::make_shared<const base::Bytes>(frames->begin(), frames->end())});
}

void EventReader::publish_held() {
    if (is_fetching_) return;
    while (!held_.empty()) {
        const std::uint64_t first = held_.front().first;
        if (first > published_ + 1) return fetch(first - 1);
        const Chunk chunk = std::move(held_.front());
        held_.pop_front();
        if (chunk.last <= published_) {
            ++counters_.dropped;
        } else {
            publish(chunk);
        }
    }
    read();
}

/// Requires: chunk.first <= published_ + 1 <= chunk.last.
void EventReader::publish(const Chunk& chunk) {
    Chunk fresh = chunk;
    if (chunk.first <= published_) {
        ++counters_.cut;
        const base::ByteView all(*chunk.bytes);
        const base::ByteView rest = all.subspan(hooks_.bytes_through(all, published_));
        fresh = {published_ + 1, chunk.last, std::make_shared<const base::Bytes>(rest.begin(), rest.end())};
    }
    ++counters_.published;
    published_ = fresh.last;
    heard_ = std::chrono::steady_clock::now();
    into_.publish(fresh);
}

void EventReader::fetch(std::uint64_t through) {
    is_fetching_ = true;
    ++counters_.fetches;
    const bool is_gap = through != UINT64_MAX;
    hooks_.fetch(published_ + 1, through,
                 lifetime_.guard([this, is_gap](const base::Result<Chunk, std::string>& fetched) {
                     on_fetched(fetched, is_gap);
                 }));
}

void EventReader::on_fetched(const base::Result<Chunk, std::string>& fetched, bool is_gap) {
    is_fetching_ = false;
    const bool is_some = fetched && fetched->bytes != nullptr && fetched->last > published_;
    if (is_some && fetched->first <= published_ + 1) {
        told_of_fetch_ = false;
        publish(*fetched);
        return publish_held();
    }
    if (fetched && !is_some && !is_gap) {
        heard_ = std::chrono::steady_clock::now();  // there is nothing, and that is known
    } else {
        on_failed_fetch(fetched ? "it does not have them yet" : fetched.error());
    }
    fetch_timer_.start(options_.retry_after, [this] { publish_held(); });
}

void EventReader::on_failed_fetch(const std::string& reason) {
    ++counters_.failed_fetches;
    if (std::exchange(told_of_fetch_, true)) return;
    hooks_.on_problem("events from " + std::to_string(published_ + 1) +
                      " on cannot be had from the engine: " + reason);
}

void EventReader::watch_quiet() {
    const Milliseconds step = options_.quiet_max / 4;
    quiet_timer_.start(step, [this] { watch_quiet(); });
    // Without a connection nothing can come: nobody need wait for it.
    const Milliseconds patience = connection_.is_ready() ? options_.quiet_max : step;
    const bool is_quiet = std::chrono::steady_clock::now() - heard_ >= patience;
    if (is_quiet && !is_fetching_ && held_.empty() && hooks_.is_waiting && hooks_.is_waiting())
        fetch(UINT64_MAX);
}

}  // namespace sauda::bus::redis
