#include "codec/field_reader.h"

#include <utility>

#include <fmt/format.h>

#include "core/types/decimal.h"

namespace sauda::codec {

using base::Unexpected;

namespace {

RequestError wrong_kind(std::string_view name, std::string_view wanted, JsonValue::Kind found) {
    return malformed_request(
        fmt::format("The field \"{}\" must be {}, not {}.", name, wanted, kind_name(found)));
}

}  // namespace

RequestError malformed_request(std::string message) {
    return {400, "malformed_request", std::move(message)};
}

RequestError missing_field(std::string_view name) {
    return malformed_request(fmt::format("The field \"{}\" is missing.", name));
}

bool FieldReader::has(std::string_view name) const {
    const JsonValue* value = object_.find(name);
    return value != nullptr && value->kind != JsonValue::Kind::null;
}

RequestResult<std::optional<std::string>> FieldReader::optional_text(std::string_view name) const {
    if (!has(name)) return std::optional<std::string>();
    const JsonValue& value = *object_.find(name);
    if (value.kind != JsonValue::Kind::string) return Unexpected{wrong_kind(name, "a string", value.kind)};
    return std::optional(value.text);
}

RequestResult<std::string> FieldReader::text(std::string_view name) const {
    const auto found = optional_text(name);
    if (!found) return Unexpected{found.error()};
    if (!*found) return Unexpected{missing_field(name)};
    return **found;
}

RequestResult<std::optional<std::string>> FieldReader::optional_decimal(std::string_view name) const {
    if (!has(name)) return std::optional<std::string>();
    const JsonValue& value = *object_.find(name);
    if (value.kind != JsonValue::Kind::number && value.kind != JsonValue::Kind::string) {
        return Unexpected{wrong_kind(name, "a decimal", value.kind)};
    }
    const auto readable = core::parse_decimal(value.text, 0);
    if (!readable && readable.error() == core::DecimalError::malformed) {
        return Unexpected{malformed_request(
            fmt::format("The field \"{}\" must be a plain decimal such as 100.50, without exponent.", name))};
    }
    return std::optional(value.text);
}

RequestResult<std::string> FieldReader::decimal(std::string_view name) const {
    const auto found = optional_decimal(name);
    if (!found) return Unexpected{found.error()};
    if (!*found) return Unexpected{missing_field(name)};
    return **found;
}

RequestResult<bool> FieldReader::boolean_or(std::string_view name, bool otherwise) const {
    if (!has(name)) return otherwise;
    const JsonValue& value = *object_.find(name);
    if (value.kind != JsonValue::Kind::boolean)
        return Unexpected{wrong_kind(name, "true or false", value.kind)};
    return value.boolean;
}

RequestResult<std::uint64_t> FieldReader::whole(std::string_view name) const {
    const auto text = decimal(name);
    if (!text) return Unexpected{text.error()};
    const auto number = core::parse_decimal(*text, 0);
    constexpr std::int64_t exact_in_json = std::int64_t{1} << 53;
    if (!number || *number < 0 || *number >= exact_in_json) {
        return Unexpected{malformed_request(
            fmt::format("The field \"{}\" must be a whole number from 0 to 2^53 - 1.", name))};
    }
    return static_cast<std::uint64_t>(*number);
}

RequestResult<const JsonValue*> FieldReader::object(std::string_view name) const {
    if (!has(name)) return Unexpected{missing_field(name)};
    const JsonValue& value = *object_.find(name);
    if (value.kind != JsonValue::Kind::object) return Unexpected{wrong_kind(name, "an object", value.kind)};
    return &value;
}

RequestResult<std::string_view> FieldReader::name_of(std::initializer_list<std::string_view> names) const {
    std::string_view found;
    for (const std::string_view name : names) {
        if (!has(name)) continue;
        if (!found.empty()) {
            return Unexpected{malformed_request(
                fmt::format("The fields \"{}\" and \"{}\" mean the same: give one.", found, name))};
        }
        found = name;
    }
    return found.empty() ? *names.begin() : found;
}

}  // namespace sauda::codec
