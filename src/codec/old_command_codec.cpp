#include "codec/old_command_codec.h"

#include <array>
#include <cstdint>
#include <utility>
#include <variant>

#include "codec/byte_coder.h"
#include "codec/command_fields.h"

namespace sauda::codec {

namespace {

constexpr std::uint8_t has_id = 1;
constexpr std::uint8_t has_deadline = 2;

using BodyReader = void (*)(ByteDecoder&, core::CommandBody&);

template <std::size_t Tag>
void read_alternative(ByteDecoder& decoder, core::CommandBody& body) {
    fields(decoder, body.emplace<Tag>());
}

template <std::size_t... Tags>
constexpr auto make_body_readers(std::index_sequence<Tags...>) {
    return std::array<BodyReader, sizeof...(Tags)>{&read_alternative<Tags>...};
}
constexpr auto body_readers =
    make_body_readers(std::make_index_sequence<std::variant_size_v<core::CommandBody>>{});

}  // namespace

base::Result<void, DecodeError> decode_old_command(base::ByteView bytes, core::Command& command) {
    ByteDecoder decoder(bytes);
    std::uint8_t tag = 0;
    std::uint8_t flags = 0;
    decoder.raw(tag);
    decoder.raw(flags);
    if (decoder.failed()) return base::Unexpected{decoder.error()};
    if (tag >= body_readers.size()) return base::Unexpected{DecodeError::unknown_tag};
    decoder.set_flags(flags);

    bool with_id = false;
    bool with_deadline = false;
    decoder.flag(has_id, with_id);
    decoder.flag(has_deadline, with_deadline);
    command.id = {};
    command.deadline = {};
    if (with_id) {
        decoder.raw(command.id.gateway);
        decoder.number(command.id.sequence);
    }
    if (with_deadline) decoder.raw(command.deadline.raw);
    body_readers[tag](decoder, command.body);

    if (decoder.failed()) return base::Unexpected{decoder.error()};
    if (!decoder.flags_are_taken()) return base::Unexpected{DecodeError::unknown_flags};
    if (decoder.left() != 0) return base::Unexpected{DecodeError::trailing_bytes};
    const bool omits_zeros =
        with_id == (command.id != core::CommandId{}) && with_deadline == (command.deadline.raw != 0);
    if (!omits_zeros) return base::Unexpected{DecodeError::not_canonical};
    return {};
}

}  // namespace sauda::codec
