/// What the parts of Reader share: reader_*.cpp.
#pragma once

#include <utility>
#include <vector>

#include "history/reader.h"

namespace sauda::history {

/// So many rows one call may look at, so that no filter makes it long.
inline constexpr std::size_t rows_looked_at_max = 20'000;

class Reader::Snapshot {
public:
    explicit Snapshot(Reader& reader)
        : reader_(reader), transaction_(sql::Transaction::begin(reader.connection_, sql::Access::read)) {
        if (!transaction_) reader.failure_ = transaction_.error();
    }
    /// A statement that is not at its end would hold the state, and the log with it, beyond the answer.
    ~Snapshot() {
        reader_.connection_.reset_all();
        if (transaction_) static_cast<void>(transaction_->commit());
    }
    Snapshot(const Snapshot&) = delete;
    Snapshot& operator=(const Snapshot&) = delete;

private:
    Reader& reader_;
    sql::Result<sql::Transaction> transaction_;
};

template <class T>
Read<T> Reader::told(T answer) {
    if (auto failure = std::exchange(failure_, std::nullopt)) return base::Unexpected{std::move(*failure)};
    return answer;
}

template <class Row>
void Reader::add_times(std::vector<Row>& rows) {
    core::Sequence known;
    core::TimestampNs time;
    for (Row& row : rows) {
        if (row.place.sequence != known) time = time_of(row.place.sequence);
        known = row.place.sequence;
        row.time = time;
    }
}

/// A range as places: at or above `first`, below `before`.
struct Reader::Bounds {
    core::Sequence first;
    Cursor before;
};

/// What fill_at() reads, in its order, up to its WHERE: `f` is fills, `t` trades, `m` markets.
extern const char* const fill_query;
Fill fill_at(sql::Statement& row);

/// Ends a page of `limit` rows: of one row more the last goes, and says that there is more.
template <class T>
Page<T> page_of(std::vector<T> rows, std::size_t limit) {
    Page<T> page{std::move(rows), std::nullopt};
    if (page.rows.size() <= limit) return page;
    page.rows.resize(limit);
    page.next = page.rows.back().place;
    return page;
}

}  // namespace sauda::history
