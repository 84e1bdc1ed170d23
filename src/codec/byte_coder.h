/// Fields one behind the other, numbers as varints: LEB128 of the 64-bit pattern, lowest 7 bits first, in its
/// shortest form. All else as in plain_coder.h.
///
/// Internal to the codec.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "base/assert.h"
#include "base/bytes.h"
#include "codec/plain_coder.h"

namespace sauda::codec {

/// No record needs more than `Room` bytes.
template <std::size_t Room>
class ByteEncoder : public PlainEncoder<ByteEncoder<Room>, Room> {
public:
    /// As a varint.
    template <std::integral T>
    void number(const T& value) {
        auto rest = static_cast<std::uint64_t>(value);
        for (; rest >= 0x80; rest >>= 7) this->raw(static_cast<std::uint8_t>(rest | 0x80));
        this->raw(static_cast<std::uint8_t>(rest));
    }
    /// Requires: value <= last.
    template <class Enum>
    void enumerator(const Enum& value, Enum last) {
        ASSERT(value <= last);
        this->raw(value);
    }
    template <class Enum>
    void enumerator(FlagBits, const Enum& value, Enum last) {
        enumerator(value, last);
    }
    /// A number that is mostly zero: announced by a flag, or not there.
    template <class Unit>
    void optional_unit(std::uint8_t bit, const Unit& unit) {
        this->flag(bit, unit.raw != 0);
        if (unit.raw != 0) number(unit.raw);
    }
};

/// Reads what the encoder wrote.
class ByteDecoder : public PlainDecoder<ByteDecoder> {
public:
    explicit ByteDecoder(base::ByteView bytes) : PlainDecoder(bytes) {}

    template <std::integral T>
    void number(T& value) {
        const std::uint64_t pattern = varint_pattern();
        if constexpr (sizeof(T) < 8) {
            if (pattern > static_cast<std::uint64_t>(std::numeric_limits<T>::max()))
                return fail(DecodeError::out_of_range);
        }
        value = static_cast<T>(pattern);
    }
    template <class Enum>
    void enumerator(Enum& value, Enum last) {
        Enum read{};
        raw(read);
        if (read > last) return fail(DecodeError::out_of_range);
        value = read;
    }
    template <class Enum>
    void enumerator(FlagBits, Enum& value, Enum last) {
        enumerator(value, last);
    }
    template <class Unit>
    void optional_unit(std::uint8_t bit, Unit& unit) {
        bool given = false;
        flag(bit, given);
        if (!given) return;
        number(unit.raw);
        if (unit.raw == 0) fail(DecodeError::not_canonical);
    }

    /// The flags that the record announced; each is taken by the field it belongs to.
    void set_flags(std::uint8_t flags) { flags_ = flags; }

private:
    std::uint64_t varint_pattern() {
        if (left() > 0 && *at_ < std::byte{0x80}) return static_cast<std::uint64_t>(*at_++);
        std::uint64_t value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            if (left() == 0) return fail(DecodeError::truncated), 0;
            const auto byte = static_cast<std::uint64_t>(*at_++);
            if (shift == 63 && byte > 1) return fail(DecodeError::out_of_range), 0;
            value |= (byte & 0x7F) << shift;
            if (byte >= 0x80) continue;
            // The shortest form never ends in a zero group.
            if (byte == 0 && shift > 0) return fail(DecodeError::not_canonical), 0;
            return value;
        }
        return fail(DecodeError::out_of_range), 0;
    }
};

}  // namespace sauda::codec
