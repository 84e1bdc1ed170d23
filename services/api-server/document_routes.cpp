// What the API says of itself: its documents, and what the router really knows, for a test to compare.
#include <fmt/format.h>

#include "api-server/api_server.h"
#include "api-server/documents.h"
#include "api-server/responses.h"

namespace sauda::api_server {

namespace {

std::string routes_json(const Router& router) {
    std::string list;
    for (const Router::Route& route : router.routes()) {
        list += fmt::format(R"({}{{"method":"{}","path":"{}"}})", list.empty() ? "" : ",",
                            net::method_name(route.method), route.pattern);
    }
    return list;
}

std::string messages_json(const Context& context) {
    std::string list;
    for (const std::string_view name : context.socket_messages) {
        list += fmt::format(R"({}"{}")", list.empty() ? "" : ",", name);
    }
    return list;
}

}  // namespace

void add_document_routes(Router& router, const Context& context) {
    const auto serve = [&](const char* path, std::string_view document) {
        const auto body = std::make_shared<const std::string>(document);
        router.add(net::Method::get, path, [body](Call) -> Answer {
            net::Response response;
            response.shared_body = body;
            co_return response;
        });
    };
    serve("/api/v1/openapi.json", openapi_json);
    serve("/api/v1/asyncapi.json", asyncapi_json);
    router.add(net::Method::get, "/api/v1/routes", [&router, &context](Call) -> Answer {
        co_return success(fmt::format(R"(,"routes":[{}],"socket_messages":[{}])", routes_json(router),
                                      messages_json(context)));
    });
}

}  // namespace sauda::api_server
