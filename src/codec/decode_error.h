/// Why bytes could not be read. One list for every binary form of the codec.
#pragma once

#include <cstdint>
#include <string_view>

namespace sauda::codec {

enum class DecodeError : std::uint8_t {
    truncated,        ///< fewer bytes than the form needs
    trailing_bytes,   ///< more bytes than the form has
    unknown_tag,      ///< a kind of record that this version does not know
    unknown_version,  ///< a layout that this version does not know
    unknown_flags,    ///< a flag that this version does not know, or one that does not belong to the record
    out_of_range,     ///< a number, enumerator or count that no writer writes
    not_canonical,    ///< a value written otherwise than its writer writes it
    invalid_text,     ///< text too long, or with bytes that are not printable ASCII
    bad_checksum,     ///< the bytes are not those that were written
};

/// The enumerator's own name, for logs.
std::string_view name(DecodeError error);

}  // namespace sauda::codec
