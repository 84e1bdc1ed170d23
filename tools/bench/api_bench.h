/// Drives a running exchange from outside, as clients do.
#pragma once

#include <cstdint>
#include <string>

namespace sauda::bench {

struct ApiBenchOptions {
    std::string target = "127.0.0.1:3000";
    std::uint16_t ws_port = 8080;
    std::string email = "trader@example.com";
    std::string password = "secure123";
    std::string market = "TATA_INR";
    std::uint32_t clients = 1;
    std::uint64_t orders = 2'000;
};

/// Places orders over keep-alive HTTP from `clients` threads, resting pairs and fills in turn, and listens to
/// the private WebSocket. Prints orders/s and latencies from request to reply and from request to WebSocket
/// fill, one `name: value` a line. Returns the exit status.
int run_api_bench(const ApiBenchOptions& options);

}  // namespace sauda::bench
