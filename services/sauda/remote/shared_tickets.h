/// Tickets that open a WebSocket at whichever server: issued by one process, used up at another, kept by
/// Redis in between. Redis may lose them: the client asks for another.
///
/// Threads: the io thread.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "redis_streams/client.h"

namespace sauda {

class SharedTickets {
public:
    /// `prefix` is of its keys in Redis, which live for half a minute. `redis` outlives it.
    SharedTickets(bus::redis::Client& redis, std::string prefix)
        : redis_(redis), prefix_(std::move(prefix)) {}

    using Found = std::function<void(std::optional<std::string>)>;
    /// A ticket of 64 hexadecimal digits for the session of `token_id`; nothing where Redis does not take it.
    void issue(const std::string& token_id, Found done);
    /// Uses the ticket up: of many who try, one gets its token id.
    void redeem(const std::string& ticket, Found done);

private:
    bus::redis::Client& redis_;
    const std::string prefix_;
};

}  // namespace sauda
