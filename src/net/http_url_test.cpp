#include "net/http_url.h"

#include <gtest/gtest.h>

namespace sauda::net {
namespace {

/// `host port`, or "none".
std::string read(std::string_view url) {
    const auto address = parse_http_url(url);
    return address ? address->host + " " + std::to_string(address->port) : "none";
}

TEST(HttpUrl, NamesHostAndPort) {
    EXPECT_EQ(read("http://127.0.0.1:3000"), "127.0.0.1 3000");
    EXPECT_EQ(read("http://exchange.example:3000/"), "exchange.example 3000");
    EXPECT_EQ(read("http://[::1]:65535"), "::1 65535");
    EXPECT_EQ(read("http://[::1]"), "::1 80");
    EXPECT_EQ(read("http://exchange.example"), "exchange.example 80");
}

TEST(HttpUrl, IsNothingElse) {
    for (const char* url :
         {"", "127.0.0.1:3000", "https://127.0.0.1:3000", "http://", "http://:3000",
          "http://host:", "http://host:0", "http://host:65536", "http://host:3000x", "http://host:-1",
          "http://host/path", "http://user@host:3000", "http://host:3000?a=b", "http://[::1",
          "http://[]:3000", "http://[::1]3000", "http://::1:3000"})
        EXPECT_EQ(read(url), "none") << url;
}

}  // namespace
}  // namespace sauda::net
