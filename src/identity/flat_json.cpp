#include "identity/flat_json.h"

#include <algorithm>
#include <charconv>

#include "identity/random_id.h"
#include "identity/utf8.h"

namespace sauda::identity {
namespace {

/// A cursor over the text. After a failure `ok` is false and the answer of every function is meaningless.
struct Cursor {
    std::string_view rest;
    bool ok = true;

    void skip_space() {
        const std::size_t at = rest.find_first_not_of(" \t\r\n");
        rest.remove_prefix(at == std::string_view::npos ? rest.size() : at);
    }
    bool take(char wanted) {
        if (rest.empty() || rest[0] != wanted) return false;
        rest.remove_prefix(1);
        return true;
    }
    void expect(char wanted) { ok = take(wanted) && ok; }
};

/// The four digits after \u.
std::optional<char32_t> take_hex4(Cursor& in) {
    if (in.rest.size() < 4) return std::nullopt;
    std::uint32_t value = 0;
    const char* const end = in.rest.data() + 4;
    const auto [stop, error] = std::from_chars(in.rest.data(), end, value, 16);
    if (error != std::errc{} || stop != end) return std::nullopt;
    in.rest.remove_prefix(4);
    return value;
}

/// What follows \u: one code point, or two surrogates that make one.
std::optional<char32_t> take_unicode_escape(Cursor& in) {
    const std::optional<char32_t> first = take_hex4(in);
    if (!first || (*first >= 0xDC00 && *first <= 0xDFFF)) return std::nullopt;
    if (*first < 0xD800 || *first > 0xDBFF) return first;
    if (!in.take('\\') || !in.take('u')) return std::nullopt;
    const std::optional<char32_t> second = take_hex4(in);
    if (!second || *second < 0xDC00 || *second > 0xDFFF) return std::nullopt;
    return 0x10000 + ((*first - 0xD800) << 10) + (*second - 0xDC00);
}

/// What follows a backslash.
std::optional<char32_t> take_escape(Cursor& in) {
    if (in.rest.empty()) return std::nullopt;
    const char kind = in.rest[0];
    in.rest.remove_prefix(1);
    switch (kind) {
        case '"':
        case '\\':
        case '/':
            return static_cast<char32_t>(kind);
        case 'b':
            return U'\b';
        case 'f':
            return U'\f';
        case 'n':
            return U'\n';
        case 'r':
            return U'\r';
        case 't':
            return U'\t';
        case 'u':
            return take_unicode_escape(in);
        default:
            return std::nullopt;
    }
}

std::string take_string(Cursor& in) {
    std::string value;
    in.expect('"');
    while (in.ok && !in.take('"')) {
        if (in.rest.empty() || static_cast<unsigned char>(in.rest[0]) < 0x20) {
            in.ok = false;
            break;
        }
        const std::optional<char32_t> next = in.take('\\') ? take_escape(in) : take_code_point(in.rest);
        in.ok = next.has_value();
        if (next) append_code_point(value, *next);
    }
    return value;
}

std::int64_t take_integer(Cursor& in) {
    const std::size_t end = std::min(in.rest.find_first_not_of("-0123456789"), in.rest.size());
    const std::string_view digits = in.rest.substr(0, end);
    std::int64_t value = 0;
    const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    // One spelling per number: this is what refuses 007, -0 and 1-2.
    in.ok = error == std::errc{} && stop == digits.data() + digits.size() && std::to_string(value) == digits;
    in.rest.remove_prefix(end);
    return value;
}

FlatValue take_value(Cursor& in) {
    if (!in.rest.empty() && in.rest[0] == '"') return take_string(in);
    return take_integer(in);
}

void append_escaped(std::string& out, std::string_view text) {
    for (const char character : text) {
        if (character == '"' || character == '\\') {
            out += '\\';
            out += character;
        } else if (static_cast<unsigned char>(character) < 0x20) {
            out += "\\u00";
            out += to_hex(base::as_bytes({&character, 1}));
        } else {
            out += character;
        }
    }
}

}  // namespace

std::optional<FlatObject> FlatObject::parse(std::string_view text) {
    FlatObject object;
    Cursor in{text};
    in.skip_space();
    in.expect('{');
    in.skip_space();
    bool closed = in.take('}');
    while (in.ok && !closed) {
        in.skip_space();
        std::string name = take_string(in);
        in.skip_space();
        in.expect(':');
        in.skip_space();
        if (!in.ok || object.find(name) != nullptr) return std::nullopt;
        object.members_.emplace_back(std::move(name), take_value(in));
        in.skip_space();
        closed = in.take('}');
        if (!closed) in.expect(',');
    }
    in.skip_space();
    if (!in.ok || !in.rest.empty()) return std::nullopt;
    return object;
}

const FlatValue* FlatObject::find(std::string_view name) const {
    for (const auto& [member_name, value] : members_) {
        if (member_name == name) return &value;
    }
    return nullptr;
}

const std::string* FlatObject::text(std::string_view name) const {
    const FlatValue* const value = find(name);
    return value == nullptr ? nullptr : std::get_if<std::string>(value);
}

const std::int64_t* FlatObject::integer(std::string_view name) const {
    const FlatValue* const value = find(name);
    return value == nullptr ? nullptr : std::get_if<std::int64_t>(value);
}

void FlatObjectWriter::put_name(std::string_view name) {
    if (out_.size() > 1) out_ += ',';
    out_ += '"';
    append_escaped(out_, name);
    out_ += "\":";
}

void FlatObjectWriter::put(std::string_view name, std::string_view value) {
    put_name(name);
    out_ += '"';
    append_escaped(out_, value);
    out_ += '"';
}

void FlatObjectWriter::put(std::string_view name, std::int64_t value) {
    put_name(name);
    out_ += std::to_string(value);
}

std::string FlatObjectWriter::finish() {
    out_ += '}';
    return std::exchange(out_, std::string(1, '{'));
}

}  // namespace sauda::identity
