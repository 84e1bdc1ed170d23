/// What every layout writes the same way: fields of fixed width as they stand, texts (their size as u8, then
/// their bytes), and flags, which whoever makes the record puts where it likes. Numbers and enumerators are
/// each layout's own.
///
/// Internal to the codec.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

#include "base/assert.h"
#include "base/bytes.h"
#include "codec/coder_vocabulary.h"
#include "codec/decode_error.h"
#include "core/types/text.h"

namespace sauda::codec {

/// Writes into a fixed room on the stack.
template <class Derived, std::size_t Room>
class PlainEncoder : public CoderVocabulary<Derived> {
public:
    static constexpr bool is_encoder = true;

    template <class T>
    void raw(const T& value) {
        static_assert(std::has_unique_object_representations_v<T>);
        put(&value, sizeof(T));
    }
    void boolean(const bool& value) { raw(static_cast<std::uint8_t>(value)); }
    template <std::size_t Size>
    void text(const core::Text<Size>& text) {
        ASSERT(text.size <= Size && is_printable_ascii(text.view()));
        raw(text.size);
        put(text.characters.data(), text.size);
    }
    /// Turns a flag of the record on when `value` is.
    void flag(std::uint8_t bit, const bool& value) {
        if (value) flags_ |= bit;
    }
    template <std::size_t Size>
    void optional_text(std::uint8_t bit, const core::Text<Size>& value) {
        flag(bit, !value.empty());
        if (!value.empty()) text(value);
    }

    std::uint8_t flags() const { return flags_; }
    base::ByteView bytes() const { return {bytes_, size_}; }

protected:
    void put(const void* bytes, std::size_t size) {
        ASSERT(size_ + size <= Room);
        std::memcpy(bytes_ + size_, bytes, size);
        size_ += size;
    }

private:
    std::byte bytes_[Room];
    std::size_t size_ = 0;
    std::uint8_t flags_ = 0;
};

/// Reads what the encoder wrote. The first failure sticks, and nothing is left after it.
template <class Derived>
class PlainDecoder : public CoderVocabulary<Derived> {
public:
    static constexpr bool is_encoder = false;

    template <class T>
    void raw(T& value) {
        if (left() < sizeof(T)) return fail(DecodeError::truncated);
        std::memcpy(&value, at_, sizeof(T));
        at_ += sizeof(T);
    }
    void boolean(bool& value) {
        std::uint8_t read = 0;
        raw(read);
        if (read > 1) return fail(DecodeError::out_of_range);
        value = read == 1;
    }
    template <std::size_t Size>
    void text(core::Text<Size>& text) {
        DecodeError error{};
        const std::byte* const behind = read_text(at_, end_, text, error);
        if (behind == nullptr) return fail(error);
        at_ = behind;
    }
    void flag(std::uint8_t bit, bool& value) {
        value = (flags_ & bit) != 0;
        flags_ &= static_cast<std::uint8_t>(~bit);
    }
    template <std::size_t Size>
    void optional_text(std::uint8_t bit, core::Text<Size>& value) {
        bool given = false;
        flag(bit, given);
        if (!given) return;
        text(value);
        if (value.empty()) fail(DecodeError::not_canonical);
    }

    void fail(DecodeError error) {
        if (!failed_) error_ = error;
        failed_ = true;
        at_ = end_;
    }
    bool failed() const { return failed_; }
    DecodeError error() const { return error_; }
    std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }
    /// True when no flag is left that nobody took.
    bool flags_are_taken() const { return flags_ == 0; }

protected:
    explicit PlainDecoder(base::ByteView bytes, std::uint8_t flags = 0)
        : at_(bytes.data()), end_(bytes.data() + bytes.size()), flags_(flags) {}

    const std::byte* at_;
    const std::byte* end_;
    std::uint8_t flags_;  ///< that the record announced and nobody has taken

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

    bool failed_ = false;
    DecodeError error_{};
};

}  // namespace sauda::codec
