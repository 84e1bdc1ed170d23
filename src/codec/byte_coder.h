/// Fields one behind the other, numbers as varints: LEB128 of the 64-bit pattern, lowest 7 bits first, in its
/// shortest form. A text is its size (u8) and then its bytes.
///
/// Internal to the codec.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string_view>
#include <type_traits>

#include "base/assert.h"
#include "base/bytes.h"
#include "codec/coder_vocabulary.h"
#include "codec/decode_error.h"
#include "core/types/ids.h"
#include "core/types/text.h"

namespace sauda::codec {

/// Writes into a fixed room on the stack, then all at once: no command needs more.
template <std::size_t Room>
class ByteEncoder : public CoderVocabulary<ByteEncoder<Room>> {
public:
    static constexpr bool is_encoder = true;

    template <class T>
    void raw(const T& value) {
        static_assert(std::has_unique_object_representations_v<T>);
        ASSERT(size_ + sizeof(T) <= Room);
        std::memcpy(bytes_ + size_, &value, sizeof(T));
        size_ += sizeof(T);
    }
    /// As a varint.
    template <std::integral T>
    void number(const T& value) {
        auto rest = static_cast<std::uint64_t>(value);
        ASSERT(size_ + 10 <= Room);
        while (rest >= 0x80) {
            bytes_[size_++] = static_cast<std::byte>(rest | 0x80);
            rest >>= 7;
        }
        bytes_[size_++] = static_cast<std::byte>(rest);
    }
    /// Requires: value <= last.
    template <class Enum>
    void enumerator(const Enum& value, Enum last) {
        ASSERT(value <= last);
        raw(value);
    }
    template <class Enum>
    void enumerator(FlagBits, const Enum& value, Enum last) {
        enumerator(value, last);
    }
    void boolean(const bool& value) { raw(static_cast<std::uint8_t>(value)); }
    template <std::size_t Size>
    void text(const core::Text<Size>& text) {
        ASSERT(text.size <= Size && is_printable_ascii(text.view()));
        ASSERT(size_ + 1 + text.size <= Room);
        raw(text.size);
        std::memcpy(bytes_ + size_, text.characters.data(), text.size);
        size_ += text.size;
    }

    /// Turns a flag of the record on when `value` is.
    void flag(std::uint8_t bit, const bool& value) {
        if (value) flags_ |= bit;
    }
    /// A number that is mostly zero: announced by a flag, or not there.
    template <class Unit>
    void optional_unit(std::uint8_t bit, const Unit& unit) {
        flag(bit, unit.raw != 0);
        if (unit.raw != 0) number(unit.raw);
    }
    template <std::size_t Size>
    void optional_text(std::uint8_t bit, const core::Text<Size>& value) {
        flag(bit, !value.empty());
        if (!value.empty()) text(value);
    }

    std::uint8_t flags() const { return flags_; }
    base::ByteView bytes() const { return {bytes_, size_}; }

private:
    std::byte bytes_[Room];
    std::size_t size_ = 0;
    std::uint8_t flags_ = 0;
};

/// Reads what the encoder wrote. The first failure sticks; values read after it are zero.
class ByteDecoder : public CoderVocabulary<ByteDecoder> {
public:
    static constexpr bool is_encoder = false;

    explicit ByteDecoder(base::ByteView bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

    template <class T>
    void raw(T& value) {
        if (left() < sizeof(T)) return fail(DecodeError::truncated);
        std::memcpy(&value, at_, sizeof(T));
        at_ += sizeof(T);
    }
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
    void boolean(bool& value) {
        std::uint8_t read = 0;
        raw(read);
        if (read > 1) return fail(DecodeError::out_of_range);
        value = read == 1;
    }
    template <std::size_t Size>
    void text(core::Text<Size>& text) {
        std::uint8_t size = 0;
        raw(size);
        if (size > Size) return fail(DecodeError::invalid_text);
        if (left() < size) return fail(DecodeError::truncated);
        const std::string_view read{reinterpret_cast<const char*>(at_), size};
        if (!is_printable_ascii(read)) return fail(DecodeError::invalid_text);
        text = core::Text<Size>(read);
        at_ += size;
    }

    /// The flags that the record announced; each is taken by the field it belongs to.
    void set_flags(std::uint8_t flags) { flags_ = flags; }
    void flag(std::uint8_t bit, bool& value) {
        value = (flags_ & bit) != 0;
        flags_ &= static_cast<std::uint8_t>(~bit);
    }
    template <class Unit>
    void optional_unit(std::uint8_t bit, Unit& unit) {
        bool given = false;
        flag(bit, given);
        if (!given) return;
        number(unit.raw);
        if (unit.raw == 0) fail(DecodeError::not_canonical);
    }
    template <std::size_t Size>
    void optional_text(std::uint8_t bit, core::Text<Size>& value) {
        bool given = false;
        flag(bit, given);
        if (!given) return;
        text(value);
        if (value.empty()) fail(DecodeError::not_canonical);
    }
    /// True when no flag is left that nobody took.
    bool flags_are_taken() const { return flags_ == 0; }

    void fail(DecodeError error) {
        if (!failed_) error_ = error;
        failed_ = true;
        at_ = end_;
    }
    bool failed() const { return failed_; }
    DecodeError error() const { return error_; }
    std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }

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

    const std::byte* at_;
    const std::byte* end_;
    std::uint8_t flags_ = 0;
    bool failed_ = false;
    DecodeError error_{};
};

}  // namespace sauda::codec
