/// Commands as compact bytes: what one bus frame carries and one journal record holds.
///
///   width   field
///   u8      tag: index of the alternative in core::CommandBody
///   u8      flags, below: which optional fields follow
///   u64     gateway             } if has_id
///   varint  gateway sequence    }
///   i64     deadline (ns)         if has_deadline
///   ...     the body, field by field in the order of its struct; see command_codec.cpp
///
/// varint: LEB128 of the 64-bit pattern, lowest 7 bits first, in its shortest form. text: u8 size, then its
/// bytes. Every command has exactly one encoding: zeros are omitted by flag, never written, and a decoder
/// refuses anything its encoder would not write. The body's meaning (a negative price, an unknown market) is
/// core's to refuse.
///
/// A limit place of a gateway with a deadline and without client order id is 30 to 40 bytes.
#pragma once

#include <cstddef>

#include "base/bytes.h"
#include "base/result.h"
#include "codec/decode_error.h"
#include "core/command.h"

namespace sauda::codec {

/// No encoded command is longer.
inline constexpr std::size_t command_size_max = 256;

/// Appends `command` to `out`.
/// Requires: texts hold printable ASCII only (the edge has validated them); enumerators are named ones.
void encode_command(const core::Command& command, base::Bytes& out);

/// Reads the one command that `bytes` hold. Any other bytes are refused, whatever they are.
base::Result<core::Command, DecodeError> decode_command(base::ByteView bytes);

/// The same where the command shall stand, without a copy. Whatever `into` was is gone; after a refusal it is
/// any command.
base::Result<void, DecodeError> decode_command(base::ByteView bytes, core::Command& into);

}  // namespace sauda::codec
