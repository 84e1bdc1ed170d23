#include "sauda/remote/engine_address.h"

#include <charconv>
#include <string_view>

#include "identity/secrets.h"
#include "sauda/data_place.h"

namespace sauda {

base::Result<EngineAddress, std::string> engine_address(const RunConfig& config) {
    constexpr std::string_view scheme = "http://";
    std::string_view rest = config.engine_url;
    EngineAddress out;
    const std::size_t colon = rest.rfind(':');
    const bool has_port =
        rest.starts_with(scheme) && colon != std::string_view::npos && colon > scheme.size();
    if (has_port) {
        out.host = rest.substr(scheme.size(), colon - scheme.size());
        if (out.host.size() > 2 && out.host.front() == '[')
            out.host = out.host.substr(1, out.host.size() - 2);
        const std::string_view port = rest.substr(colon + 1);
        const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), out.port);
        if (error != std::errc() || end != port.data() + port.size()) out.port = 0;
    }
    if (!has_port || out.port == 0)
        return base::Unexpected{"engine.url must look like http://127.0.0.1:3100, not " + config.engine_url};
    const std::string path = secret_path(config, "internal.token");
    if (const auto made = identity::OperatorToken::load_or_create(path); !made)
        return base::Unexpected{made.error().message()};
    const auto token = identity::read_operator_token(path);
    if (!token) return base::Unexpected{token.error().message()};
    out.token = *token;
    return out;
}

}  // namespace sauda
