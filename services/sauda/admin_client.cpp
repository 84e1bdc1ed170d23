#include "sauda/admin_client.h"

#include <chrono>
#include <utility>

#include "identity/secrets.h"
#include "net/http_client.h"
#include "net/http_url.h"
#include "sauda/runtime_file.h"

namespace sauda {

namespace {

base::Result<net::HttpAddress, std::string> address_of(const Target& target) {
    if (target.url.empty()) {
        const auto runtime = read_runtime(target.data_dir);
        if (!runtime) return base::Unexpected{runtime.error().message()};
        return net::HttpAddress{runtime->host, runtime->http_port};
    }
    auto address = net::parse_http_url(target.url);
    if (!address) return base::Unexpected{"--url must look like http://127.0.0.1:3000, not " + target.url};
    return std::move(*address);
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
