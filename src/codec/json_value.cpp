#include "codec/json_value.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>
#include <simdjson.h>

namespace sauda::codec {

using base::Unexpected;
using simdjson::ondemand::json_type;

namespace {

RequestError malformed(std::string message) {
    return {400, "malformed_request", std::move(message)};
}

/// What stops the reading: thrown inside this file alone, because simdjson's iterators nest.
struct Refused {
    RequestError error;
};

[[noreturn]] void refuse(std::string message) {
    throw Refused{malformed(std::move(message))};
}

template <class T>
T take(simdjson::simdjson_result<T> result) {
    T value;
    if (const auto error = std::move(result).get(value); error != simdjson::SUCCESS) {
        refuse(fmt::format("The JSON is malformed: {}.", simdjson::error_message(error)));
    }
    return value;
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

std::size_t skip_digits(std::string_view text, std::size_t at) {
    while (at < text.size() && is_digit(text[at])) ++at;
    return at;
}

/// The number grammar of RFC 8259, section 6.
bool is_number(std::string_view text) {
    std::size_t at = !text.empty() && text[0] == '-' ? 1 : 0;
    const std::size_t whole = at;
    at = skip_digits(text, at);
    if (at == whole || (text[whole] == '0' && at > whole + 1)) return false;
    if (at < text.size() && text[at] == '.') {
        const std::size_t fraction = ++at;
        at = skip_digits(text, at);
        if (at == fraction) return false;
    }
    if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
        ++at;
        if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
        const std::size_t exponent = at;
        at = skip_digits(text, at);
        if (at == exponent) return false;
    }
    return at == text.size();
}

std::string_view trimmed(std::string_view token) {
    const auto end = token.find_last_not_of(" \t\r\n");
    return end == std::string_view::npos ? std::string_view() : token.substr(0, end + 1);
}

/// True unless an escape wrote half of a surrogate pair, which simdjson lets pass as three bytes from ED A0
/// on.
bool has_no_surrogate(std::string_view text) {
    for (std::size_t at = text.find('\xED'); at != std::string_view::npos; at = text.find('\xED', at + 1)) {
        if (at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) >= 0xA0) return false;
    }
    return true;
}

std::string checked(std::string_view text) {
    if (!has_no_surrogate(text)) refuse("A string in the JSON has half of a surrogate pair.");
    return std::string(text);
}

/// Builds the tree of one document.
class TreeReader {
public:
    void read_members(simdjson::ondemand::object object, int depth, JsonValue& out) {
        out.kind = JsonValue::Kind::object;
        for (auto found : object) {
            auto field = take(std::move(found));
            std::string name = checked(take(field.unescaped_key()));
            if (out.find(name) != nullptr) refuse_twice(name);
            if (out.members.size() == json_members_max)
                refuse(fmt::format("An object in the JSON has more than {} fields.", json_members_max));
            out.members.emplace_back(std::move(name), read(field.value(), depth));
        }
    }

private:
    [[noreturn]] static void refuse_twice(const std::string& name) {
        constexpr std::size_t size_max = 64;
        if (name.size() > size_max) refuse("A field stands twice.");
        refuse(fmt::format("The field \"{}\" stands twice.", name));
    }

    JsonValue read(simdjson::ondemand::value value, int depth) {
        if (depth > json_depth_max)
            refuse(fmt::format("The JSON is nested deeper than {} levels.", json_depth_max));
        if (++values_ > json_values_max)
            refuse(fmt::format("The JSON holds more than {} values.", json_values_max));
        JsonValue out;
        const json_type type = take(value.type());
        if (type == json_type::array) {
            read_array(value, depth + 1, out);
        } else if (type == json_type::object) {
            read_members(take(value.get_object()), depth + 1, out);
        } else {
            read_scalar(value, type, out);
        }
        return out;
    }

    void read_array(simdjson::ondemand::value value, int depth, JsonValue& out) {
        out.kind = JsonValue::Kind::array;
        for (auto item : take(value.get_array())) out.items.push_back(read(take(std::move(item)), depth));
    }

    static void read_scalar(simdjson::ondemand::value value, json_type type, JsonValue& out) {
        switch (type) {
            case json_type::string:
                out.kind = JsonValue::Kind::string;
                out.text = checked(take(value.get_string()));
                return;
            case json_type::number:
                out.kind = JsonValue::Kind::number;
                out.text = trimmed(value.raw_json_token());
                if (!is_number(out.text)) refuse("A number in the JSON is malformed.");
                return;
            case json_type::boolean:
                out.kind = JsonValue::Kind::boolean;
                out.boolean = take(value.get_bool());
                return;
            default:
                if (!take(value.is_null())) refuse("The JSON is malformed: only null begins with n.");
                out.kind = JsonValue::Kind::null;
        }
    }

    std::size_t values_ = 0;
};

JsonValue read_document(std::string_view text) {
    thread_local simdjson::ondemand::parser parser;
    const simdjson::padded_string padded(text);
    auto document = take(parser.iterate(padded));
    if (take(document.type()) != json_type::object) refuse("The JSON must be one object: {...}.");
    JsonValue out;
    TreeReader().read_members(take(document.get_object()), 1, out);
    const char* rest = nullptr;
    const bool has_rest = document.current_location().get(rest) == simdjson::SUCCESS;
    if (has_rest) refuse("There is text after the JSON object.");
    return out;
}

}  // namespace

const JsonValue* JsonValue::find(std::string_view name) const {
    const auto found =
        std::ranges::find_if(members, [&](const auto& member) { return member.first == name; });
    return found == members.end() ? nullptr : &found->second;
}

std::optional<std::string_view> JsonValue::find_text(std::string_view name) const {
    const JsonValue* value = kind == Kind::object ? find(name) : nullptr;
    if (value == nullptr || value->kind != Kind::string) return std::nullopt;
    return value->text;
}

std::string_view kind_name(JsonValue::Kind kind) {
    constexpr std::string_view names[] = {"null",     "true or false", "a number",
                                          "a string", "an array",      "an object"};
    return names[static_cast<std::size_t>(kind)];
}

RequestResult<JsonValue> parse_json_object(std::string_view text) {
    if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
        return Unexpected{malformed("The body is empty; a JSON object is needed.")};
    }
    try {
        return read_document(text);
    } catch (const Refused& refused) {
        return Unexpected{refused.error};
    }
}

void append_json_string(std::string& out, std::string_view text) {
    out.push_back('"');
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out.push_back('\\');
            out.push_back(c);
        } else if (static_cast<unsigned char>(c) < 0x20) {
            fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
        } else {
            out.push_back(c);
        }
    }
    out.push_back('"');
}

}  // namespace sauda::codec
