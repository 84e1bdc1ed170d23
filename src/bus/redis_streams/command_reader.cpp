#include "redis_streams/command_reader.h"

#include <utility>

#include "base/assert.h"
#include "redis_streams/stream_state.h"

namespace sauda::bus::redis {

CommandReader::CommandReader(boost::asio::io_context& io, const RedisConfig& config, std::string journal_id,
                             CommandReaderHooks hooks, const CommandReaderOptions& options)
    : config_(config),
      journal_id_(std::move(journal_id)),
      hooks_(std::move(hooks)),
      options_(options),
      key_(config.key("commands")),
      journal_key_(config.key("journal")),
      count_(std::to_string(options.entries_per_read)),
      block_(std::to_string(options.block.count())),
      offer_timer_(io),
      read_timer_(io),
      trim_timer_(io),
      awaited_timer_(io),
      trimming_(io, config, "commands-trim", {}),
      reading_(io, config, "commands-read",
               {.on_ready = [this] { on_ready(); }, .on_lost = {}, .on_push = {}}) {
    ASSERT(options_.watchdog > options_.block);
}

void CommandReader::start() {
    trimming_.start();
    reading_.start();
}

void CommandReader::on_ready() {
    is_reading_ = false;
    if (server_id_ != reading_.server_id()) {
        begin_anew();
        server_id_ = reading_.server_id();
        is_ours_ = false;
    }
    if (is_ours_) return read();
    reading_.send({"GET", journal_key_}, [this](const Answer& answer) {
        if (!answer) return on_failure(answer.error());
        if (std::string reason = why_foreign(*answer, journal_id_); !reason.empty())
            return on_failure({Failure::Kind::refused, reason});
        is_ours_ = true;
        read();
    });
}

/// The stream is another one: its ids mean other entries than those of the same ids before.
void CommandReader::begin_anew() {
    if (!server_id_.empty()) ++counters_.restarts;
    last_id_ = {};
    trim_to_ = {};
    for (Unsettled& each : unsettled_) each.id = {};
    for (const Awaited& each : std::exchange(awaited_, {})) each.done(false);
}

void CommandReader::read() {
    if (is_reading_ || is_closed_ || !held_.empty() || !reading_.is_ready()) return;
    is_reading_ = true;
    const std::string from = last_id_.text();
    reading_.send(
        {"XREAD", "COUNT", count_, "BLOCK", block_, "STREAMS", key_, from},
        [this](const Answer& answer) { on_read(answer); }, options_.watchdog);
}

void CommandReader::on_read(const Answer& answer) {
    is_reading_ = false;
    if (!answer) return on_failure(answer.error());
    last_refusal_.clear();
    if (answer->size() == 0) return look_at_stream();
    const Reply stream = (*answer)[0];
    const Reply entries = stream.size() == 2 ? stream[1] : Reply(nullptr);
    for (std::size_t i = 0; i < entries.size(); ++i) take(entries[i]);
    schedule_trim();
    offer();
}

void CommandReader::on_failure(const Failure& failure) {
    if (failure.kind == Failure::Kind::lost) return;  // on_ready() reads on
    if (failure.kind == Failure::Kind::timed_out) return reading_.reconnect(failure.text);
    if (failure.text != last_refusal_) hooks_.on_problem("reading " + key_ + ": " + failure.text);
    last_refusal_ = failure.text;
    read_timer_.start(config_.probe_interval, [this] { on_ready(); });
}

/// One entry: [id, [name, value, ...]].
void CommandReader::take(Reply entry) {
    const auto id = entry.size() == 2 ? StreamId::parse(entry[0].text()) : std::nullopt;
    if (!id) return hooks_.on_problem(key_ + " has an entry without an id");
    last_id_ = *id;
    ++counters_.entries;
    auto runs = parse_command_entry(entry[1]);
    if (runs) {
        for (Run& run : *runs) {
            frames_read_ += run.frames.size();
            held_.push_back(std::move(run));
        }
    } else {
        ++counters_.malformed;
        hooks_.on_problem(key_ + " has a malformed entry, passed over: " + id->text());
    }
    unsettled_.push_back({*id, frames_read_});
}

void CommandReader::offer() {
    while (!held_.empty() && !is_closed_) {
        const Run& run = held_.front();
        switch (hooks_.offer(run.frames, run.lane)) {
            case Offer::accepted:
                counters_.frames += run.frames.size();
                held_.pop_front();
                break;
            case Offer::back_pressured:
            case Offer::unreachable:
                return offer_timer_.start(options_.offer_again_after, [this] { offer(); });
            case Offer::closed:
                is_closed_ = true;
                break;
        }
    }
    read();
}

/// Nothing came for a while. A stream that was flushed, on a server whose clock went back, gives ids below
/// those that are waited for. Of an empty one everything was read, by an engine before this one maybe: what
/// comes has a higher id.
void CommandReader::look_at_stream() {
    is_reading_ = true;
    reading_.send({"XINFO", "STREAM", key_}, [this](const Answer& answer) {
        is_reading_ = false;
        const auto newest = newest_id(answer);
        if (!answer && !newest) return on_failure(answer.error());
        if (newest && *newest < last_id_) begin_anew();
        if (is_empty_stream(answer)) last_id_ = *newest;
        read();
    });
}

void CommandReader::await_settled(std::function<void(bool)> done) {
    const bool is_known = is_ours_ && trimming_.is_ready() && trimming_.server_id() == server_id_;
    if (!is_known) return done(false);
    trimming_.send({"XINFO", "STREAM", key_}, [this, done = std::move(done)](const Answer& answer) {
        const auto newest = newest_id(answer);
        // A stream younger than what was read is another one: look_at_stream() will find that out too.
        if (!newest || *newest < last_id_) return done(false);
        awaited_.push_back({*newest, {}, done});
        look_at_awaited();
    });
}

void CommandReader::look_at_awaited() {
    const std::uint64_t settled = hooks_.settled();
    std::vector<Awaited> over;
    for (Awaited& each : awaited_) {
        if (!each.frames && last_id_ >= each.through) each.frames = frames_read_;
        if (each.frames && settled >= *each.frames) over.push_back(std::move(each));
    }
    std::erase_if(awaited_, [&](const Awaited& each) { return each.frames && settled >= *each.frames; });
    if (!awaited_.empty())
        awaited_timer_.start(options_.look_at_awaited_every, [this] { look_at_awaited(); });
    for (const Awaited& each : over) each.done(true);
}

void CommandReader::schedule_trim() {
    const bool is_anything_left = !unsettled_.empty() || !trim_to_.is_zero();
    if (!is_anything_left || trim_timer_.is_armed()) return;
    trim_timer_.start(options_.trim_every, [this] { trim(); });
}

void CommandReader::trim() {
    const std::uint64_t settled = hooks_.settled();
    while (!unsettled_.empty() && unsettled_.front().frames <= settled) {
        if (!unsettled_.front().id.is_zero()) trim_to_ = unsettled_.front().id.next();
        unsettled_.pop_front();
    }
    if (!trim_to_.is_zero() && !is_trimming_ && trimming_.is_ready()) {
        // On another server than the entries were read from, their ids may be those of entries not read yet.
        // A connection that asks nothing does not notice that its server is dead, so it is made anew.
        if (trimming_.server_id() == server_id_) {
            send_trim();
        } else {
            trimming_.reconnect("the commands are read from another server");
        }
    }
    schedule_trim();
}

void CommandReader::send_trim() {
    is_trimming_ = true;
    const StreamId to = trim_to_;
    const std::string text = to.text();
    trimming_.send({"XTRIM", key_, "MINID", "=", text}, [this, to](const Answer& answer) {
        is_trimming_ = false;
        if (!answer) return;  // trim() tries again
        ++counters_.trims;
        if (trim_to_ == to) trim_to_ = {};
    });
}

}  // namespace sauda::bus::redis
