#include "net/http_message.h"

#include <gtest/gtest.h>

#include "net/request_parser.h"
#include "net/response_writer.h"

namespace sauda::net {
namespace {

Request parsed(std::string_view target, Method method = Method::get) {
    Request request;
    request.method = method;
    request.target = target;
    EXPECT_TRUE(split_target(request)) << target;
    return request;
}

TEST(Headers, AreFoundInAnyCase) {
    Headers headers;
    headers.add("Content-Type", "text/plain");
    headers.add("X-A", "1");
    headers.add("x-a", "2");
    EXPECT_EQ(headers.get("CONTENT-TYPE"), "text/plain");
    EXPECT_EQ(headers.get("X-a"), "1");
    EXPECT_EQ(headers.count("X-A"), 2u);
    EXPECT_FALSE(headers.find("X-B"));
}

TEST(Target, SplitsIntoPathAndDecodedQuery) {
    const Request request = parsed("/api/v1/depth%20x?market=A%2BB+C&limit=&&x==y");
    EXPECT_EQ(request.path, "/api/v1/depth x");
    EXPECT_EQ(request.query.get("market"), "A+B C");
    EXPECT_EQ(request.query.get("limit"), "");
    EXPECT_EQ(request.query.get("x"), "=y");
    EXPECT_FALSE(request.query.get("Market"));
}

TEST(Target, KnowsItsThreeForms) {
    EXPECT_EQ(parsed("http://a.b:80/c?d=e").target, "/c?d=e");
    EXPECT_EQ(parsed("http://a.b").path, "/");
    EXPECT_EQ(parsed("http://a.b?x=1").target, "/?x=1");
    EXPECT_EQ(parsed("*", Method::options).path, "*");
    EXPECT_EQ(parsed("/a?u=http://b/c").path, "/a");
    Request authority;
    authority.target = "host:443";
    EXPECT_FALSE(split_target(authority));
}

TEST(ErrorResponse, EscapesItsSentence) {
    const Response response = error_response(404, "not_found", "No \"such\"\n\\ thing");
    EXPECT_EQ(response.body, R"({"status":"Error","error":"No \"such\"\u000a\\ thing","code":"not_found"})");
}

TEST(TokenList, FindsWholeTokens) {
    EXPECT_TRUE(list_has_token("keep-alive, Upgrade", "upgrade"));
    EXPECT_TRUE(list_has_token(" websocket ", "websocket"));
    EXPECT_FALSE(list_has_token("upgraded", "upgrade"));
    EXPECT_FALSE(list_has_token("", "upgrade"));
}

TEST(HttpDate, IsThatOfTheRfc) {
    EXPECT_EQ(http_date(784'111'777), "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST(RequestParser, FindsTheSameRequestHoweverItIsCut) {
    const std::string bytes =
        "\r\nPOST /a?b=c HTTP/1.1\r\nHost: t\r\nX-Long:   padded  \r\nContent-Length: 5\r\n\r\nhello"
        "GET /next HTTP/1.1\r\n";
    for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
        RequestParser parser(1000, 1000);
        std::size_t begin = 0;
        std::size_t end = 0;
        RequestParser::Fed fed{0, ParseState::need_more};
        while (fed.state == ParseState::need_more) {
            ASSERT_LT(end, bytes.size());
            end = std::min(bytes.size(), end + piece);
            fed = parser.feed(std::string_view(bytes).substr(begin, end - begin));
            begin += fed.used;
        }
        ASSERT_EQ(fed.state, ParseState::done);
        EXPECT_EQ(bytes.substr(begin), "GET /next HTTP/1.1\r\n");
        const Request request = parser.take();
        EXPECT_EQ(request.method, Method::post);
        EXPECT_EQ(request.body, "hello");
        EXPECT_EQ(request.headers.get("x-long"), "padded");
    }
}

}  // namespace
}  // namespace sauda::net
