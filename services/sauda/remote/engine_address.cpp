#include "sauda/remote/engine_address.h"

#include "identity/secrets.h"
#include "net/http_url.h"
#include "sauda/data_place.h"

namespace sauda {

base::Result<EngineAddress, std::string> engine_address(const RunConfig& config) {
    const auto address = net::parse_http_url(config.engine_url);
    if (!address)
        return base::Unexpected{"engine.url must look like http://127.0.0.1:3100, not " + config.engine_url};
    EngineAddress out;
    out.host = address->host;
    out.port = address->port;
    const std::string path = secret_path(config, "internal.token");
    if (const auto made = identity::OperatorToken::load_or_create(path); !made)
        return base::Unexpected{made.error().message()};
    const auto token = identity::read_operator_token(path);
    if (!token) return base::Unexpected{token.error().message()};
    out.token = *token;
    return out;
}

}  // namespace sauda
