/// A value or the reason there is none, with the names of std::expected (which libstdc++ 12 offers only in
/// C++23).
#pragma once

#include <cstdint>
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

namespace detail {

struct Nothing {};

/// One of two. For plain types the choice is a whole word: where a result is returned in registers, g++
/// writes its parts to the stack and reads words back, and a word read right after a byte of it was written
/// stalls the processor for longer than most functions take.
template <class T, class E>
class PlainEither {
public:
    explicit PlainEither(const T& value) : value_(value) {}
    explicit PlainEither(const Unexpected<E>& failure) : error_(failure.reason), is_error_(1) {}

    bool has_value() const noexcept { return is_error_ == 0; }
    T& value() { return value_; }
    const T& value() const { return value_; }
    E& error() { return error_; }
    const E& error() const { return error_; }

private:
    union {
        T value_;
        E error_;
    };
    std::uint64_t is_error_ = 0;
};

template <class T, class E>
class VariantEither {
public:
    explicit VariantEither(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    explicit VariantEither(Unexpected<E> failure)
        : state_(std::in_place_index<1>, std::move(failure.reason)) {}

    bool has_value() const noexcept { return state_.index() == 0; }
    T& value() { return *std::get_if<0>(&state_); }
    const T& value() const { return *std::get_if<0>(&state_); }
    E& error() { return *std::get_if<1>(&state_); }
    const E& error() const { return *std::get_if<1>(&state_); }

private:
    std::variant<T, E> state_;
};

template <class T, class E>
using Either = std::conditional_t<std::is_trivially_copyable_v<T> && std::is_trivially_copyable_v<E>,
                                  PlainEither<T, E>, VariantEither<T, E>>;

}  // namespace detail

template <class T, class E>
class [[nodiscard]] Result {
public:
    Result(T value) : state_(std::move(value)) {}
    template <class F>
    requires std::is_convertible_v<F, E> Result(Unexpected<F> failure)
        : state_(Unexpected<E>{std::move(failure.reason)}) {}

    /// The compiler is told that this is so: a failure is the exception, and code for it stands apart.
    bool has_value() const noexcept { return __builtin_expect(state_.has_value(), true) != 0; }
    explicit operator bool() const noexcept { return has_value(); }

    /// Requires: has_value().
    T& value() & {
        ASSERT(has_value());
        return state_.value();
    }
    const T& value() const& {
        ASSERT(has_value());
        return state_.value();
    }
    T&& value() && {
        ASSERT(has_value());
        return std::move(state_.value());
    }
    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }
    T&& operator*() && { return std::move(*this).value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }

    /// Requires: !has_value().
    const E& error() const& {
        ASSERT(!has_value());
        return state_.error();
    }
    E&& error() && {
        ASSERT(!has_value());
        return std::move(state_.error());
    }

    template <class U>
    T value_or(U&& other) const& {
        return has_value() ? value() : static_cast<T>(std::forward<U>(other));
    }

private:
    detail::Either<T, E> state_;
};

/// Success without a value.
template <class E>
class [[nodiscard]] Result<void, E> {
public:
    Result() : state_(detail::Nothing{}) {}
    template <class F>
    requires std::is_convertible_v<F, E> Result(Unexpected<F> failure)
        : state_(Unexpected<E>{std::move(failure.reason)}) {}

    bool has_value() const noexcept { return __builtin_expect(state_.has_value(), true) != 0; }
    explicit operator bool() const noexcept { return has_value(); }
    /// Requires: !has_value().
    const E& error() const& {
        ASSERT(!has_value());
        return state_.error();
    }
    E&& error() && {
        ASSERT(!has_value());
        return std::move(state_.error());
    }

private:
    detail::Either<detail::Nothing, E> state_;
};

}  // namespace sauda::base
