/// From method and path to handler. Paths are `/order/{id}`: one segment may be a parameter.
///
/// Threads: built first, then read by one thread.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "net/http_message.h"

namespace sauda::api_server {

using Answer = boost::asio::awaitable<net::Response>;

/// What a handler is given: the request, and the text of `{...}` in its path.
struct Call {
    net::Request request;
    std::string parameter;
};

using RouteHandler = std::function<Answer(Call)>;

class Router {
public:
    /// `path` has at most one `{name}`, which is a whole segment.
    void add(net::Method method, std::string path, RouteHandler handler);

    struct Match {
        bool is_found = false;
        std::size_t route = 0;     ///< its place among routes()
        std::string_view pattern;  ///< as it was added
        std::string parameter;
        /// Not found: methods that the path does have, for 405's Allow header; empty: 404.
        std::string allowed;
    };
    Match find(net::Method method, std::string_view path) const;

    struct Route {
        net::Method method{};
        std::string pattern;  ///< as it was added
        std::string path;     ///< up to the parameter
        bool has_parameter = false;
        std::string suffix;  ///< after the parameter
        RouteHandler handler;
    };
    const RouteHandler& handler(const Match& match) const { return routes_[match.route].handler; }

    /// In the order in which they were added.
    const std::vector<Route>& routes() const { return routes_; }

private:
    std::vector<Route> routes_;
};

}  // namespace sauda::api_server
