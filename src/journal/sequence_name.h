/// File names that begin with a sequence: 20 digits, so that names sort as sequences do.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sauda::journal {

/// "00000000000000000017.seg" for 17 and ".seg".
std::string sequence_name(std::uint64_t sequence, std::string_view suffix);

/// The sequence of such a name; nothing for any other name.
std::optional<std::uint64_t> sequence_of_name(std::string_view name, std::string_view suffix);

}  // namespace sauda::journal
