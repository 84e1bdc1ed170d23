/// From an HTTP connection to a WebSocket session. Internal to net; Beast stays in the .cpp.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "net/server_state.h"

namespace sauda::net {

/// Whether `request` asks for a WebSocket (RFC 6455, 4.2.1), well-formed or not.
bool is_web_socket_upgrade(const Request& request);

/// The response to a handshake that cannot be accepted: 426 for another version, 400 for a bad key.
/// Nothing for a good one. Requires: is_web_socket_upgrade(request).
std::optional<Response> handshake_refusal(const Request& request);

/// Answers the handshake and serves the session; the server's `opened` hook gets it with `request`.
/// `early` is what the client sent behind the request.
/// Requires: is_web_socket_upgrade(request) and !handshake_refusal(request).
void start_web_socket(std::shared_ptr<ServerState> state, Socket socket, Request request, std::string early);

}  // namespace sauda::net
