/// Bytes as tests spell them.
#pragma once

#include <initializer_list>
#include <string>

#include "base/bytes.h"

namespace sauda::codec {

inline std::string hex(const base::Bytes& bytes) {
    std::string text;
    for (const std::byte byte : bytes) {
        for (const int digit : {std::to_integer<int>(byte) >> 4, std::to_integer<int>(byte) & 15})
            text.push_back("0123456789abcdef"[digit]);
    }
    return text;
}

inline base::Bytes raw(std::initializer_list<int> values) {
    base::Bytes bytes;
    for (const int value : values) bytes.push_back(static_cast<std::byte>(value));
    return bytes;
}

}  // namespace sauda::codec
