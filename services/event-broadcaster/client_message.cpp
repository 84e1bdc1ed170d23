#include "event-broadcaster/client_message.h"

#include <algorithm>

#include <fmt/format.h>

namespace sauda::event_broadcaster {

namespace {

using codec::JsonValue;

constexpr std::string_view field = "request_id";
constexpr std::size_t size_max = 128;

}  // namespace

codec::RequestResult<RequestId> read_request_id(const JsonValue& message, const JsonValue* body) {
    const bool has_members = body != nullptr && body->kind == JsonValue::Kind::object;
    const JsonValue* id = has_members ? body->find(field) : nullptr;
    if (id == nullptr) id = message.find(field);
    if (id == nullptr || id->kind == JsonValue::Kind::null) return RequestId{};
    const bool is_text = id->kind == JsonValue::Kind::string;
    if ((!is_text && id->kind != JsonValue::Kind::number) || id->text.size() > size_max) {
        codec::RequestError error;
        error.message =
            fmt::format("The field \"{}\" must be a number, or text of at most {} bytes.", field, size_max);
        return base::Unexpected{error};
    }
    RequestId out{is_text ? std::string() : id->text, id->text};
    if (is_text) codec::append_json_string(out.json, id->text);
    return out;
}

std::string with_request_id(std::string answer, const RequestId& request_id) {
    if (request_id.empty()) return answer;
    answer.pop_back();
    return answer + fmt::format(R"(,"request_id":{}}})", request_id.json);
}

const std::pair<std::string, JsonValue>* first_asked(const JsonValue& message) {
    const auto found =
        std::ranges::find_if(message.members, [](const auto& member) { return member.first != field; });
    return found == message.members.end() ? nullptr : &*found;
}

}  // namespace sauda::event_broadcaster
