/// A small synchronous HTTP/1.1 client for the command line, tests and benches. It blocks its thread, follows
/// no redirects and speaks no TLS.
///
/// Threads: one owner at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/io_error.h"
#include "base/result.h"
#include "net/http_message.h"

namespace sauda::net {

struct ClientResponse {
    int status = 0;
    Headers headers;
    std::string body;  ///< at most 64 MiB
};

using ClientHeaders = std::vector<std::pair<std::string, std::string>>;

/// A connection that is kept alive between requests.
class HttpClient {
public:
    /// Connects at the first request. `host` is a name or a numeric address.
    HttpClient(std::string host, std::uint16_t port);
    ~HttpClient();
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;

    /// Sends a request and waits for its response, `timeout` for all of it. Reconnects when the server
    /// has ended the connection meanwhile. Never retries by itself: after an error the outcome of a POST is
    /// unknown.
    base::Result<ClientResponse, base::IoError> request(std::string_view method, std::string_view target,
                                                        const ClientHeaders& headers, std::string_view body,
                                                        std::chrono::milliseconds timeout);

    /// The connection is open: the next request will use it.
    bool is_connected() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// One request on a connection of its own.
base::Result<ClientResponse, base::IoError> http_request(const std::string& host, std::uint16_t port,
                                                         std::string_view method, std::string_view target,
                                                         const ClientHeaders& headers, std::string_view body,
                                                         std::chrono::milliseconds timeout);

}  // namespace sauda::net
