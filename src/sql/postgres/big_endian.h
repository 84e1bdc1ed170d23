/// Whole numbers as PostgreSQL's binary format has them: big-endian, two's complement.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sauda::sql::postgres {

template <class Number>
void append_big_endian(std::string& to, Number number) {
    for (int shift = static_cast<int>(sizeof number) * 8; shift > 0;)
        to.push_back(static_cast<char>(static_cast<std::uint64_t>(number) >> (shift -= 8)));
}

/// A number of 1, 2, 4 or 8 bytes; of none, which is NULL: zero.
inline std::int64_t read_big_endian(std::string_view bytes) {
    std::uint64_t number = !bytes.empty() && (bytes.front() & 0x80) != 0 ? ~std::uint64_t{0} : 0;
    for (const char byte : bytes) number = number << 8 | static_cast<unsigned char>(byte);
    return static_cast<std::int64_t>(number);
}

}  // namespace sauda::sql::postgres
