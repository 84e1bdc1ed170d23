/// Commands as compact bytes: what one bus frame carries and one journal record holds.
///
/// A packed record (codec/packed_coder.h) of kind 0x80 | index of the alternative in core::CommandBody. Its
/// numbers are the gateway, the gateway's sequence, the deadline (ns), and then those of the body, whose
/// fields come in the order of codec/command_fields.h.
///
/// Every command has exactly one encoding: a decoder refuses anything its encoder would not write. (Layout 1,
/// old_command_codec.h, is read too, and there too each has one. It is never encoded any more, but a frame of
/// an older gateway stands in the journal as it came.) The body's meaning (a negative price, an unknown
/// market) is core's to refuse.
///
/// A limit place of a gateway with a deadline and without client order id is 35 to 41 bytes.
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

/// Reads the one command that `bytes` hold, in this layout or in layout 1. Any other bytes are refused,
/// whatever they are.
base::Result<core::Command, DecodeError> decode_command(base::ByteView bytes);

/// The same where the command shall stand, without a copy. Whatever `into` was is gone; after a refusal it is
/// any command.
base::Result<void, DecodeError> decode_command(base::ByteView bytes, core::Command& into);

}  // namespace sauda::codec
