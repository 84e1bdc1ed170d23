/// The smallest JSON that a token needs: one object whose members are strings and whole numbers.
///
/// General JSON belongs to the codec, which identity may not include. This reader is stricter than JSON,
/// never looser: duplicate names, nesting, true/false/null, fractions, exponents, -0, integers beyond 64
/// bits, lone surrogates, malformed UTF-8 and bytes after the object are all refused.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace sauda::identity {

using FlatValue = std::variant<std::string, std::int64_t>;

/// Members in the order they were written; names are unique.
class FlatObject {
public:
    /// Nothing when `text` is not exactly one flat object.
    static std::optional<FlatObject> parse(std::string_view text);

    std::size_t size() const { return members_.size(); }
    /// The member, or null when it is missing or of the other type.
    const std::string* text(std::string_view name) const;
    const std::int64_t* integer(std::string_view name) const;

private:
    const FlatValue* find(std::string_view name) const;

    std::vector<std::pair<std::string, FlatValue>> members_;
};

/// Writes such an object, member by member, without white space.
class FlatObjectWriter {
public:
    /// Requires: `value` is valid UTF-8 (anything else would not be JSON).
    void put(std::string_view name, std::string_view value);
    void put(std::string_view name, std::int64_t value);
    /// The finished object. The writer is empty afterwards.
    std::string finish();

private:
    void put_name(std::string_view name);

    std::string out_ = "{";
};

}  // namespace sauda::identity
