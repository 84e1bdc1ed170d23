#include "sauda/remote/redis_sessions.h"

#include <chrono>
#include <utility>

#include "identity/session_cache.h"

namespace sauda {

namespace {

constexpr std::chrono::milliseconds lifetime{identity::SessionCache::Config{}.trusted_ms};

}  // namespace

void RedisSessions::find(const std::string& token_id, Found found) {
    redis_.get(key(token_id), [found = std::move(found)](const bus::redis::Client::Value& value) {
        found(value ? *value : std::nullopt);
    });
}

void RedisSessions::put(const std::string& token_id, const std::string& sealed) {
    redis_.set(key(token_id), sealed, lifetime, {});
}

/// GETDEL rather than DEL: its users may read these keys, and of those that they may only write none may go.
void RedisSessions::remove(const std::string& token_id) {
    redis_.take(key(token_id), [](const bus::redis::Client::Value&) {});
}

}  // namespace sauda
