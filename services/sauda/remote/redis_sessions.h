/// What servers have read of sessions, in Redis, where it stays for the second that it is good for.
///
/// Threads: the network thread.
#pragma once

#include <string>

#include "redis_streams/client.h"
#include "sauda/shared_sessions.h"

namespace sauda {

class RedisSessions final : public SessionNotes {
public:
    /// Keys begin with `prefix`. `redis` outlives it.
    RedisSessions(bus::redis::Client& redis, std::string prefix)
        : redis_(redis), prefix_(std::move(prefix)) {}

    void find(const std::string& token_id, Found found) override;
    void put(const std::string& token_id, const std::string& sealed) override;
    void remove(const std::string& token_id) override;

private:
    std::string key(const std::string& token_id) const { return prefix_ + "session:" + token_id; }

    bus::redis::Client& redis_;
    const std::string prefix_;
};

}  // namespace sauda
