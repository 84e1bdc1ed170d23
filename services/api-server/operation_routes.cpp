// Health and metrics, and what the root says.
#include <fmt/format.h>

#include "api-server/api_server.h"
#include "api-server/responses.h"
#include "codec/json_value.h"

namespace sauda::api_server {

namespace {

net::Response text(std::string body, std::string type) {
    net::Response response;
    response.content_type = std::move(type);
    response.body = std::move(body);
    return response;
}

/// Where views and history stand. History may lag, or stand still, and the exchange be ready all the same.
std::string standing_members(const ShardHealth& health) {
    std::string out = fmt::format(R"("sequence":{},"history":{{"sequence":{},"problem":)",
                                  health.sequence.raw, health.history_sequence.raw);
    if (health.history_problem.empty()) {
        out += "null";
    } else {
        codec::append_json_string(out, health.history_problem);
    }
    return out + "}";
}

/// Of the first shard, and where there are several, of each.
std::string health_members(const Health& health) {
    std::string out = "," + standing_members(health.shards.front());
    if (health.shards.size() == 1) return out;
    std::string list;
    for (const ShardHealth& shard : health.shards) {
        list += fmt::format(R"({}{{"shard":"{}","ready":{},"reason":)", list.empty() ? "" : ",", shard.name,
                            shard.is_ready);
        if (shard.is_ready) {
            list += "null";
        } else {
            codec::append_json_string(list, shard.reason);
        }
        list += "," + standing_members(shard) + "}";
    }
    return out + R"(,"shards":[)" + list + "]";
}

}  // namespace

void add_operation_routes(Router& router, const Context& context) {
    using net::Method;
    router.add(Method::get, "/", [](Call) -> Answer {
        co_return success(
            R"(,"name":"sauda","markets":"/api/v1/markets","health":"/health/ready","metrics":"/metrics",)"
            R"("websocket":"/ws","openapi":"/api/v1/openapi.json","asyncapi":"/api/v1/asyncapi.json")");
    });
    router.add(Method::get, "/health/live", [](Call) -> Answer { co_return success(""); });
    router.add(Method::get, "/health/ready", [&context](Call) -> Answer {
        const Health health = context.health();
        if (health.is_ready) co_return success(health_members(health));
        co_return failure(503, "not_ready", health.reason);
    });
    router.add(Method::get, "/metrics", [&context](Call) -> Answer {
        co_return text(context.metrics.page(), "text/plain; version=0.0.4; charset=utf-8");
    });
}

}  // namespace sauda::api_server
