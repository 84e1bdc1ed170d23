/// Drives a running exchange from outside, as clients do.
#pragma once

#include <cstdint>
#include <string>

namespace sauda::bench {

struct ApiBenchOptions {
    std::string target = "http://127.0.0.1:3000";  ///< of the REST API; without http:// too
    std::uint16_t ws_port = 8080;
    std::string email = "trader@example.com";
    std::string password = "secure123";
    std::string market = "TATA_INR";
    std::uint32_t clients = 1;
    std::uint64_t orders = 2'000;
    std::string data_dir =
        ".";  ///< on the exchange's disk: syncs are measured there, in a folder that goes after
    bool json = false;
    std::string plot;  ///< latencies by how many orders are slower; empty: none
};

/// Places orders over keep-alive HTTP from `clients` threads, resting pairs and fills in turn, and listens to
/// the private WebSocket. Reports orders/s, latencies from request to reply and from request to WebSocket
/// fill, and how long after its reply a fill came (before it: negative). Beside them, what nothing can be
/// faster than: a bare loopback round trip and a bare fdatasync, one of each after every order of a single
/// client, else before and after. Returns the exit status: 1 when an order failed,
/// 2 when `target` is no address.
int run_api_bench(const ApiBenchOptions& options);

}  // namespace sauda::bench
