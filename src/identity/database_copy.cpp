#include "identity/database_copy.h"

#include "identity/private_file.h"
#include "sql/sqlite/database.h"

namespace sauda::identity {

namespace {

using base::Unexpected;

sql::Result<sql::Connection> open_file(const std::string& path) {
    if (const auto checked = check_private_file(path); !checked)
        return Unexpected{sql::make_error(checked.error())};
    return sql::sqlite::open(path, sql::sqlite::Mode::read_write);
}

}  // namespace

base::Result<void, base::IoError> copy_database(const std::string& from, const std::string& to) {
    auto source = open_file(from);
    if (!source) return Unexpected{source.error()};
    if (const auto made = create_private_file(to, {}); !made) return Unexpected{made.error()};
    auto target = open_file(to);
    if (!target) return Unexpected{target.error()};
    if (const sql::Done copied = sql::sqlite::copy(*source, *target); !copied)
        return Unexpected{copied.error()};
    return {};
}

}  // namespace sauda::identity
