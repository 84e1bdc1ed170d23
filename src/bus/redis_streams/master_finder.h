/// Where the master is: the configured server, or what the sentinels say.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "base/result.h"
#include "redis_streams/config.h"
#include "redis_streams/link.h"
#include "redis_streams/stream_id.h"
#include "redis_streams/timer.h"

namespace sauda::bus::redis {

/// Threads: the io thread (Asio resolves a name that is no numeric address on a thread of its own).
class MasterFinder {
public:
    using Endpoint = boost::asio::ip::tcp::endpoint;
    using Done = std::function<void(const base::Result<Endpoint, std::string>&)>;

    /// `config` must outlive it.
    MasterFinder(boost::asio::io_context& io, const RedisConfig& config);
    ~MasterFinder();

    /// Calls `done` once, with the master's place or a sentence why there is none; never when another find()
    /// or stop() comes before. It has no time limit: the caller stops it.
    void find(Done done);
    void stop();
    /// From now on another sentinel is asked: this one did not answer, or named no master.
    void turn_to_next() { ++asked_; }

private:
    const Address& sentinel() const;
    void resolve(const Address& address, std::function<void(const Endpoint&)> then);
    void ask(const Endpoint& sentinel);
    void take(const Answer& answer);
    void finish(const base::Result<Endpoint, std::string>& result);
    void fail(const std::string& reason);

    boost::asio::io_context& io_;
    const RedisConfig& config_;
    boost::asio::ip::tcp::resolver resolver_;
    std::size_t asked_ = 0;  ///< index of the sentinel
    std::uint64_t turn_ = 0;
    Done done_;
    Lifetime lifetime_;
    std::shared_ptr<Link> link_;
};

}  // namespace sauda::bus::redis
