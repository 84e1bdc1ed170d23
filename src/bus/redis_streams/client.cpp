#include "redis_streams/client.h"

#include <utility>

namespace sauda::bus::redis {

namespace {

Callback value_callback(Client::ValueDone done) {
    return [done = std::move(done)](const Answer& answer) {
        if (!answer) return done(base::Unexpected{answer.error()});
        if (answer->is_nil()) return done(Client::Value(std::nullopt));
        done(Client::Value(std::string(answer->text())));
    };
}

Callback done_callback(Client::Done done) {
    return [done = std::move(done)](const Answer& answer) {
        if (!done) return;
        if (!answer) return done(base::Unexpected{answer.error()});
        done({});
    };
}

bool is_unknown_script(const Answer& answer) {
    return !answer && answer.error().kind == Failure::Kind::refused &&
           answer.error().text.starts_with("NOSCRIPT");
}

}  // namespace

Client::Client(boost::asio::io_context& io, const RedisConfig& config, std::string_view role)
    : guard_(io, config, role) {}

void Client::get(std::string_view key, ValueDone done) {
    guard_.send_read({"GET", key}, value_callback(std::move(done)));
}

void Client::set(std::string_view key, std::string_view value, Milliseconds lifetime, Done done) {
    const std::string milliseconds = std::to_string(lifetime.count());
    guard_.send({"SET", key, value, "PX", milliseconds}, done_callback(std::move(done)));
}

void Client::take(std::string_view key, ValueDone done) {
    guard_.send({"GETDEL", key}, value_callback(std::move(done)));
}

void Client::remove(std::string_view key, Done done) {
    guard_.send({"DEL", key}, done_callback(std::move(done)));
}

void Client::publish(std::string_view channel, std::string_view message, Done done) {
    guard_.send_read({"PUBLISH", channel, message}, done_callback(std::move(done)));
}

void Client::run(const Script& script, const std::vector<std::string>& keys,
                 const std::vector<std::string>& arguments, Callback callback) {
    if (script.digest_->empty()) {
        guard_.send_read({"SCRIPT", "LOAD", script.text_}, [digest = script.digest_](const Answer& answer) {
            if (answer) *digest = answer->text();
        });
        return evaluate("EVAL", script.text_, keys, arguments, std::move(callback));
    }
    // A server that does not know the digest has done nothing: the text goes there, once.
    evaluate(
        "EVALSHA", *script.digest_, keys, arguments,
        [this, text = script.text_, keys, arguments, callback = std::move(callback)](const Answer& answer) {
            if (is_unknown_script(answer)) return evaluate("EVAL", text, keys, arguments, callback);
            callback(answer);
        });
}

void Client::evaluate(std::string_view how, std::string_view script, const std::vector<std::string>& keys,
                      const std::vector<std::string>& arguments, Callback callback) {
    const std::string count = std::to_string(keys.size());
    std::vector<std::string_view> words{how, script, count};
    words.insert(words.end(), keys.begin(), keys.end());
    words.insert(words.end(), arguments.begin(), arguments.end());
    guard_.send(words, std::move(callback));
}

}  // namespace sauda::bus::redis
