/// Little-endian bytes: a writer that appends to a vector and a reader that never runs past the end.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

namespace sauda::base {

static_assert(std::endian::native == std::endian::little, "byte layouts are written as they stand in memory");

using Bytes = std::vector<std::byte>;
using ByteView = std::span<const std::byte>;

inline ByteView as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}
inline std::string_view as_text(ByteView bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Appends to `out`. Lengths are written by whoever needs them: `put_text` writes none.
class ByteWriter {
public:
    explicit ByteWriter(Bytes& out) : out_(out) {}

    /// Appends the object representation of an integer, enumeration or packed struct.
    template <class T>
    requires std::is_trivially_copyable_v<T>
    void put(const T& value) {
        const std::size_t at = out_.size();
        out_.resize(at + sizeof(T));
        std::memcpy(out_.data() + at, &value, sizeof(T));
    }
    void put_bytes(ByteView bytes) { out_.insert(out_.end(), bytes.begin(), bytes.end()); }
    void put_text(std::string_view text) { put_bytes(as_bytes(text)); }
    std::size_t size() const { return out_.size(); }

private:
    Bytes& out_;
};

/// Reads from the front. After a read past the end `ok()` is false for good and every value read is zero,
/// so a decoder may check once, at its end.
class ByteReader {
public:
    explicit ByteReader(ByteView in) : in_(in) {}

    template <class T>
    requires std::is_trivially_copyable_v<T> T get() {
        T value{};
        const ByteView raw = get_bytes(sizeof(T));
        if (raw.size() == sizeof(T)) std::memcpy(&value, raw.data(), sizeof(T));
        return value;
    }
    /// The next `count` bytes; empty when fewer are left.
    ByteView get_bytes(std::size_t count) {
        if (!ok_ || count > in_.size()) {
            ok_ = false;
            return {};
        }
        const ByteView taken = in_.first(count);
        in_ = in_.subspan(count);
        return taken;
    }
    std::string_view get_text(std::size_t count) { return as_text(get_bytes(count)); }

    bool ok() const { return ok_; }
    bool at_end() const { return in_.empty(); }
    std::size_t left() const { return in_.size(); }

private:
    ByteView in_;
    bool ok_ = true;
};

}  // namespace sauda::base
