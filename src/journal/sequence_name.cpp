#include "journal/sequence_name.h"

#include <charconv>

namespace sauda::journal {

namespace {

constexpr std::size_t digit_count = 20;

}  // namespace

std::string sequence_name(std::uint64_t sequence, std::string_view suffix) {
    std::string name = std::to_string(sequence);
    name.insert(0, digit_count - name.size(), '0');
    name.append(suffix);
    return name;
}

std::optional<std::uint64_t> sequence_of_name(std::string_view name, std::string_view suffix) {
    if (name.size() != digit_count + suffix.size() || !name.ends_with(suffix)) return std::nullopt;
    std::uint64_t sequence = 0;
    const auto parsed = std::from_chars(name.data(), name.data() + digit_count, sequence);
    if (parsed.ec != std::errc{} || parsed.ptr != name.data() + digit_count) return std::nullopt;
    return sequence;
}

}  // namespace sauda::journal
