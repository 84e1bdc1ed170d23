/// What Redis answered, and what became of a command that it did not answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

struct redisReply;

namespace sauda::bus::redis {

/// A reply in the memory of its reader: valid during the callback that was given it.
class Reply {
public:
    explicit Reply(const redisReply* raw) : raw_(raw) {}

    bool is_nil() const;
    bool is_array() const;
    bool is_error() const;
    /// Of a string, a status or an error; empty for everything else.
    std::string_view text() const;
    /// Zero for what is no integer.
    std::int64_t integer() const;
    /// How many elements; zero for what is no array.
    std::size_t size() const;
    /// Requires: index < size().
    Reply operator[](std::size_t index) const;
    /// In an array of names and values in turn, the value behind `name`'s first place; nil when there is
    /// none.
    Reply field(std::string_view name) const;

private:
    const redisReply* raw_;  ///< null is nil
};

struct Failure {
    enum class Kind : std::uint8_t {
        refused,      ///< Redis answered with an error: nothing was done
        timed_out,    ///< no answer in time: done, not done, or still to be done
        lost,         ///< the connection went, or was not there: the same
        unreachable,  ///< the breaker is open: nothing was sent
    };
    Kind kind = Kind::lost;
    std::string text;
};

using Answer = base::Result<Reply, Failure>;
/// Called exactly once for every command, on the io thread; before `send` returns when there is no
/// connection, and at the latest from the destructor of what was asked to send.
using Callback = std::function<void(const Answer&)>;

}  // namespace sauda::bus::redis
