/// Commands of layout 1: those of journals begun before December 2026, and of gateways of that time, whose
/// frames stand in newer journals as they came. Read, never encoded.
///
///   width   field
///   u8      tag: index of the alternative in core::CommandBody
///   u8      flags: which optional fields follow
///   u64     gateway             } if flag 1
///   varint  gateway sequence    }
///   i64     deadline (ns)         if flag 2
///   ...     the body's fields (codec/command_fields.h), numbers as varints (codec/byte_coder.h)
///
/// Internal to the codec.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "codec/decode_error.h"
#include "core/command.h"

namespace sauda::codec {

/// As decode_command.
base::Result<void, DecodeError> decode_old_command(base::ByteView bytes, core::Command& into);

}  // namespace sauda::codec
