/// Two coders with one vocabulary: each view lists what it holds once, and the same list writes and reads it.
/// Internal to views.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "base/bytes.h"
#include "core/types/text.h"
#include "core/types/units.h"

namespace sauda::views {

/// Appends to `out`.
class CheckpointEncoder {
public:
    static constexpr bool is_encoder = true;

    explicit CheckpointEncoder(base::Bytes& out) : out_(out) {}

    template <class T>
    requires std::has_unique_object_representations_v<T>
    void raw(const T& value) {
        const std::size_t at = out_.size();
        out_.resize(at + sizeof(T));
        std::memcpy(out_.data() + at, &value, sizeof(T));
    }
    template <std::integral T>
    void number(const T& value) {
        std::byte bytes[10];
        std::size_t size = 0;
        auto rest = static_cast<std::uint64_t>(value);
        for (; rest >= 0x80; rest >>= 7) bytes[size++] = static_cast<std::byte>(rest | 0x80);
        bytes[size++] = static_cast<std::byte>(rest);
        out_.insert(out_.end(), bytes, bytes + size);
    }
    void wide(const core::Int128& value) {
        const auto pattern = static_cast<unsigned __int128>(value);
        number(static_cast<std::uint64_t>(pattern));
        number(static_cast<std::uint64_t>(pattern >> 64));
    }
    void boolean(const bool& value) { out_.push_back(static_cast<std::byte>(value ? 1 : 0)); }
    template <class Enum>
    void enumerator(const Enum& value, Enum) {
        raw(value);
    }
    template <std::size_t Size>
    void text(const core::Text<Size>& text) {
        raw(text.size);
        const auto* characters = reinterpret_cast<const std::byte*>(text.characters.data());
        out_.insert(out_.end(), characters, characters + text.size);
    }
    /// How many records follow, of at least one byte each.
    std::size_t count(std::size_t value) {
        number(value);
        return value;
    }
    /// What only a decoder finds wrong.
    void require(bool) {}
    bool ok() const { return true; }

private:
    base::Bytes& out_;
};

/// Reads what the encoder wrote. The first failure sticks; values read after it are zero, and counts too, so
/// that every loop ends.
class CheckpointDecoder {
public:
    static constexpr bool is_encoder = false;

    explicit CheckpointDecoder(base::ByteView bytes) : in_(bytes) {}

    template <class T>
    requires std::has_unique_object_representations_v<T>
    void raw(T& value) { value = in_.get<T>(); }
    template <std::integral T>
    void number(T& value) {
        const std::uint64_t pattern = varint();
        value = static_cast<T>(pattern);
        require(static_cast<std::uint64_t>(value) == pattern);
    }
    void wide(core::Int128& value) {
        const std::uint64_t low = varint();
        value = static_cast<core::Int128>((static_cast<unsigned __int128>(varint()) << 64) | low);
    }
    void boolean(bool& value) {
        const auto byte = in_.get<std::uint8_t>();
        require(byte <= 1);
        value = byte == 1;
    }
    template <class Enum>
    void enumerator(Enum& value, Enum last) {
        raw(value);
        require(value <= last);
    }
    template <std::size_t Size>
    void text(core::Text<Size>& text) {
        const auto size = in_.get<std::uint8_t>();
        require(size <= Size);
        if (ok()) text = core::Text<Size>(in_.get_text(size));
    }
    std::size_t count(std::size_t) {
        const std::uint64_t value = varint();
        require(value <= in_.left());
        return ok() ? value : 0;
    }
    void require(bool holds) { is_good_ = is_good_ && holds; }
    bool ok() const { return is_good_ && in_.ok(); }
    bool at_end() const { return in_.at_end(); }

private:
    std::uint64_t varint() {
        std::uint64_t value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            const auto byte = in_.get<std::uint8_t>();
            value |= std::uint64_t{byte & 0x7Fu} << shift;
            if ((byte & 0x80) == 0) return value;
        }
        is_good_ = false;
        return 0;
    }

    base::ByteReader in_;
    bool is_good_ = true;
};

}  // namespace sauda::views
