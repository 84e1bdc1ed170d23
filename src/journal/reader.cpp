#include "journal/reader.h"

#include "base/assert.h"

namespace sauda::journal {

Reader::Reader(FileSystem& disk, const ReaderConfig& config, std::vector<SegmentPlace> places)
    : disk_(&disk), config_(config), places_(std::move(places)), expected_(config.from_sequence) {}

base::Result<Reader, JournalError> Reader::open(FileSystem& disk, const std::string& directory,
                                                const ReaderConfig& config) {
    auto places = list_segments(disk, directory, SegmentKind::journal);
    if (!places) return base::Unexpected{JournalError(places.error())};
    Reader reader(disk, config, std::move(*places));
    if (reader.places_.empty()) return reader;
    const auto index = segment_holding(reader.places_, config.from_sequence);
    if (!index) {
        return base::Unexpected{JournalError(JournalFault::missing, reader.places_.front().path, 0,
                                             config.from_sequence,
                                             "the journal starts later than what is wanted")};
    }
    if (const auto opened = reader.open_segment(*index); !opened) return base::Unexpected{opened.error()};
    return reader;
}

base::Result<void, JournalError> Reader::open_segment(std::size_t index) {
    const SegmentPlace& place = places_[index];
    auto file = disk_->open(place.path, OpenMode::read);
    if (!file) return base::Unexpected{JournalError(file.error())};
    const auto header = read_segment_header(**file, SegmentKind::journal, place.first_sequence);
    if (!header) return base::Unexpected{header.error()};
    if (!config_.journal) config_.journal = header->journal;
    if (header->journal != *config_.journal) {
        return base::Unexpected{JournalError(JournalFault::other_journal, place.path, 0, place.first_sequence,
                                             "the segment carries another journal's id")};
    }
    scanner_ = std::make_unique<SegmentScanner>(std::move(*file), *config_.journal, ReadPath::cached);
    index_ = index;
    offset_ = segment_header_size;
    expected_ = place.first_sequence;
    return {};
}

base::Result<std::optional<BatchView>, JournalError> Reader::next() {
    if (!scanner_) return std::optional<BatchView>{};
    for (;;) {
        const auto moved = advance();
        if (!moved) return base::Unexpected{moved.error()};
        const auto found = scanner_->at(offset_);
        if (!found) return base::Unexpected{JournalError(found.error())};
        if (!found->batch && found->fault == BatchFault::zero) return at_unused_space();
        if (!found->batch) return refuse(JournalFault::damaged, to_text(found->fault));
        const BatchView& batch = *found->batch;
        if (const auto accepted = accept(batch); !accepted) return base::Unexpected{accepted.error()};
        if (batch.header.kind == BatchKind::records && batch.header.next_sequence() > config_.from_sequence) {
            return std::optional<BatchView>{batch};
        }
    }
}

/// Goes to the next segment when this one has given all up to it. What an older segment holds beyond was
/// superseded.
base::Result<bool, JournalError> Reader::advance() {
    if (index_ + 1 == places_.size() || expected_ != places_[index_ + 1].first_sequence) return false;
    const auto opened = open_segment(index_ + 1);
    if (!opened) return base::Unexpected{opened.error()};
    return true;
}

base::Result<void, JournalError> Reader::accept(const BatchView& batch) {
    const BatchHeader& header = batch.header;
    if (header.first_sequence != expected_) {
        return refuse(JournalFault::gap,
                      "the batch begins at sequence " + std::to_string(header.first_sequence));
    }
    if (index_ + 1 < places_.size() && header.next_sequence() > places_[index_ + 1].first_sequence) {
        return refuse(JournalFault::gap, "the batch runs into the next segment");
    }
    const bool is_other = config_.rules_version && header.rules_version != *config_.rules_version;
    if (is_other && header.next_sequence() > config_.from_sequence && header.kind == BatchKind::records) {
        return refuse(JournalFault::other_rules_version,
                      "written under rules version " + std::to_string(header.rules_version) +
                          ", replayed under " + std::to_string(*config_.rules_version));
    }
    batch_offset_ = offset_;
    offset_ += batch.length();
    expected_ = header.next_sequence();
    stopped_cleanly_ = header.kind == BatchKind::clean_stop;
    return {};
}

base::Result<std::optional<BatchView>, JournalError> Reader::at_unused_space() {
    if (index_ + 1 < places_.size())
        return refuse(JournalFault::gap, "the segment ends before the next one begins");
    const auto end = scanner_->end_of_content(offset_);
    if (!end) return base::Unexpected{JournalError(end.error())};
    if (*end != offset_) return refuse(JournalFault::damaged, to_text(BatchFault::zero));
    return std::optional<BatchView>{};
}

base::Unexpected<JournalError> Reader::refuse(JournalFault fault, std::string detail) {
    return {JournalError(fault, scanner_->path(), offset_, expected_, std::move(detail))};
}

}  // namespace sauda::journal
