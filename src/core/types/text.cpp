#include "core/types/text.h"

#include <algorithm>

namespace sauda::core {

namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}
bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}

}  // namespace

bool is_valid_client_order_id(std::string_view text) {
    constexpr std::string_view punctuation = "-_:./";
    return !text.empty() && text.size() <= client_order_id_size_max && std::ranges::all_of(text, [&](char c) {
        return is_digit(c) || is_upper(c) || is_lower(c) || punctuation.find(c) != std::string_view::npos;
    });
}

bool is_valid_transfer_reference(std::string_view text) {
    return !text.empty() && text.size() <= transfer_reference_size_max &&
           std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7F && c != '"' && c != '\\'; });
}

bool is_valid_shard_name(std::string_view text) {
    return !text.empty() && text.size() <= shard_name_size_max &&
           std::ranges::all_of(text, [](char c) { return is_digit(c) || is_lower(c) || c == '-'; });
}

bool is_valid_name(std::string_view text, std::size_t size_max) {
    return !text.empty() && text.size() <= size_max && text.front() != '_' &&
           std::ranges::all_of(text, [](char c) { return is_digit(c) || is_upper(c) || c == '_'; });
}

}  // namespace sauda::core
