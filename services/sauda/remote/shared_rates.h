/// One rate for all processes that answer the same clients: ten times a second each tells Redis what it
/// granted, and takes away what the others did. A key that a process has not seen lately may be granted a
/// burst there until it hears of the others; without Redis each process has the rates for itself.
///
/// Threads: the io thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "api-server/api_server.h"
#include "redis_streams/client.h"
#include "redis_streams/timer.h"

namespace sauda {

class SharedRates {
public:
    /// `prefix` is of its keys in Redis, which live for some seconds. `redis` and the rates outlive it.
    SharedRates(boost::asio::io_context& io, bus::redis::Client& redis, std::string prefix,
                std::vector<api_server::ApiServer::NamedRate> rates);

    void start();

private:
    using Rate = api_server::ApiServer::NamedRate;

    void exchange();
    void tell(const Rate& rate, const api_server::RateLimiter::Spent& spent, std::int64_t window);
    void hear(const Rate& rate, const std::string& name, const api_server::RateLimiter::Spent& spent,
              std::int64_t total);

    bus::redis::Client& redis_;
    const std::string prefix_;
    const std::vector<Rate> rates_;
    const bus::redis::Script script_;
    std::int64_t window_ = 0;
    std::unordered_map<std::string, std::int64_t>
        totals_;  // by key in Redis: what all had granted when it was heard last
    bus::redis::Lifetime lifetime_;
    bus::redis::Timer timer_;
};

}  // namespace sauda
