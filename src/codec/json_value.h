/// JSON text as a small tree that keeps numbers as the text they were written in, so that no decimal ever
/// passes through a double. For requests: bodies of some kilobytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace sauda::codec {

/// Why a client's request could not be taken, as the client is told.
struct RequestError {
    int http_status = 400;
    std::string code = "malformed_request";
    std::string message;
};

template <class T>
using RequestResult = base::Result<T, RequestError>;

struct JsonValue {
    enum class Kind : std::uint8_t { null, boolean, number, string, array, object };

    Kind kind = Kind::null;
    bool boolean = false;
    std::string text;  ///< of a string, unescaped; of a number, as written
    std::vector<JsonValue> items;
    std::vector<std::pair<std::string, JsonValue>> members;  ///< in order; no name twice

    /// The member of that name, or null when there is none. Requires: an object.
    const JsonValue* find(std::string_view name) const;
    /// The text of the member of that name; nothing where there is none, where it is no string, or where this
    /// is no object.
    std::optional<std::string_view> find_text(std::string_view name) const;
};

/// "a string", "a number", ... for messages.
std::string_view kind_name(JsonValue::Kind kind);

inline constexpr int json_depth_max = 16;
/// Values in one document: what a megabyte of brackets may cost in memory. A batch of 100 orders has 1500.
inline constexpr std::size_t json_values_max = 10'000;
/// Members of one object: names are compared one by one.
inline constexpr std::size_t json_members_max = 64;

/// Reads the one JSON object that `text` holds, all of it: anything malformed anywhere, a name twice in one
/// object, more than the limits above, invalid UTF-8 (escaped halves of surrogate pairs included) or text
/// after it is refused.
RequestResult<JsonValue> parse_json_object(std::string_view text);

/// Appends `text` to `out` as a JSON string, quotes included.
void append_json_string(std::string& out, std::string_view text);

}  // namespace sauda::codec
