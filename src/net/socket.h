/// The socket of every connection: on the io_context itself, not on a type-erased executor, which costs an
/// indirect call and a copy per operation.
#pragma once

#include <chrono>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace sauda::net {

using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;
using Acceptor =
    boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;
using ErrorCode = boost::system::error_code;

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;

}  // namespace sauda::net
