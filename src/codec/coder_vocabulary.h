/// What the coders have in common: a layout lists its fields once, and the same list writes and reads them.
///
///     template <class Coder>
///     void fields(Coder& coder, Subject<Coder, core::CancelAll>& command) {
///         coder.id(command.account);
///         coder.id(command.market);
///     }
///
/// Each coder has, beside this vocabulary: raw(value), number(value), enumerator(value, last),
/// enumerator(bits, value, last), boolean(value), text(text), flag(bit, value), optional_unit(bit, unit) and
/// optional_text(bit, text).
///
/// Internal to the codec.
#pragma once

#include <cstdint>
#include <string_view>
#include <type_traits>

namespace sauda::codec {

/// What a coder works on: encoders read a const T, decoders fill a T.
template <class Coder, class T>
using Subject = std::conditional_t<Coder::is_encoder, const T, T>;

/// Where among a record's flags an enumerator stands.
struct FlagBits {
    std::uint8_t lowest;  ///< 0 to 7
    std::uint8_t width;
    constexpr std::uint8_t mask() const { return static_cast<std::uint8_t>(((1u << width) - 1) << lowest); }
};

constexpr bool is_printable_ascii(std::string_view text) {
    bool all = true;  // no early end: so the compiler compares many at once
    for (const char c : text) all &= c >= ' ' && c <= '~';
    return all;
}

/// What all coders say in the same words, on top of their own `raw` and `number`.
template <class Derived>
class CoderVocabulary {
public:
    /// An identifier as a number.
    template <class Id>
    void id(Id& id) {
        self().number(id.raw);
    }
    /// A price, quantity, amount or time as the number that its 64-bit pattern is.
    template <class Unit>
    void unit(Unit& unit) {
        self().number(unit.raw);
    }
    void fees(auto& rates) {
        self().raw(rates.maker_ppm);
        self().raw(rates.taker_ppm);
    }
    void uuid(auto& uuid) { self().raw(uuid.bytes); }
    void lease(auto& lease) {
        self().raw(lease.holder);
        self().number(lease.number);
    }

private:
    Derived& self() { return static_cast<Derived&>(*this); }
};

}  // namespace sauda::codec
