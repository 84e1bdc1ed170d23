/// What no durable reply over a network can do without: a round trip and a sync of the disk, alone.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "bench/temporary_directory.h"
#include "journal/file_system.h"

namespace sauda::bench {

/// A TCP connection to a thread of this process that answers as an exchange does, with bytes alone.
///
/// Threads: one owner, and the thread that it makes.
class Loopback {
public:
    static constexpr std::size_t request_size = 300;  ///< an order with its headers
    static constexpr std::size_t reply_size = 600;    ///< an execution report with its headers

    static base::Result<std::unique_ptr<Loopback>, std::string> connect();
    ~Loopback();
    Loopback(const Loopback&) = delete;
    Loopback& operator=(const Loopback&) = delete;

    /// Sends a request and blocks until its reply is there. False when the connection broke.
    bool round_trip();

private:
    Loopback(int near, int far);

    const int near_;
    const int far_;
    std::thread thread_;
};

/// Both, measured in turn as often as asked.
///
/// Threads: one owner.
class BareCosts {
public:
    /// The disk is that of `data_dir`: a folder is made there, and goes with this.
    static base::Result<std::unique_ptr<BareCosts>, std::string> prepare(const std::string& data_dir);

    /// One round trip, then one write of 4 KiB over blocks that are there and its fdatasync. The failure, if
    /// one came.
    std::string measure();

    const std::vector<std::int64_t>& round_trips_ns() const { return round_trips_ns_; }
    const std::vector<std::int64_t>& syncs_ns() const { return syncs_ns_; }

private:
    BareCosts(TemporaryDirectory directory, std::unique_ptr<journal::File> file,
              std::unique_ptr<Loopback> loopback)
        : directory_(std::move(directory)), file_(std::move(file)), loopback_(std::move(loopback)) {}

    const TemporaryDirectory directory_;
    const std::unique_ptr<journal::File> file_;
    const std::unique_ptr<Loopback> loopback_;
    std::uint64_t offset_ = 0;
    std::vector<std::int64_t> round_trips_ns_;
    std::vector<std::int64_t> syncs_ns_;
};

}  // namespace sauda::bench
