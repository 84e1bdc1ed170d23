#include "net/http_message.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/assert.h"

namespace sauda::net {
namespace {

constexpr std::array<std::string_view, 8> kMethodNames = {"GET",    "HEAD",  "POST",    "PUT",
                                                          "DELETE", "PATCH", "OPTIONS", "OTHER"};

constexpr std::pair<int, std::string_view> kReasons[] = {
    {100, "Continue"},
    {101, "Switching Protocols"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {418, "I'm a teapot"},
    {422, "Unprocessable Content"},
    {426, "Upgrade Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

void append_json_escaped(std::string& out, std::string_view text) {
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            std::array<char, 8> escape{};
            std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(c));
            out += escape.data();
        } else {
            out += c;
        }
    }
}

/// Leaves "/path?query" of "http://host/path?query"; other targets stay as they are.
std::string_view origin_form(std::string_view target) {
    const std::size_t scheme_end = target.find("://");
    if (target.starts_with('/') || scheme_end == std::string_view::npos) return target;
    const std::size_t path_begin = target.find_first_of("/?", scheme_end + 3);
    return path_begin == std::string_view::npos ? std::string_view("/") : target.substr(path_begin);
}

bool decode_query(std::string_view text, Query& query) {
    while (!text.empty()) {
        const std::string_view pair = text.substr(0, text.find('&'));
        text.remove_prefix(std::min(text.size(), pair.size() + 1));
        if (pair.empty()) continue;
        const std::size_t equals = std::min(pair.find('='), pair.size());
        auto name = percent_decode(pair.substr(0, equals), true);
        auto value = percent_decode(pair.substr(std::min(pair.size(), equals + 1)), true);
        if (!name || !value) return false;
        query.add(std::move(*name), std::move(*value));
    }
    return true;
}

}  // namespace

std::string_view method_name(Method method) {
    return kMethodNames[static_cast<std::size_t>(method)];
}

bool equals_ignoring_case(std::string_view left, std::string_view right) {
    return left.size() == right.size() && std::equal(left.begin(), left.end(), right.begin(),
                                                     [](char a, char b) { return lower(a) == lower(b); });
}

bool list_has_token(std::string_view value, std::string_view token) {
    while (!value.empty()) {
        const std::string_view item = value.substr(0, value.find(','));
        value.remove_prefix(std::min(value.size(), item.size() + 1));
        if (equals_ignoring_case(trimmed(item), token)) return true;
    }
    return false;
}

void Headers::add(std::string_view name, std::string_view value) {
    fields_.push_back({static_cast<std::uint32_t>(text_.size()), static_cast<std::uint32_t>(name.size()),
                       static_cast<std::uint32_t>(value.size())});
    text_.append(name).append(value);
}

void Headers::clear() {
    text_.clear();
    fields_.clear();
}

std::pair<std::string_view, std::string_view> Headers::at(std::size_t index) const {
    ASSERT(index < fields_.size());
    const Field& field = fields_[index];
    const std::string_view both(text_.data() + field.begin, field.name_size + field.value_size);
    return {both.substr(0, field.name_size), both.substr(field.name_size)};
}

std::optional<std::string_view> Headers::find(std::string_view name) const {
    for (std::size_t i = 0; i < fields_.size(); ++i) {
        if (fields_[i].name_size != name.size()) continue;
        const auto [field_name, value] = at(i);
        if (equals_ignoring_case(field_name, name)) return value;
    }
    return std::nullopt;
}

std::size_t Headers::count(std::string_view name) const {
    std::size_t found = 0;
    for (std::size_t i = 0; i < fields_.size(); ++i) found += equals_ignoring_case(at(i).first, name);
    return found;
}

std::optional<std::string_view> Query::get(std::string_view name) const {
    for (const auto& [key, value] : pairs_) {
        if (key == name) return value;
    }
    return std::nullopt;
}

Response error_response(int status, std::string_view code, std::string_view sentence) {
    Response response;
    response.status = status;
    response.body = R"({"status":"Error","error":")";
    append_json_escaped(response.body, sentence);
    response.body += R"(","code":")";
    append_json_escaped(response.body, code);
    response.body += R"("})";
    return response;
}

std::string_view reason_phrase(int status) {
    for (const auto& [known, reason] : kReasons) {
        if (known == status) return reason;
    }
    return "Unknown";
}

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+' && plus_is_space) {
            out += ' ';
        } else if (text[i] != '%') {
            out += text[i];
        } else {
            if (text.size() - i < 3) return std::nullopt;
            const int high = hex_digit(text[i + 1]);
            const int low = hex_digit(text[i + 2]);
            if (high < 0 || low < 0 || high + low == 0) return std::nullopt;
            out += static_cast<char>(high * 16 + low);
            i += 2;
        }
    }
    return out;
}

bool split_target(Request& request) {
    const std::string_view target = origin_form(request.target);
    const std::string_view path = target.substr(0, target.find('?'));
    const bool asterisk = path == "*" && request.method == Method::options;
    if (!asterisk && !path.starts_with('/') && !target.starts_with('?')) return false;
    auto decoded = percent_decode(path, false);
    if (!decoded) return false;
    request.path = decoded->empty() ? "/" : std::move(*decoded);
    request.raw_query = target.substr(std::min(target.size(), path.size() + 1));
    const bool decodable = decode_query(request.raw_query, request.query);
    // What was absolute is from now on as if sent in origin form.
    if (target.starts_with('?')) {
        request.target = std::string("/").append(target);
    } else if (target.size() != request.target.size()) {
        request.target = std::string(target);
    }
    return decodable;
}

}  // namespace sauda::net
