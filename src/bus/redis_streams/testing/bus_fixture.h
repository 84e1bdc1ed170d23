/// What the tests of the bus over Redis share: a server, an io loop that runs until something is so, and
/// frames of events that a test can read.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "base/bytes.h"
#include "bus/broadcast.h"
#include "redis_streams/config.h"
#include "redis_streams/testing/redis_server.h"

namespace sauda::bus::redis {

/// Runs `io` until `condition` holds; false after ten seconds.
bool run_until(boost::asio::io_context& io, const std::function<bool()>& condition);
/// Runs `io` for a while, for what must not happen.
void run_for(boost::asio::io_context& io, std::chrono::milliseconds duration);

RedisConfig config_of(const RedisServer& server);

/// An event frame for tests: its sequence in 8 bytes, then `size` - 8 bytes that depend on it.
inline constexpr std::size_t event_size = 24;
base::Bytes event_frame(std::uint64_t sequence);
/// The frames of `first` to `last`.
Chunk event_chunk(std::uint64_t first, std::uint64_t last);
/// The sequences of a chunk's frames; stops the process where the frames are not whole.
std::vector<std::uint64_t> sequences_of(const Chunk& chunk);
/// As EventReaderHooks::bytes_through, for these frames.
std::size_t bytes_through(base::ByteView frames, std::uint64_t sequence);

}  // namespace sauda::bus::redis
