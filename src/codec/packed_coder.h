/// Records whose numbers stand at fixed places, of which the bytes that are zero are not stored.
///
///   u8    kind
///   u8    flags
///   u64   mask: which of the 64 bytes of numbers are not zero, the lowest bit for the first
///   ...   those
///   ...   what is no number, in order: identifiers, texts (u8 size, then bytes), small fields
///
/// The numbers stand one behind the other, each in its width, lowest byte first; behind the last come zeros.
/// A stored byte that is zero is refused, as are bytes and flags that no field takes: a record has one form.
///
/// All numbers of a record are read in a few instructions, the same ones whatever they are. (What is read of
/// a varint depends on every byte before it, and a processor that guesses a length wrongly loses as much time
/// as reading the record takes here.)
///
/// Internal to the codec.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/result.h"
#include "base/sparse_block.h"
#include "codec/coder_vocabulary.h"
#include "codec/decode_error.h"
#include "core/types/text.h"

namespace sauda::codec {

/// A record taken apart, all but its kind.
struct PackedRecord {
    static constexpr std::size_t head_size = 10;

    std::uint8_t flags;
    std::uint64_t mask;
    base::Block numbers;
    base::ByteView others;

    /// Takes `bytes` apart. Where it fails the record is any.
    base::Result<void, DecodeError> take(base::ByteView bytes) {
        if (bytes.size() < head_size) return base::Unexpected{DecodeError::truncated};
        flags = static_cast<std::uint8_t>(bytes[1]);
        std::memcpy(&mask, bytes.data() + 2, sizeof(mask));
        const auto stored = static_cast<std::size_t>(std::popcount(mask));
        if (bytes.size() - head_size < stored) return base::Unexpected{DecodeError::truncated};
        others = bytes.subspan(head_size + stored);
        if (!base::spread_nonzero(mask, bytes.data() + head_size, numbers))
            return base::Unexpected{DecodeError::not_canonical};
        return {};
    }
};

/// Numbers and the rest apart, then all at once: no record needs more than `Room` bytes beside its numbers.
template <std::size_t Room>
class PackedEncoder : public CoderVocabulary<PackedEncoder<Room>> {
public:
    static constexpr bool is_encoder = true;

    template <std::integral T>
    void number(const T& value) {
        ASSERT(number_bytes_ + sizeof(T) <= base::Block::size);
        std::memcpy(numbers_.bytes.data() + number_bytes_, &value, sizeof(T));
        number_bytes_ += sizeof(T);
    }
    template <class T>
    void raw(const T& value) {
        static_assert(std::has_unique_object_representations_v<T>);
        put(&value, sizeof(T));
    }
    /// Requires: value <= last.
    template <class Enum>
    void enumerator(FlagBits bits, const Enum& value, Enum last) {
        ASSERT(value <= last);
        flags_ |= static_cast<std::uint8_t>(static_cast<std::uint8_t>(value) << bits.lowest);
    }
    void boolean(const bool& value) { raw(static_cast<std::uint8_t>(value)); }
    template <std::size_t Size>
    void text(const core::Text<Size>& text) {
        ASSERT(text.size <= Size && is_printable_ascii(text.view()));
        raw(text.size);
        put(text.characters.data(), text.size);
    }

    void flag(std::uint8_t bit, const bool& value) {
        if (value) flags_ |= bit;
    }
    /// Zero takes no bytes, and so needs no flag.
    template <class Unit>
    void optional_unit(std::uint8_t, const Unit& unit) {
        number(unit.raw);
    }
    template <std::size_t Size>
    void optional_text(std::uint8_t bit, const core::Text<Size>& value) {
        flag(bit, !value.empty());
        if (!value.empty()) text(value);
    }

    /// Appends the record.
    void finish(std::uint8_t kind, base::Bytes& out) const {
        base::ByteWriter writer(out);
        writer.put(kind);
        writer.put(flags_);
        const std::size_t mask_at = out.size();
        writer.put(std::uint64_t{0});
        const std::uint64_t mask = base::append_nonzero(numbers_, out);
        std::memcpy(out.data() + mask_at, &mask, sizeof(mask));
        writer.put_bytes({others_, other_bytes_});
    }

private:
    void put(const void* bytes, std::size_t size) {
        ASSERT(other_bytes_ + size <= Room);
        std::memcpy(others_ + other_bytes_, bytes, size);
        other_bytes_ += size;
    }

    base::Block numbers_{};
    std::byte others_[Room];
    std::size_t number_bytes_ = 0;
    std::size_t other_bytes_ = 0;
    std::uint8_t flags_ = 0;
};

/// Reads what the encoder wrote; whether all of it was in order is told at the end. Values read where it was
/// not are any.
class PackedDecoder : public CoderVocabulary<PackedDecoder> {
public:
    static constexpr bool is_encoder = false;

    explicit PackedDecoder(const PackedRecord& record)
        : record_(record),
          other_(record.others.data()),
          end_(record.others.data() + record.others.size()),
          flags_(record.flags) {}

    template <std::integral T>
    void number(T& value) {
        ASSERT(number_bytes_ + sizeof(T) <= base::Block::size);
        std::memcpy(&value, record_.numbers.bytes.data() + number_bytes_, sizeof(T));
        number_bytes_ += sizeof(T);
    }
    template <class T>
    void raw(T& value) {
        if (left() < sizeof(T)) return fail(DecodeError::truncated);
        std::memcpy(&value, other_, sizeof(T));
        other_ += sizeof(T);
    }
    template <class Enum>
    void enumerator(FlagBits bits, Enum& value, Enum last) {
        value = Enum{static_cast<std::uint8_t>((flags_ & bits.mask()) >> bits.lowest)};
        flags_ &= static_cast<std::uint8_t>(~bits.mask());
        if (value > last) [[unlikely]]
            fail(DecodeError::out_of_range);
    }
    void boolean(bool& value) {
        std::uint8_t read = 0;
        raw(read);
        if (read > 1) fail(DecodeError::out_of_range);
        value = read == 1;
    }
    template <std::size_t Size>
    void text(core::Text<Size>& text) {
        DecodeError error{};
        const std::byte* const behind = read_text(other_, end_, text, error);
        if (behind == nullptr) return fail(error);
        other_ = behind;
    }

    void flag(std::uint8_t bit, bool& value) {
        value = (flags_ & bit) != 0;
        flags_ &= static_cast<std::uint8_t>(~bit);
    }
    template <class Unit>
    void optional_unit(std::uint8_t, Unit& unit) {
        number(unit.raw);
    }
    template <std::size_t Size>
    void optional_text(std::uint8_t bit, core::Text<Size>& value) {
        bool given = false;
        flag(bit, given);
        if (!given) return;
        text(value);
        if (value.empty()) fail(DecodeError::not_canonical);
    }

    /// Whether the record was read to its end and nothing stands in it that no field takes.
    base::Result<void, DecodeError> result() const {
        if (failed_ || flags_ != 0 || other_ != end_ || has_more_numbers()) [[unlikely]]
            return base::Unexpected{why_not()};
        return {};
    }

private:
    /// Reads the text at the front and returns what is behind it; null where there is none. A function of its
    /// own, so that the decoder of a record without texts stays in registers.
    template <std::size_t Size>
    [[gnu::noinline]] static const std::byte* read_text(const std::byte* from, const std::byte* end,
                                                        core::Text<Size>& text, DecodeError& error) {
        error = DecodeError::truncated;
        if (from == end) return nullptr;
        const auto size = static_cast<std::size_t>(*from++);
        if (size > Size) return error = DecodeError::invalid_text, nullptr;
        if (static_cast<std::size_t>(end - from) < size) return nullptr;
        const std::string_view read{reinterpret_cast<const char*>(from), size};
        if (!is_printable_ascii(read)) return error = DecodeError::invalid_text, nullptr;
        text = core::Text<Size>(read);
        return from + size;
    }

    std::size_t left() const { return static_cast<std::size_t>(end_ - other_); }
    bool has_more_numbers() const {
        return number_bytes_ < base::Block::size && record_.mask >> number_bytes_ != 0;
    }
    void fail(DecodeError error) {
        if (!failed_) error_ = error;
        failed_ = true;
        other_ = end_;
    }
    DecodeError why_not() const {
        if (failed_) return error_;
        if (flags_ != 0) return DecodeError::unknown_flags;
        return other_ != end_ ? DecodeError::trailing_bytes : DecodeError::not_canonical;
    }

    const PackedRecord& record_;
    const std::byte* other_;
    const std::byte* end_;
    std::size_t number_bytes_ = 0;
    std::uint8_t flags_;  ///< that nobody has taken
    bool failed_ = false;
    DecodeError error_{};
};

}  // namespace sauda::codec
