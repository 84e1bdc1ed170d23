#include "journal/recover.h"

#include <algorithm>
#include <deque>
#include <vector>

#include "base/assert.h"
#include "journal/segment.h"
#include "journal/segment_scanner.h"

namespace sauda::journal {

namespace {

using Done = base::Result<void, JournalError>;

/// A batch that nothing proves durable yet. It stands in the last segment: the header of each segment vouches
/// for all before it.
struct TailBatch {
    std::uint64_t offset;
    std::uint64_t length;
    std::uint64_t first_sequence;
    std::uint64_t last_sequence;
};

/// Where the intact journal ends although there is more.
struct Damage {
    std::size_t segment;
    std::uint64_t offset;
    std::uint64_t sequence;
    JournalFault fault;
    std::string reason;
};

/// One run of `recover`: first everything is read and judged, then the disk is changed.
class Recovery {
public:
    Recovery(FileSystem& disk, std::string directory, const RecoverConfig& config)
        : disk_(disk),
          directory_(std::move(directory)),
          config_(config),
          known_durable_(config.complete_through) {}

    base::Result<Recovered, JournalError> run() {
        if (const auto done = list(); !done) return failure_of(done);
        if (places_.empty()) return finish_empty();
        if (const auto done = read_headers(); !done) return failure_of(done);
        if (const auto done = scan(); !done) return failure_of(done);
        if (const auto done = judge(); !done) return failure_of(done);
        if (const auto done = cut(); !done) return failure_of(done);
        if (const auto done = rewrite_tail(); !done) return failure_of(done);
        result_.journal = journal_;
        result_.next_sequence = expected_;
        return result_;
    }

private:
    // Reading.
    Done list();
    base::Result<Recovered, JournalError> finish_empty() const;
    Done read_headers();
    Done scan();
    Done scan_segment(std::size_t index);
    Done accept(std::size_t index, const BatchView& batch);
    Done scan_behind_damage();
    void learn_durable(std::uint64_t sequence);
    IoResult<std::unique_ptr<SegmentScanner>> scanner(std::size_t index);

    // Judging.
    Done judge() const;

    // Changing.
    Done cut();
    Done save_torn();
    Done rewrite_tail();
    Done copy(std::uint64_t from, std::uint64_t length, File& target, std::uint64_t to);
    Done resize(const std::string& path, std::uint64_t size);
    std::string unused_torn_path(const std::string& path);

    base::Unexpected<JournalError> refuse(std::size_t segment, JournalFault fault, std::uint64_t offset,
                                          std::uint64_t sequence, std::string detail) const {
        return {JournalError(fault, places_[segment].path, offset, sequence, std::move(detail))};
    }

    FileSystem& disk_;
    std::string directory_;
    RecoverConfig config_;
    std::uint64_t known_durable_;
    JournalId journal_{};
    std::vector<SegmentPlace> places_;
    std::vector<SegmentHeader> headers_;
    std::deque<TailBatch> tail_;
    std::optional<Damage> damage_;
    std::uint64_t offset_ = 0;
    std::uint64_t expected_ = 0;
    Recovered result_;
};

Done Recovery::list() {
    if (const auto done = remove_temporary_files(disk_, directory_); !done) return failure_of(done);
    auto places = list_segments(disk_, directory_, SegmentKind::journal);
    if (!places) return failure_of(places);
    places_ = std::move(*places);
    return {};
}

base::Result<Recovered, JournalError> Recovery::finish_empty() const {
    if (config_.complete_through > 0) {
        return base::Unexpected{JournalError(JournalFault::missing, directory_, 0, 1,
                                             "there is no journal, but it was complete through sequence " +
                                                 std::to_string(config_.complete_through))};
    }
    return Recovered{};
}

/// Headers are small: those of all segments are checked, whatever is replayed.
Done Recovery::read_headers() {
    for (std::size_t i = 0; i < places_.size(); ++i) {
        const auto file = disk_.open(places_[i].path, OpenMode::read);
        if (!file) return failure_of(file);
        const auto header = read_segment_header(**file, SegmentKind::journal, places_[i].first_sequence);
        if (!header) return base::Unexpected{header.error()};
        if (i == 0) journal_ = config_.journal.value_or(header->journal);
        if (header->journal != journal_) {
            return refuse(i, JournalFault::other_journal, 0, header->first_sequence,
                          "the segment carries another journal's id");
        }
        headers_.push_back(*header);
        learn_durable(header->durable_sequence);
    }
    return {};
}

Done Recovery::scan() {
    if (config_.replay_from < places_.front().first_sequence) {
        return refuse(0, JournalFault::missing, 0, config_.replay_from,
                      "the journal starts later than what is wanted");
    }
    const std::uint64_t from = std::min(config_.replay_from, places_.back().first_sequence);
    const std::size_t first = segment_holding(places_, from).value_or(0);
    expected_ = places_[first].first_sequence;
    for (std::size_t i = first; i < places_.size() && !damage_; ++i) {
        if (const auto done = scan_segment(i); !done) return done;
    }
    return damage_ ? scan_behind_damage() : Done{};
}

IoResult<std::unique_ptr<SegmentScanner>> Recovery::scanner(std::size_t index) {
    auto file = disk_.open(places_[index].path, OpenMode::read);
    if (!file) return failure_of(file);
    return std::make_unique<SegmentScanner>(std::move(*file), journal_, ReadPath::past_cache);
}

Done Recovery::scan_segment(std::size_t index) {
    const auto segment = scanner(index);
    if (!segment) return failure_of(segment);
    const bool last = index + 1 == places_.size();
    offset_ = segment_header_size;
    for (;;) {
        if (!last && expected_ == places_[index + 1].first_sequence) return {};
        const auto found = (*segment)->at(offset_);
        if (!found) return failure_of(found);
        if (!found->batch) {
            const auto end = (*segment)->end_of_content(offset_);
            if (!end) return failure_of(end);
            if (last && *end == offset_) return {};
            const JournalFault fault = *end == offset_ ? JournalFault::gap : JournalFault::damaged;
            damage_ = Damage{index, offset_, expected_, fault, to_text(found->fault)};
            return {};
        }
        if (const auto done = accept(index, *found->batch); !done) return done;
    }
}

/// Takes the intact batch at `offset_` as the next of the journal. That it is not the next is never power
/// loss.
Done Recovery::accept(std::size_t index, const BatchView& batch) {
    const BatchHeader& header = batch.header;
    if (header.first_sequence != expected_) {
        return refuse(index, JournalFault::gap, offset_, expected_,
                      "the batch begins at sequence " + std::to_string(header.first_sequence));
    }
    if (index + 1 < places_.size() && header.next_sequence() > places_[index + 1].first_sequence) {
        return refuse(index, JournalFault::gap, offset_, expected_, "the batch runs into the next segment");
    }
    const bool records = header.kind == BatchKind::records;
    if (records && header.next_sequence() > config_.replay_from &&
        header.rules_version != config_.rules_version) {
        return refuse(index, JournalFault::other_rules_version, offset_, expected_,
                      "written under rules version " + std::to_string(header.rules_version) +
                          ", replayed under " + std::to_string(config_.rules_version) +
                          ": start the program that wrote it once, and stop it in order, before this one");
    }
    learn_durable(batch.durable_sequence);
    if (records && header.next_sequence() - 1 > known_durable_) {
        tail_.push_back({offset_, batch.length(), header.first_sequence, header.next_sequence() - 1});
    }
    if (records) result_.last_timestamp_ns = header.timestamp_ns;
    result_.stopped_cleanly = !records;
    offset_ += batch.length();
    expected_ = header.next_sequence();
    return {};
}

/// Only the batches that are not yet proven are remembered, so memory follows one group and not the journal.
void Recovery::learn_durable(std::uint64_t sequence) {
    known_durable_ = std::max(known_durable_, sequence);
    while (!tail_.empty() && tail_.front().last_sequence <= known_durable_) tail_.pop_front();
}

/// Whatever is intact behind the damage says what was durable when it was written.
Done Recovery::scan_behind_damage() {
    std::uint64_t offset = damage_->offset + batch_alignment;
    for (std::size_t i = damage_->segment; i < places_.size(); ++i, offset = segment_header_size) {
        const auto segment = scanner(i);
        if (!segment) return failure_of(segment);
        for (;;) {
            const auto found = (*segment)->find_batch(offset);
            if (!found) return failure_of(found);
            if (!*found) break;
            learn_durable((*found)->batch.durable_sequence);
            offset = (*found)->offset + (*found)->batch.length();
        }
    }
    return {};
}

Done Recovery::judge() const {
    if (damage_ && damage_->sequence <= known_durable_) {
        return refuse(damage_->segment, damage_->fault, damage_->offset, damage_->sequence,
                      damage_->reason + "; the journal was complete through sequence " +
                          std::to_string(known_durable_));
    }
    if (damage_ && result_.stopped_cleanly) {
        return refuse(damage_->segment, damage_->fault, damage_->offset, damage_->sequence,
                      damage_->reason + "; nothing was ever written behind the mark of a clean stop");
    }
    if (expected_ <= known_durable_) {
        return refuse(
            places_.size() - 1, JournalFault::missing, offset_, expected_,
            "the journal ends here, but it was complete through sequence " + std::to_string(known_durable_));
    }
    return {};
}

/// Without damage the unused space goes all the same: after a failed sync the page cache may show batches
/// there that the device never got, and whoever replays through the cache would apply them.
Done Recovery::cut() {
    if (result_.stopped_cleanly) return {};
    if (damage_) {
        ASSERT(damage_->segment + 1 == places_.size());
        if (const auto done = save_torn(); !done) return done;
    }
    return resize(places_.back().path, offset_);
}

Done Recovery::save_torn() {
    const auto segment = scanner(damage_->segment);
    if (!segment) return failure_of(segment);
    const auto end = (*segment)->end_of_content(damage_->offset);
    if (!end) return failure_of(end);
    const std::string& path = places_[damage_->segment].path;
    result_.torn = TornTail{
        path,           damage_->offset, damage_->sequence, *end - damage_->offset, unused_torn_path(path),
        damage_->reason};
    auto file = disk_.open(join(directory_, "torn.tmp"), OpenMode::create);
    if (!file) return failure_of(file);
    if (const auto done = copy(damage_->offset, result_.torn->length, **file, 0); !done) return done;
    if (const auto done = (*file)->sync(); !done) return failure_of(done);
    if (const auto done = disk_.rename((*file)->path(), result_.torn->saved_as); !done)
        return failure_of(done);
    if (const auto done = disk_.sync_directory(directory_); !done) return failure_of(done);
    return {};
}

/// Copies from the last segment, as the device holds it, to `to` in `target`.
Done Recovery::copy(std::uint64_t from, std::uint64_t length, File& target, std::uint64_t to) {
    const auto source = scanner(places_.size() - 1);
    if (!source) return failure_of(source);
    for (std::uint64_t done = 0; done < length;) {
        const auto bytes = (*source)->view(from + done, std::min<std::uint64_t>(length - done, 1u << 20));
        if (!bytes) return failure_of(bytes);
        if (bytes->empty()) {
            return refuse(places_.size() - 1, JournalFault::damaged, from + done, expected_,
                          "the file became shorter while it was being recovered");
        }
        if (const auto written = target.write(to + done, *bytes); !written) return failure_of(written);
        done += bytes->size();
    }
    return {};
}

std::string Recovery::unused_torn_path(const std::string& path) {
    std::string unused = path + ".torn";
    for (int count = 1; disk_.exists(unused); ++count) unused = path + ".torn." + std::to_string(count);
    return unused;
}

/// Copies the tail to a segment of its own. When it is all that the last segment holds, the new one has its
/// name and replaces it; otherwise the new one supersedes the old one's end, which is then cut.
Done Recovery::rewrite_tail() {
    if (result_.stopped_cleanly || tail_.empty()) return {};
    const TailBatch& front = tail_.front();
    const TailBatch& back = tail_.back();
    const std::uint64_t length = back.offset + back.length - front.offset;
    auto target = disk_.open(join(directory_, "rewritten.tmp"), OpenMode::create);
    if (!target) return failure_of(target);
    if (const auto done = copy(front.offset, length, **target, segment_header_size); !done) return done;
    // Its name appears only after its sync, so its own content counts as durable.
    const SegmentHeader header{
        SegmentKind::journal,         1, journal_, front.first_sequence, back.last_sequence,
        headers_.back().rules_version};
    PreparedSegment prepared{std::move(*target), directory_, segment_header_size + length};
    if (const auto done = publish_segment(disk_, std::move(prepared), header); !done) return failure_of(done);
    result_.rewritten = back.last_sequence + 1 - front.first_sequence;
    if (front.first_sequence == places_.back().first_sequence) return {};
    return resize(places_.back().path, front.offset);
}

Done Recovery::resize(const std::string& path, std::uint64_t size) {
    const auto file = disk_.open(path, OpenMode::read_write);
    if (!file) return failure_of(file);
    if (const auto done = (*file)->resize(size); !done) return failure_of(done);
    if (const auto done = (*file)->sync(); !done) return failure_of(done);
    return {};
}

}  // namespace

base::Result<Recovered, JournalError> recover(FileSystem& disk, const std::string& directory,
                                              const RecoverConfig& config) {
    return Recovery(disk, directory, config).run();
}

}  // namespace sauda::journal
