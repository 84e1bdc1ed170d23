#include "api-server/router.h"

namespace sauda::api_server {

void Router::add(net::Method method, std::string path, RouteHandler handler) {
    const std::size_t brace = path.find('{');
    const bool has_parameter = brace != std::string::npos;
    std::string fixed = path.substr(0, brace);
    std::string suffix = has_parameter ? path.substr(path.find('}') + 1) : std::string();
    routes_.push_back(
        {method, std::move(path), std::move(fixed), has_parameter, std::move(suffix), std::move(handler)});
}

Router::Match Router::find(net::Method method, std::string_view path) const {
    Match match;
    for (std::size_t i = 0; i < routes_.size(); ++i) {
        const Route& route = routes_[i];
        std::string_view parameter;
        if (route.has_parameter) {
            if (path.size() <= route.path.size() + route.suffix.size()) continue;
            if (!path.starts_with(route.path) || !path.ends_with(route.suffix)) continue;
            parameter = path.substr(route.path.size());
            parameter.remove_suffix(route.suffix.size());
            if (parameter.find('/') != std::string_view::npos) continue;
        } else if (path != route.path) {
            continue;
        }
        if (route.method == method) return {true, i, route.pattern, std::string(parameter), {}};
        if (!match.allowed.empty()) match.allowed += ", ";
        match.allowed += net::method_name(route.method);
    }
    return match;
}

}  // namespace sauda::api_server
