/// The fields of a client's JSON object, each read with messages that name it.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "codec/json_value.h"

namespace sauda::codec {

/// 400 `malformed_request` with this message.
RequestError malformed_request(std::string message);
RequestError missing_field(std::string_view name);

/// The fields of one JSON object, read with messages that name the field.
class FieldReader {
public:
    /// `object` outlives the reader.
    explicit FieldReader(const JsonValue& object) : object_(object) {}

    bool has(std::string_view name) const;
    RequestResult<std::string> text(std::string_view name) const;
    RequestResult<std::optional<std::string>> optional_text(std::string_view name) const;
    /// A JSON number or string, as written: `100.50`, `"100.50"`.
    RequestResult<std::string> decimal(std::string_view name) const;
    RequestResult<std::optional<std::string>> optional_decimal(std::string_view name) const;
    RequestResult<bool> boolean_or(std::string_view name, bool otherwise) const;
    /// A whole number of at least 0 and below 2^53, as a number or a string.
    RequestResult<std::uint64_t> whole(std::string_view name) const;
    /// Which of several names of one field is there; the first when none is. Two at once are refused.
    RequestResult<std::string_view> name_of(std::initializer_list<std::string_view> names) const;
    /// A nested object.
    RequestResult<const JsonValue*> object(std::string_view name) const;

private:
    const JsonValue& object_;
};

}  // namespace sauda::codec
