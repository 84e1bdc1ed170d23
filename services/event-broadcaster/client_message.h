/// What a client says over the WebSocket, taken apart: one JSON object, `{"<name>":<body>,"request_id":...}`.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "codec/json_value.h"

namespace sauda::event_broadcaster {

/// What the client would have repeated in the answer: text of at most 128 bytes, or a number.
struct RequestId {
    std::string json;                 ///< as it is repeated; empty: the client gave none
    std::optional<std::string> text;  ///< as it is logged

    bool empty() const { return json.empty(); }
};

/// One thing asked. Refers to the JSON it was taken from.
struct ClientMessage {
    std::string_view name;
    const codec::JsonValue& body;
    RequestId request_id;
};

/// The request id of a message: beside its name, or in its body where that is an object. A null is none;
/// what is neither text nor number, or too long, is refused.
codec::RequestResult<RequestId> read_request_id(const codec::JsonValue& message,
                                                const codec::JsonValue* body);

/// `answer`, a JSON object, with the id as its last member.
std::string with_request_id(std::string answer, const RequestId& request_id);

/// The body that `message` is about: its first member that is not the request id. Null: there is none.
const std::pair<std::string, codec::JsonValue>* first_asked(const codec::JsonValue& message);

}  // namespace sauda::event_broadcaster
