/// A database for one test, of either kind.
#pragma once

#include <array>
#include <filesystem>
#include <string>

#include "sql/session.h"

namespace sauda::sql::testing {

/// What tests of stores are run against.
inline constexpr std::array<Dialect, 2> dialects{Dialect::sqlite, Dialect::postgres};

/// `sqlite` or `postgres`, for the names of tests.
std::string name_of(Dialect dialect);

/// Empty at first; it goes with the object. Threads: one owner.
class TestDatabase {
public:
    explicit TestDatabase(Dialect dialect);
    ~TestDatabase();
    TestDatabase(const TestDatabase&) = delete;
    TestDatabase& operator=(const TestDatabase&) = delete;

    Dialect dialect() const { return dialect_; }
    bool is_postgres() const { return dialect_ == Dialect::postgres; }
    /// Its name in settings: a path or a connection URI.
    const std::string& name() const { return name_; }

private:
    const Dialect dialect_;
    std::string directory_;
    std::string name_;
};

}  // namespace sauda::sql::testing
