/// What a database refused.
#pragma once

#include <cstdint>
#include <string>

#include "base/io_error.h"
#include "base/result.h"

namespace sauda::sql {

/// An IoError of which a program can tell what to do about it. `path` is the database, without a password.
struct Error : base::IoError {
    enum class Kind : std::uint8_t {
        other,
        duplicate,  ///< a row would not have been unique
        lost,       ///< the server is gone, or does not answer: what was under way may have happened or not
        damaged,    ///< the file is damaged, or no database at all
    };
    Kind kind = Kind::other;
    int sqlite_code = 0;  ///< SQLite's extended result code; zero: another system's failure
};

template <class T>
using Result = base::Result<T, Error>;
using Done = Result<void>;

inline Error make_error(std::string operation, std::string database, std::string detail) {
    return {{std::move(operation), std::move(database), 0, std::move(detail)}, Error::Kind::other, 0};
}
inline Error make_error(base::IoError error) {
    return {std::move(error), Error::Kind::other, 0};
}

/// The error of rows that say what was never written. A database finds damage of its structure, not of
/// values.
inline Error damaged_values(const std::string& database, const std::string& what) {
    return {{"read", database, 0, "the database is damaged: " + what}, Error::Kind::damaged, 0};
}

}  // namespace sauda::sql
