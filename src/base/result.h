/// A value or the reason there is none, with the names of std::expected (which libstdc++ 12 offers only in
/// C++23).
#pragma once

#include <type_traits>
#include <utility>
#include <variant>

#include "base/assert.h"

namespace sauda::base {

/// The failure side of a Result: `return Unexpected{RejectReason::price_off_tick};`
template <class E>
struct Unexpected {
    E reason;
};
template <class E>
Unexpected(E) -> Unexpected<E>;

template <class T, class E>
class [[nodiscard]] Result {
public:
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    template <class F>
    requires std::is_convertible_v<F, E> Result(Unexpected<F> failure)
        : state_(std::in_place_index<1>, std::move(failure.reason)) {}

    bool has_value() const noexcept { return state_.index() == 0; }
    explicit operator bool() const noexcept { return has_value(); }

    /// Requires: has_value().
    T& value() & {
        ASSERT(has_value());
        return *std::get_if<0>(&state_);
    }
    const T& value() const& {
        ASSERT(has_value());
        return *std::get_if<0>(&state_);
    }
    T&& value() && {
        ASSERT(has_value());
        return std::move(*std::get_if<0>(&state_));
    }
    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }
    T&& operator*() && { return std::move(*this).value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }

    /// Requires: !has_value().
    const E& error() const& {
        ASSERT(!has_value());
        return *std::get_if<1>(&state_);
    }
    E&& error() && {
        ASSERT(!has_value());
        return std::move(*std::get_if<1>(&state_));
    }

    template <class U>
    T value_or(U&& other) const& {
        return has_value() ? value() : static_cast<T>(std::forward<U>(other));
    }

private:
    std::variant<T, E> state_;
};

/// Success without a value.
template <class E>
class [[nodiscard]] Result<void, E> {
public:
    Result() = default;
    template <class F>
    requires std::is_convertible_v<F, E> Result(Unexpected<F> failure)
        : state_(std::in_place_index<1>, std::move(failure.reason)) {}

    bool has_value() const noexcept { return state_.index() == 0; }
    explicit operator bool() const noexcept { return has_value(); }
    /// Requires: !has_value().
    const E& error() const& {
        ASSERT(!has_value());
        return *std::get_if<1>(&state_);
    }
    E&& error() && {
        ASSERT(!has_value());
        return std::move(*std::get_if<1>(&state_));
    }

private:
    std::variant<std::monostate, E> state_;
};

}  // namespace sauda::base
