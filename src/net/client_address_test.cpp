#include "net/client_address.h"

#include <gtest/gtest.h>

namespace sauda::net {
namespace {

Headers forwarded_for(std::initializer_list<std::string_view> values) {
    Headers headers;
    for (const std::string_view value : values) headers.add("x-forwarded-for", value);
    return headers;
}

const std::vector<std::string> proxies{"127.0.0.1", "10.0.0.2"};

TEST(ClientAddress, IsThePeersOwnWithoutTrust) {
    EXPECT_EQ(client_address("127.0.0.1", forwarded_for({"1.2.3.4"}), {}), "127.0.0.1");
    EXPECT_EQ(client_address("9.9.9.9", forwarded_for({"1.2.3.4"}), proxies), "9.9.9.9");
    EXPECT_EQ(client_address("127.0.0.1", Headers{}, proxies), "127.0.0.1");
}

TEST(ClientAddress, IsWhatTheNearestTrustedProxySaw) {
    EXPECT_EQ(client_address("127.0.0.1", forwarded_for({"1.2.3.4"}), proxies), "1.2.3.4");
    EXPECT_EQ(client_address("127.0.0.1", forwarded_for({"2001:DB8::1"}), proxies), "2001:db8::1");
    EXPECT_EQ(client_address("127.0.0.1", forwarded_for({"1.2.3.4, 10.0.0.2"}), proxies), "1.2.3.4");
    EXPECT_EQ(client_address("127.0.0.1", forwarded_for({"1.2.3.4", "10.0.0.2"}), proxies), "1.2.3.4");
}

TEST(ClientAddress, AClientsOwnClaimIsNotBelieved) {
    EXPECT_EQ(client_address("127.0.0.1", forwarded_for({"8.8.8.8, 1.2.3.4"}), proxies), "1.2.3.4");
    EXPECT_EQ(client_address("127.0.0.1", forwarded_for({"8.8.8.8", "1.2.3.4"}), proxies), "1.2.3.4");
}

TEST(ClientAddress, NonsenseLeavesTheProxysOwn) {
    for (const char* nonsense : {"", ",", "me", "1.2.3.4, unknown", "1.2.3.4:80", " , "})
        EXPECT_EQ(client_address("127.0.0.1", forwarded_for({nonsense}), proxies), "127.0.0.1") << nonsense;
}

}  // namespace
}  // namespace sauda::net
