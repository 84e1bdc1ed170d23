#include "journal/event_log.h"

#include <algorithm>
#include <cerrno>

#include "base/assert.h"
#include "base/crc32c.h"

namespace sauda::journal {

namespace {

/// What is released together is divided into records no longer than this, so that who wants a little of it
/// reads no more; unless one frame is.
constexpr std::size_t record_length_wanted = 1u << 20;
constexpr std::uint64_t write_out_piece = 1u << 20;
/// Memory of a longer append is given back.
constexpr std::size_t buffer_kept_max = 8u << 20;

}  // namespace

EventLog::EventLog(FileSystem& disk, std::string directory, const EventLogConfig& config)
    : disk_(disk),
      directory_(std::move(directory)),
      config_(config),
      journal_crc_(base::crc32c(config.journal)) {
    ASSERT(config.first_sequence > 0);
}

base::Result<std::unique_ptr<EventLog>, JournalError> EventLog::open(FileSystem& disk, std::string directory,
                                                                     const EventLogConfig& config) {
    std::unique_ptr<EventLog> log(new EventLog(disk, std::move(directory), config));
    if (const auto done = remove_temporary_files(disk, log->directory_); !done) return failure_of(done);
    const auto places = list_segments(disk, log->directory_, SegmentKind::event_log);
    if (!places) return failure_of(places);
    for (const SegmentPlace& place : *places) {
        log->segments_.push_back(std::make_shared<Segment>(place.path, place.first_sequence));
    }
    if (const auto done = log->set_aside_headless(); !done) return failure_of(done);
    if (const auto opened = log->open_last(~std::uint64_t{0}); !opened) return failure_of(opened);
    return log;
}

/// Nothing can be read behind a header that does not check, and all of it can be derived again.
base::Result<void, JournalError> EventLog::set_aside_headless() {
    while (!segments_.empty()) {
        const Segment& last = *segments_.back();
        const auto file = disk_.open(last.path, OpenMode::read);
        if (!file) return failure_of(file);
        const auto header = check_header(**file, last);
        if (header) return {};
        if (header.error().fault != JournalFault::damaged) return failure_of(header);
        torn_ = header.error();
        if (const auto done = disk_.rename(last.path, last.path + ".torn"); !done) return failure_of(done);
        segments_.pop_back();
    }
    return {};
}

/// Cuts the last segment behind its last frame that checks and is not above `sequence_max`, and readies it
/// for appending.
base::Result<void, JournalError> EventLog::open_last(std::uint64_t sequence_max) {
    if (segments_.empty()) {
        const auto begun = begin_segment(config_.first_sequence);
        if (!begun) return failure_of(begun);
        return {};
    }
    Segment& last = *segments_.back();
    auto scanned = scan(last, sequence_max, ReadPath::past_cache);
    if (!scanned) return failure_of(scanned);
    if (scanned->stopped) torn_ = scanned->stopped;
    auto file = disk_.open(last.path, OpenMode::read_write);
    if (!file) return failure_of(file);
    // Also without damage: the page cache may show frames behind this end that the device never got.
    if (const auto done = (*file)->resize(scanned->end); !done) return failure_of(done);
    file_ = std::move(*file);
    last.format = scanned->format;
    last.index = std::move(scanned->index);
    last.indexed = true;
    last.end.store(scanned->end, std::memory_order_release);
    last_indexed_ = last.index.empty() ? 0 : last.index.back().offset;
    last_sequence_ = scanned->next_sequence - 1;
    published_.store(last_sequence_, std::memory_order_release);
    if (last.format != event_record_format) {
        // Records of two formats have no place in one segment.
        if (const auto rolled = roll(); !rolled) return failure_of(rolled);
    }
    if (scanned->cut.empty()) return {};
    const auto kept = append(FrameRun{last_sequence_ + 1, sequence_max, scanned->cut});
    if (!kept) return failure_of(kept);
    return {};
}

base::Result<SegmentHeader, JournalError> EventLog::check_header(const File& file,
                                                                 const Segment& segment) const {
    auto header = read_segment_header(file, SegmentKind::event_log, segment.first_sequence);
    if (header && header->journal != config_.journal) {
        return base::Unexpected{JournalError(JournalFault::other_journal, segment.path, 0,
                                             segment.first_sequence,
                                             "the segment carries another journal's id")};
    }
    return header;
}

/// Walks a segment's records up to `sequence_max` or the first that does not check.
base::Result<EventLog::Scanned, JournalError> EventLog::scan(const Segment& segment,
                                                             std::uint64_t sequence_max,
                                                             ReadPath read_path) const {
    auto file = disk_.open(segment.path, OpenMode::read);
    if (!file) return failure_of(file);
    const auto header = check_header(**file, segment);
    if (!header) return failure_of(header);
    SegmentScanner scanner(std::move(*file), config_.journal, read_path);
    EventRecordReader reader(scanner, header->format, journal_crc_);
    Scanned scanned{header->format, segment.first_sequence, segment_header_size, {}, {}, {}};
    while (scanned.next_sequence <= sequence_max) {
        const auto record = reader.at(scanned.end, scanned.next_sequence);
        if (!record && record.error().fault == JournalFault::io) return failure_of(record);
        if (!record) scanned.stopped = record.error();
        if (!record || !*record) break;
        if ((*record)->run.last > sequence_max) {
            base::ByteView rest = (*record)->run.frames;
            for (std::uint64_t kept = scanned.next_sequence; kept <= sequence_max; ++kept) take_frame(rest);
            scanned.cut.assign((*record)->run.frames.begin(), rest.begin());
            break;
        }
        if (scanned.index.empty() || scanned.end - scanned.index.back().offset >= index_stride) {
            scanned.index.push_back({scanned.next_sequence, scanned.end});
        }
        scanned.end = (*record)->end;
        scanned.next_sequence = (*record)->run.last + 1;
    }
    return scanned;
}

IoResult<void> EventLog::append(std::span<const FrameRun> runs) {
    if (failed())
        return base::Unexpected{base::IoError{"append", directory_, 0, "the event log has failed before"}};
    records_.clear();
    std::uint64_t last = last_sequence_;
    for (FrameRun run : runs) {
        ASSERT(run.first == last + 1 && run.last >= run.first);
        last = run.last;
        while (!run.frames.empty()) records_.push_back(take_frames(run, record_length_wanted));
    }
    if (records_.empty()) return {};
    if (const auto written = write_records(); !written) return fail(written.error());
    last_sequence_ = last;
    publish();
    if (segments_.back()->end.load(std::memory_order_relaxed) >= config_.segment_size) return roll();
    return begin_write_out();
}

IoResult<void> EventLog::write_records() {
    new_points_.clear();
    const std::uint64_t begin = segments_.back()->end.load(std::memory_order_relaxed);
    std::size_t room = 0;
    for (const FrameRun& record : records_) room += event_record_length_max(record);
    const std::span<std::byte> buffer = buffer_.for_offset(begin, room);
    std::size_t size = 0;
    for (const FrameRun& record : records_) {
        const std::uint64_t at = begin + size;
        if (last_indexed_ == 0 || at - last_indexed_ >= index_stride) {
            new_points_.push_back({record.first, at});
            last_indexed_ = at;
        }
        size += write_event_record(record, journal_crc_, buffer.subspan(size));
    }
    new_end_ = begin + size;
    const auto written = file_->write_past_cache(begin, buffer.first(size));
    if (buffer_.size() > buffer_kept_max) buffer_.clear();
    return written;
}

/// The index first, then the end, then the sequence: who sees one of them finds those before it in place.
void EventLog::publish() {
    Segment& last = *segments_.back();
    {
        const std::lock_guard guard(last.mutex);
        last.index.insert(last.index.end(), new_points_.begin(), new_points_.end());
    }
    last.end.store(new_end_, std::memory_order_release);
    published_.store(last_sequence_, std::memory_order_release);
}

/// Has the device take what is written while more is: a rollover then waits for the last of it, not for a
/// whole segment. Only what will not be added to, so that nothing is written twice.
IoResult<void> EventLog::begin_write_out() {
    const std::uint64_t whole =
        segments_.back()->end.load(std::memory_order_relaxed) / write_out_piece * write_out_piece;
    if (whole <= written_out_) return {};
    const auto begun = file_->begin_write_out(written_out_, whole - written_out_);
    if (!begun) return fail(begun.error());
    written_out_ = whole;
    return {};
}

IoResult<void> EventLog::roll() {
    if (const auto synced = file_->sync(); !synced) return fail(synced.error());
    // Readers are mostly close behind; who is not reads from the device. Memory that is taken anew for each
    // segment costs more than the write.
    if (before_) before_->leave_cache();
    before_ = file_;
    const auto begun = begin_segment(last_sequence_ + 1);
    if (!begun) return fail(begun.error());
    return {};
}

IoResult<void> EventLog::begin_segment(std::uint64_t first_sequence) {
    auto prepared = prepare_segment(disk_, directory_, segment_header_size);
    if (!prepared) return failure_of(prepared);
    SegmentHeader header{SegmentKind::event_log, event_record_format, config_.journal,
                         first_sequence,         first_sequence - 1,  config_.rules_version};
    auto file = publish_segment(disk_, std::move(*prepared), header);
    if (!file) return failure_of(file);
    auto segment = std::make_shared<Segment>((*file)->path(), first_sequence);
    segment->indexed = true;
    {
        const std::lock_guard guard(segments_mutex_);
        // One without a record is replaced: the new one has its name.
        if (!segments_.empty() && segments_.back()->first_sequence == first_sequence) segments_.pop_back();
        segments_.push_back(std::move(segment));
        file_ = std::move(*file);
    }
    last_indexed_ = 0;
    written_out_ = 0;
    last_sequence_ = first_sequence - 1;
    published_.store(last_sequence_, std::memory_order_release);
    return {};
}

IoResult<void> EventLog::sync() {
    std::shared_ptr<File> file;
    {
        const std::lock_guard guard(segments_mutex_);
        file = file_;
    }
    if (failed())
        return base::Unexpected{base::IoError{"sync", directory_, 0, "the event log has failed before"}};
    if (const auto synced = file->sync(); !synced) return fail(synced.error());
    return {};
}

std::uint64_t EventLog::first_sequence() const {
    const std::lock_guard guard(segments_mutex_);
    return segments_.front()->first_sequence;
}

/// The segment that holds `sequence`, and where the next one begins if there is one.
std::pair<EventLog::SegmentPointer, std::optional<std::uint64_t>> EventLog::segment_for(
    std::uint64_t sequence) const {
    const std::lock_guard guard(segments_mutex_);
    const auto above = std::upper_bound(
        segments_.begin(), segments_.end(), sequence,
        [](std::uint64_t wanted, const SegmentPointer& segment) { return wanted < segment->first_sequence; });
    if (above == segments_.begin()) return {nullptr, std::nullopt};
    const auto next = above == segments_.end() ? std::nullopt : std::optional((*above)->first_sequence);
    return {*(above - 1), next};
}

base::Result<std::uint64_t, JournalError> EventLog::read(std::uint64_t from, std::size_t max_bytes,
                                                         const Visitor& visit) const {
    std::uint64_t next = from;
    std::uint64_t left = std::max<std::uint64_t>(max_bytes, 1);
    // What is published now is what is read: a writer that keeps publishing cannot keep a reader in here.
    const std::uint64_t last = published_sequence();
    while (left > 0 && next <= last) {
        const auto [segment, next_segment] = segment_for(next);
        if (!segment) {
            return base::Unexpected{JournalError(JournalFault::missing, directory_, 0, next,
                                                 "the event log starts later than what is wanted")};
        }
        const auto going = read_segment(*segment, next, left, visit);
        if (!going) return failure_of(going);
        if (!*going) break;
        if (next <= last && next != next_segment) {
            return base::Unexpected{JournalError(JournalFault::damaged, segment->path, segment->end, next,
                                                 "the frames that check end before the segment does")};
        }
    }
    return next;
}

/// The last place in the index at or below `sequence`; an old segment is indexed when it is first asked.
base::Result<std::optional<EventLog::Place>, JournalError> EventLog::place_below(
    Segment& segment, std::uint64_t sequence) const {
    const std::lock_guard guard(segment.mutex);
    if (!segment.indexed) {
        auto scanned = scan(segment, ~std::uint64_t{0}, ReadPath::cached);
        if (!scanned) return failure_of(scanned);
        // Frames before the damage can still be read: `end` is short of it, and `read` reports the gap.
        segment.format = scanned->format;
        segment.index = std::move(scanned->index);
        segment.end.store(scanned->end, std::memory_order_release);
        segment.indexed = true;
    }
    const auto above = std::upper_bound(
        segment.index.begin(), segment.index.end(), sequence,
        [](std::uint64_t wanted, const IndexPoint& point) { return wanted < point.sequence; });
    if (above == segment.index.begin()) return std::optional<Place>{};
    return std::optional<Place>{{*(above - 1), segment.format}};
}

/// Visits what one segment has from `next` on; false when the reader has enough.
base::Result<bool, JournalError> EventLog::read_segment(Segment& segment, std::uint64_t& next,
                                                        std::uint64_t& left, const Visitor& visit) const {
    auto file = disk_.open(segment.path, OpenMode::read);
    if (!file && file.error().error_number == ENOENT) {
        return base::Unexpected{
            JournalError(JournalFault::missing, segment.path, 0, next, "archived meanwhile")};
    }
    if (!file) return failure_of(file);
    const auto place = place_below(segment, next);
    if (!place) return failure_of(place);
    if (!*place) return true;
    const std::size_t window = std::clamp<std::uint64_t>(left + 2 * index_stride, 4 * index_stride, 1u << 20);
    SegmentScanner scanner(std::move(*file), config_.journal, ReadPath::cached, window);
    EventRecordReader reader(scanner, (*place)->format, journal_crc_);
    const std::uint64_t end = segment.end.load(std::memory_order_acquire);
    std::uint64_t offset = (*place)->point.offset;
    for (std::uint64_t sequence = (*place)->point.sequence; left > 0;) {
        const auto record = reader.at(offset, sequence, end);
        if (!record) return failure_of(record);
        if (!*record) return true;
        offset = (*record)->end;
        for (base::ByteView rest = (*record)->run.frames; !rest.empty() && left > 0; ++sequence) {
            const base::ByteView frame = take_frame(rest);
            if (sequence < next) continue;
            next = sequence + 1;
            left -= std::min<std::uint64_t>(left, frame.size());
            if (!visit(sequence, frame)) return false;
        }
    }
    return false;
}

base::Result<void, JournalError> EventLog::cut_after(std::uint64_t sequence) {
    ASSERT(sequence + 1 >= first_sequence());
    if (sequence >= last_sequence_) return {};
    while (segments_.size() > 1 && segments_.back()->first_sequence > sequence) {
        if (const auto removed = disk_.remove(segments_.back()->path); !removed) return failure_of(removed);
        const std::lock_guard guard(segments_mutex_);
        segments_.pop_back();
    }
    if (const auto synced = disk_.sync_directory(directory_); !synced) return failure_of(synced);
    return open_last(sequence);
}

IoResult<void> EventLog::start_over(std::uint64_t first_sequence) {
    const std::string archive = join(directory_, "archive");
    if (const auto made = disk_.make_directory(archive); !made) return made;
    for (const SegmentPointer& segment : segments_) {
        const std::string name = segment_name(segment->first_sequence, SegmentKind::event_log);
        if (const auto moved = disk_.rename(segment->path, join(archive, name)); !moved) return moved;
    }
    if (const auto synced = disk_.sync_directory(archive); !synced) return synced;
    {
        const std::lock_guard guard(segments_mutex_);
        segments_.clear();
    }
    return begin_segment(first_sequence);  // It syncs the directory.
}

IoResult<std::size_t> EventLog::archive_below(std::uint64_t sequence) {
    const auto moved = archive_segments_below(disk_, directory_, SegmentKind::event_log, sequence);
    if (!moved) return moved;
    const std::lock_guard guard(segments_mutex_);
    segments_.erase(segments_.begin(), segments_.begin() + static_cast<std::ptrdiff_t>(*moved));
    return moved;
}

base::Unexpected<base::IoError> EventLog::fail(const base::IoError& error) {
    failed_.store(true, std::memory_order_release);
    return {error};
}

}  // namespace sauda::journal
