#include <algorithm>

#include "net/web_socket_session.h"

namespace sauda::net {
namespace {

constexpr std::size_t kKeySize = 24;  // 16 random bytes in base64

bool is_key(std::string_view key) {
    const auto is_base64 = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
               c == '/' || c == '=';
    };
    return key.size() == kKeySize && std::all_of(key.begin(), key.end(), is_base64);
}

}  // namespace

bool is_web_socket_upgrade(const Request& request) {
    return request.method == Method::get && list_has_token(request.headers.get("Upgrade"), "websocket") &&
           list_has_token(request.headers.get("Connection"), "upgrade");
}

std::optional<Response> handshake_refusal(const Request& request) {
    if (request.headers.get("Sec-WebSocket-Version") != "13") {
        Response refusal = error_response(426, "unsupported_websocket_version",
                                          "The only WebSocket version spoken here is 13.");
        refusal.headers.emplace_back("Sec-WebSocket-Version", "13");
        return refusal;
    }
    if (!is_key(request.headers.get("Sec-WebSocket-Key"))) {
        return error_response(400, "malformed_request", "Sec-WebSocket-Key must be 16 bytes in base64.");
    }
    return std::nullopt;
}

}  // namespace sauda::net
