#include "codec/decode_error.h"

namespace sauda::codec {

std::string_view name(DecodeError error) {
    switch (error) {
        case DecodeError::truncated:
            return "truncated";
        case DecodeError::trailing_bytes:
            return "trailing_bytes";
        case DecodeError::unknown_tag:
            return "unknown_tag";
        case DecodeError::unknown_version:
            return "unknown_version";
        case DecodeError::unknown_flags:
            return "unknown_flags";
        case DecodeError::out_of_range:
            return "out_of_range";
        case DecodeError::not_canonical:
            return "not_canonical";
        case DecodeError::invalid_text:
            return "invalid_text";
        case DecodeError::bad_checksum:
            return "bad_checksum";
    }
    return "unknown_error";
}

}  // namespace sauda::codec
