#include "codec/command_codec.h"

#include <array>
#include <cstdint>
#include <utility>
#include <variant>

#include "codec/command_fields.h"
#include "codec/old_command_codec.h"
#include "codec/packed_coder.h"

namespace sauda::codec {

namespace {

constexpr std::uint8_t layout_2 = 0x80;  // tags of layout 1 are below
static_assert(std::variant_size_v<core::CommandBody> <= layout_2);

template <class Coder>
void identity(Coder& coder, Subject<Coder, core::Command>& command) {
    coder.number(command.id.gateway);
    coder.number(command.id.sequence);
    coder.unit(command.deadline);
}

using CommandReader = base::Result<void, DecodeError> (*)(const PackedRecord&, core::Command&);

template <std::size_t Tag>
[[gnu::flatten]] inline base::Result<void, DecodeError> read_command(const PackedRecord& record,
                                                                     core::Command& command) {
    PackedDecoder decoder(record);
    identity(decoder, command);
    fields(decoder, command.body.emplace<Tag>());
    return decoder.result();
}

template <std::size_t... Tags>
constexpr auto make_command_readers(std::index_sequence<Tags...>) {
    return std::array<CommandReader, sizeof...(Tags)>{&read_command<Tags>...};
}
constexpr auto command_readers =
    make_command_readers(std::make_index_sequence<std::variant_size_v<core::CommandBody>>{});

template <class Body>
constexpr std::size_t tag_of = core::CommandBody(Body{}).index();

}  // namespace

void encode_command(const core::Command& command, base::Bytes& out) {
    PackedEncoder<command_size_max - base::Block::size - PackedRecord::head_size> encoder;
    identity(encoder, command);
    std::visit([&](const auto& body) { fields(encoder, body); }, command.body);
    encoder.finish(static_cast<std::uint8_t>(layout_2 | command.body.index()), out);
}

base::Result<core::Command, DecodeError> decode_command(base::ByteView bytes) {
    core::Command command;
    if (const auto done = decode_command(bytes, command); !done) return base::Unexpected{done.error()};
    return command;
}

base::Result<void, DecodeError> decode_command(base::ByteView bytes, core::Command& command) {
    if (bytes.empty()) return base::Unexpected{DecodeError::truncated};
    const std::size_t tag = static_cast<std::uint8_t>(bytes.front()) ^ layout_2;
    if (tag >= command_readers.size()) [[unlikely]] {
        if (tag >= layout_2) return decode_old_command(bytes, command);
        return base::Unexpected{DecodeError::unknown_tag};
    }
    PackedRecord record;
    if (const auto taken = record.take(bytes); !taken) return taken;
    switch (tag) {  // the three that nearly all commands are without a table
        case tag_of<core::PlaceOrder>:
            return read_command<tag_of<core::PlaceOrder>>(record, command);
        case tag_of<core::AmendOrder>:
            return read_command<tag_of<core::AmendOrder>>(record, command);
        case tag_of<core::CancelOrder>:
            return read_command<tag_of<core::CancelOrder>>(record, command);
        default:
            return command_readers[tag](record, command);
    }
}

}  // namespace sauda::codec
