/// Records whose numbers stand at fixed places, of which the bytes that are zero are not stored.
///
///   u8    kind
///   u8    flags
///   u64   mask: which of the 64 bytes of numbers are not zero, the lowest bit for the first
///   ...   those
///   ...   what is no number, in order: identifiers, texts, small fields (codec/plain_coder.h)
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

#include "base/assert.h"
#include "base/bytes.h"
#include "base/result.h"
#include "base/sparse_block.h"
#include "codec/plain_coder.h"

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
class PackedEncoder : public PlainEncoder<PackedEncoder<Room>, Room> {
public:
    template <std::integral T>
    void number(const T& value) {
        ASSERT(number_bytes_ + sizeof(T) <= base::Block::size);
        std::memcpy(numbers_.bytes.data() + number_bytes_, &value, sizeof(T));
        number_bytes_ += sizeof(T);
    }
    /// Requires: value <= last.
    template <class Enum>
    void enumerator(FlagBits bits, const Enum& value, Enum last) {
        ASSERT(value <= last);
        this->flag(static_cast<std::uint8_t>(static_cast<std::uint8_t>(value) << bits.lowest), true);
    }
    /// Zero takes no bytes, and so needs no flag.
    template <class Unit>
    void optional_unit(std::uint8_t, const Unit& unit) {
        number(unit.raw);
    }

    /// Appends the record.
    void finish(std::uint8_t kind, base::Bytes& out) const {
        base::ByteWriter writer(out);
        writer.put(kind);
        writer.put(this->flags());
        const std::size_t mask_at = out.size();
        writer.put(std::uint64_t{0});
        const std::uint64_t mask = base::append_nonzero(numbers_, out);
        std::memcpy(out.data() + mask_at, &mask, sizeof(mask));
        writer.put_bytes(this->bytes());
    }

private:
    base::Block numbers_{};
    std::size_t number_bytes_ = 0;
};

/// Reads what the encoder wrote; whether all of it was in order is told at the end. Values read where it was
/// not are any.
class PackedDecoder : public PlainDecoder<PackedDecoder> {
public:
    explicit PackedDecoder(const PackedRecord& record)
        : PlainDecoder(record.others, record.flags), record_(record) {}

    template <std::integral T>
    void number(T& value) {
        ASSERT(number_bytes_ + sizeof(T) <= base::Block::size);
        std::memcpy(&value, record_.numbers.bytes.data() + number_bytes_, sizeof(T));
        number_bytes_ += sizeof(T);
    }
    template <class Enum>
    void enumerator(FlagBits bits, Enum& value, Enum last) {
        value = Enum{static_cast<std::uint8_t>((flags_ & bits.mask()) >> bits.lowest)};
        flags_ &= static_cast<std::uint8_t>(~bits.mask());
        if (value > last) [[unlikely]]
            fail(DecodeError::out_of_range);
    }
    template <class Unit>
    void optional_unit(std::uint8_t, Unit& unit) {
        number(unit.raw);
    }

    /// Whether the record was read to its end and nothing stands in it that no field takes.
    base::Result<void, DecodeError> result() const {
        if (failed() || !flags_are_taken() || left() != 0 || has_more_numbers()) [[unlikely]]
            return base::Unexpected{why_not()};
        return {};
    }

private:
    bool has_more_numbers() const {
        return number_bytes_ < base::Block::size && record_.mask >> number_bytes_ != 0;
    }
    DecodeError why_not() const {
        if (failed()) return error();
        if (!flags_are_taken()) return DecodeError::unknown_flags;
        return left() != 0 ? DecodeError::trailing_bytes : DecodeError::not_canonical;
    }

    const PackedRecord& record_;
    std::size_t number_bytes_ = 0;
};

}  // namespace sauda::codec
