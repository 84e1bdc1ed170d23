#include "sauda/admin_client.h"

#include <chrono>
#include <cstdint>
#include <cstdio>

#include "identity/secrets.h"
#include "net/http_client.h"
#include "sauda/runtime_file.h"

namespace sauda {

namespace {

struct Address {
    std::string host;
    std::uint16_t port = 0;
};

base::Result<Address, std::string> address_of(const Target& target) {
    if (target.url.empty()) {
        const auto runtime = read_runtime(target.data_dir);
        if (!runtime) return base::Unexpected{runtime.error().message()};
        return Address{runtime->host, runtime->http_port};
    }
    char host[256] = {};
    unsigned short port = 80;
    const int fields = std::sscanf(target.url.c_str(), "http://%255[^:/]:%hu", host, &port);
    if (fields < 1) return base::Unexpected{"--url must look like http://127.0.0.1:3000, not " + target.url};
    return Address{host, port};
}

}  // namespace

base::Result<AdminAnswer, std::string> ask_exchange(const Target& target, const std::string& path,
                                                    const std::string& body) {
    const std::string token_file =
        target.token_file.empty() ? target.data_dir + "/operator.token" : target.token_file;
    const auto token = identity::read_operator_token(token_file);
    if (!token) return base::Unexpected{token.error().message()};
    const auto address = address_of(target);
    if (!address) return base::Unexpected{address.error()};
    const net::ClientHeaders headers{{"Authorization", "Bearer " + *token},
                                     {"Content-Type", "application/json"}};
    auto response = net::http_request(address->host, address->port, body.empty() ? "GET" : "POST",
                                      "/api/v1/admin/" + path, headers, body, std::chrono::seconds(15));
    if (!response) return base::Unexpected{response.error().message() + "\nIs the exchange running?"};
    return AdminAnswer{response->status, std::move(response->body)};
}

}  // namespace sauda
