#include "history/reader.h"

#include <algorithm>

#include "history/columns.h"
#include "history/database.h"
#include "history/reader_parts.h"

namespace sauda::history {

using base::Unexpected;

Reader::Reader(sql::Connection connection) : connection_(std::move(connection)) {}
Reader::~Reader() = default;

Read<std::unique_ptr<Reader>> Reader::open(const std::string& name) {
    auto connection = open_to_read(name, Reading::questions);
    if (!connection) return Unexpected{connection.error()};
    return std::unique_ptr<Reader>(new Reader(std::move(*connection)));
}

void Reader::note(const sql::Statement& statement) {
    if (statement.failed() && !failure_) failure_ = statement.error();
}

Progress Reader::progress_now() {
    sql::Statement& row = prepared("SELECT sequence, time_ns, frame_crc FROM progress");
    Progress progress;
    if (row.step())
        progress = {row.id<core::Sequence>(0), {row.integer(1)}, static_cast<std::uint32_t>(row.integer(2))};
    note(row);
    return progress;
}

Read<Progress> Reader::progress() {
    const Snapshot snapshot(*this);
    return told(progress_now());
}

Read<const views::Listings*> Reader::listings() {
    const Snapshot snapshot(*this);
    sql::Statement& counts = prepared("SELECT (SELECT count(*) FROM assets), (SELECT count(*) FROM markets)");
    const bool is_known = counts.step() &&
                          counts.integer(0) == static_cast<std::int64_t>(listings_.assets().size()) &&
                          counts.integer(1) == static_cast<std::int64_t>(listings_.markets().size());
    note(counts);
    if (!is_known) read_listings_anew();
    return told(static_cast<const views::Listings*>(&listings_));
}

void Reader::read_listings_anew() {
    auto read = read_listings(connection_);
    if (read)
        listings_ = std::move(*read);
    else if (!failure_)
        failure_ = read.error();
}

void Reader::expect_listed(core::AssetId asset) {
    if (failure_ || listings_.find_asset(asset) != nullptr) return;
    read_listings_anew();
    if (!failure_ && listings_.find_asset(asset) == nullptr)
        failure_ =
            sql::damaged_values(connection_.name(), "asset " + std::to_string(asset.raw) + " is not listed");
}

void Reader::expect_listed(core::MarketId market) {
    if (failure_ || listings_.find_market(market) != nullptr) return;
    read_listings_anew();
    if (!failure_ && listings_.find_market(market) == nullptr)
        failure_ = sql::damaged_values(connection_.name(),
                                       "market " + std::to_string(market.raw) + " is not listed");
}

// --- Time ---

core::Sequence Reader::first_sequence_from(core::TimestampNs time) {
    sql::Statement& query =
        prepared("SELECT sequence FROM times WHERE time_ns >= ? ORDER BY time_ns LIMIT 1");
    if (query.bind(time.raw).step()) return query.id<core::Sequence>(0);
    note(query);
    return {progress_now().sequence.raw + 1};
}

core::TimestampNs Reader::time_of(core::Sequence sequence) {
    sql::Statement& query =
        prepared("SELECT time_ns FROM times WHERE sequence <= ? ORDER BY sequence DESC LIMIT 1");
    core::TimestampNs time;
    if (query.bind(sequence.raw).step()) time = {query.integer(0)};
    note(query);
    return time;
}

Reader::Bounds Reader::bounds_of(const Range& range) {
    Bounds bounds;
    if (range.from.raw > 0) bounds.first = first_sequence_from(range.from);
    bounds.before = {{std::uint64_t{1} << 53}, 0, 0};
    if (range.to.raw < INT64_MAX) bounds.before.sequence = first_sequence_from(range.to);
    if (range.cursor) bounds.before = std::min(bounds.before, *range.cursor);
    return bounds;
}

}  // namespace sauda::history
