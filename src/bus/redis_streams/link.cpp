#include "redis_streams/link.h"

#include <algorithm>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <hiredis/hiredis.h>

#include "base/assert.h"

namespace sauda::bus::redis {

namespace {

constexpr std::size_t input_size = 64 * 1024;

/// Whether `reply` belongs to a subscription rather than to a command (RESP2 does not mark them).
bool is_push(Reply reply) {
    if (reply.size() < 3) return false;
    const std::string_view kind = reply[0].text();
    return kind == "message" || kind == "pmessage" || kind == "subscribe" || kind == "unsubscribe" ||
           kind == "psubscribe" || kind == "punsubscribe";
}

Failure lost(const std::string& reason) {
    return {Failure::Kind::lost, reason};
}

}  // namespace

std::shared_ptr<Link> Link::make(boost::asio::io_context& io, Milliseconds silence_max, LinkHooks hooks) {
    return std::shared_ptr<Link>(new Link(io, silence_max, std::move(hooks)));
}

Link::Link(boost::asio::io_context& io, Milliseconds silence_max, LinkHooks hooks)
    : socket_(io),
      silence_max_(silence_max),
      hooks_(std::move(hooks)),
      reader_(redisReaderCreate()),
      input_(input_size),
      timer_(io) {
    ASSERT(reader_ != nullptr);
}

Link::~Link() {
    redisReaderFree(reader_);
}

void Link::connect(const boost::asio::ip::tcp::endpoint& to) {
    socket_.async_connect(to, [self = shared_from_this()](const boost::system::error_code& error) {
        if (self->ended_) return;
        if (error) return self->lose(error.message());
        boost::system::error_code ignored;
        self->socket_.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
        self->open_ = true;
        self->read();
        if (self->hooks_.on_open) self->hooks_.on_open();
    });
}

void Link::send(Arguments arguments, Milliseconds timeout, Callback callback) {
    if (!open_) return callback(base::Unexpected{lost("not connected")});
    append(arguments);
    const auto deadline = Clock::now() + timeout;
    waiting_.push_back({std::move(callback), deadline});
    watch(deadline);
    write();
}

void Link::send_unanswered(Arguments arguments) {
    if (!open_) return;
    append(arguments);
    write();
}

/// A command is an array of strings: `*2\r\n$3\r\nGET\r\n$1\r\na\r\n`.
void Link::append(Arguments arguments) {
    output_ += '*';
    output_ += std::to_string(arguments.size());
    output_ += "\r\n";
    for (const std::string_view argument : arguments) {
        output_ += '$';
        output_ += std::to_string(argument.size());
        output_ += "\r\n";
        output_ += argument;
        output_ += "\r\n";
    }
}

void Link::write() {
    if (!writing_.empty() || output_.empty()) return;
    writing_.swap(output_);
    boost::asio::async_write(
        socket_, boost::asio::buffer(writing_),
        [self = shared_from_this()](const boost::system::error_code& error, std::size_t) {
            if (self->ended_) return;
            if (error) return self->lose(error.message());
            self->writing_.clear();
            self->write();
        });
}

void Link::read() {
    socket_.async_read_some(
        boost::asio::buffer(input_),
        [self = shared_from_this()](const boost::system::error_code& error, std::size_t size) {
            if (self->ended_) return;
            if (error == boost::asio::error::eof) return self->lose("Redis closed the connection");
            if (error) return self->lose(error.message());
            if (redisReaderFeed(self->reader_, self->input_.data(), size) != REDIS_OK)
                return self->lose("no memory for a reply");
            self->dispatch();
            if (!self->ended_) self->read();
        });
}

void Link::dispatch() {
    while (!ended_) {
        void* raw = nullptr;
        if (redisReaderGetReply(reader_, &raw) != REDIS_OK)
            return lose(std::string("what came is not Redis's protocol: ") + reader_->errstr);
        if (raw == nullptr) return;
        const std::unique_ptr<void, void (*)(void*)> held(raw, freeReplyObject);
        take(Reply(static_cast<const redisReply*>(raw)));
    }
}

void Link::take(Reply reply) {
    if (hooks_.on_push && is_push(reply)) return hooks_.on_push(reply);
    if (waiting_.empty()) {
        // An error without a command is how Redis says goodbye ("ERR max number of clients reached").
        return lose(reply.is_error() ? std::string(reply.text()) : "a reply that nobody asked for");
    }
    const Callback callback = std::move(waiting_.front().callback);
    waiting_.pop_front();
    if (!callback) return;
    if (reply.is_error())
        return callback(base::Unexpected{Failure{Failure::Kind::refused, std::string(reply.text())}});
    callback(reply);
}

/// The timer is not moved for every command: it looks at the earliest deadline it was told of, and then for
/// the next, so that a busy connection arms it a few times a second.
void Link::watch(Clock::time_point deadline) {
    if (deadline >= watched_) return;
    watched_ = deadline;
    timer_.start(deadline - Clock::now(), [this] { expire(); });
}

void Link::expire() {
    const auto held = shared_from_this();
    watched_ = Clock::time_point::max();
    const auto now = Clock::now();
    if (!waiting_.empty() && !waiting_.front().callback && waiting_.front().deadline + silence_max_ <= now)
        return lose("Redis does not answer");
    auto next = Clock::time_point::max();
    for (std::size_t i = 0; i < waiting_.size(); ++i) {
        Waiting& each = waiting_[i];
        if (each.callback && each.deadline <= now) {
            const Callback callback = std::exchange(each.callback, {});
            callback(base::Unexpected{Failure{Failure::Kind::timed_out, "Redis did not answer in time"}});
            if (ended_) return;
        }
    }
    for (const Waiting& each : waiting_) {
        next = std::min(next, each.callback ? each.deadline : each.deadline + silence_max_);
    }
    if (next != Clock::time_point::max()) watch(next);
}

void Link::lose(const std::string& reason) {
    if (ended_) return;
    const auto held = shared_from_this();
    ended_ = true;
    open_ = false;
    boost::system::error_code ignored;
    socket_.close(ignored);
    timer_.stop();
    fail_waiting(reason);
    if (!silent_ && hooks_.on_lost) hooks_.on_lost(reason);
}

void Link::close() {
    silent_ = true;
    // One that is ending calls callbacks, and this is called from one of them: the others are due now.
    if (ended_) return fail_waiting("closed");
    lose("closed");
}

void Link::fail_waiting(const std::string& reason) {
    while (!waiting_.empty()) {
        const Callback callback = std::move(waiting_.front().callback);
        waiting_.pop_front();
        if (callback) callback(base::Unexpected{lost(reason)});
    }
}

}  // namespace sauda::bus::redis
