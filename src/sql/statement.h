/// A prepared statement: made once, run often.
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "sql/error.h"
#include "sql/session.h"

namespace sauda::sql {

class Connection;

/// Bind in the order of the question marks, then step(); reset() before the next run. A question mark with a
/// number behind it (`?1`) stands for the value bound at that place, however often it is written.
///
/// Threads: those of its connection, which it does not outlive.
class Statement {
public:
    /// `sql` is made of literals of this program: one that does not compile is a bug, or a schema of another
    /// version, and shows as an error of the first step.
    Statement(Connection& connection, std::string_view sql, Rows rows = Rows::few);

    Statement& bind(std::int64_t value);
    template <std::unsigned_integral T>
    Statement& bind(T value) {
        return bind(static_cast<std::int64_t>(value));
    }
    Statement& bind(std::string_view text);
    Statement& bind(std::span<const std::uint8_t> bytes);
    Statement& bind(const std::optional<std::string>& text);
    Statement& bind(const std::optional<std::int64_t>& value);
    Statement& bind_null();

    /// Whether there is a row. After false, `failed()` tells a failure from the end, until the next step.
    bool step();
    bool failed() const { return error_.has_value(); }
    const Error& error() const { return *error_; }
    void reset();

    /// Runs to the end, dropping rows, and resets. False: it failed.
    bool run();
    /// Rows that the last run inserted, updated or deleted.
    std::int64_t changes() const { return changes_; }

    std::int64_t integer(int column) const { return held_->integer(column); }  ///< of NULL: zero
    template <class Id>
    Id id(int column) const {
        return {static_cast<decltype(Id::raw)>(integer(column))};
    }
    bool is_null(int column) const { return held_->is_null(column); }
    int columns() const { return held_->columns(); }
    std::string_view text(int column) const { return held_->text(column); }  ///< until the next step or reset
    std::span<const std::uint8_t> blob(int column) const { return held_->bytes(column); }  ///< likewise
    std::optional<std::int64_t> optional_integer(int column) const {
        return is_null(column) ? std::nullopt : std::optional(integer(column));
    }
    std::optional<std::string> optional_text(int column) const {
        return is_null(column) ? std::nullopt : std::optional(std::string(text(column)));
    }

    /// As a text of fixed room. What does not fit is damage: the statement has failed, and ends.
    template <class Text>
    Text text_of(int column) {
        const std::string_view found = text(column);
        if (found.size() <= Text().characters.size()) return Text(found);
        fail("a text is longer than any that was written");
        return {};
    }
    /// The row says what was never written: the statement has failed, and ends.
    void fail(const std::string& what);

private:
    const std::string* database_;
    std::unique_ptr<PreparedStatement> held_;
    int bound_ = 0;
    bool is_over_ = false;  ///< by fail(), until reset()
    std::int64_t changes_ = 0;
    std::optional<Error> error_;
};

}  // namespace sauda::sql
