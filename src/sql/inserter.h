/// Many rows into one table.
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "sql/error.h"
#include "sql/session.h"

namespace sauda::sql {

/// add() each column of a row in the table's order, end_row(), and finish() after the last. In PostgreSQL the
/// rows are copied in (COPY), so the connection does nothing else in between. Requires: a transaction.
///
/// What fails is told by finish(), of the first failure; what is added after it goes nowhere.
class Inserter {
public:
    explicit Inserter(std::unique_ptr<RowSink> sink) : sink_(std::move(sink)) {}

    Inserter& add(std::int64_t value) {
        sink_->add(value);
        return *this;
    }
    template <std::unsigned_integral T>
    Inserter& add(T value) {
        return add(static_cast<std::int64_t>(value));
    }
    Inserter& add(std::string_view text) {
        sink_->add(text);
        return *this;
    }
    Inserter& add(std::span<const std::uint8_t> bytes) {
        sink_->add(bytes);
        return *this;
    }
    Inserter& add_null() {
        sink_->add_null();
        return *this;
    }
    /// False: it failed, and finish() will say so.
    bool end_row() {
        if (failure_) return false;
        if (Done done = sink_->end_row(); !done) failure_ = done.error();
        return !failure_;
    }
    Done finish() {
        if (failure_) return base::Unexpected{*failure_};
        return sink_->finish();
    }

private:
    std::unique_ptr<RowSink> sink_;
    std::optional<Error> failure_;
};

}  // namespace sauda::sql
