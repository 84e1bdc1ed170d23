#include "backup/released.h"

#include "base/bytes.h"
#include "base/crc32c.h"
#include "journal/event_log.h"
#include "journal/segment.h"

namespace sauda::backup {

namespace {

using journal::failure_of;

constexpr std::size_t window_bytes = 1u << 20;
constexpr std::size_t checked_from = 8;
constexpr std::uint32_t frame_bytes_max = 64u << 20;

/// Walks frames (journal/event_log.h draws them) as far as they are whole.
class FrameWalk {
public:
    FrameWalk(const journal::File& file, const journal::SegmentHeader& header)
        : file_(file), id_crc_(base::crc32c(header.journal)), last_(header.first_sequence - 1) {}

    journal::IoResult<ReleasedEnd> run() {
        std::uint64_t offset = journal::segment_header_size;
        for (;;) {
            const auto size = frame_at(offset);
            if (!size) return failure_of(size);
            if (*size == 0) return ReleasedEnd{last_, file_.path(), offset};
            offset += *size;
            ++last_;
        }
    }

private:
    /// Bytes of the whole frame of the next sequence at `offset`; 0 when there is none yet.
    journal::IoResult<std::uint64_t> frame_at(std::uint64_t offset) {
        const auto header = view(offset, journal::event_frame_header_size);
        if (!header) return failure_of(header);
        base::ByteReader reader(*header);
        const auto length = reader.get<std::uint32_t>();
        const auto crc = reader.get<std::uint32_t>();
        const auto sequence = reader.get<std::uint64_t>();
        if (!reader.ok() || length > frame_bytes_max || sequence != last_ + 1) return std::uint64_t{0};
        const std::size_t size = journal::event_frame_header_size + length;
        const auto frame = view(offset, size);
        if (!frame) return failure_of(frame);
        const bool is_whole =
            frame->size() == size && base::crc32c(frame->subspan(checked_from), id_crc_) == crc;
        return std::uint64_t{is_whole ? size : 0};
    }

    /// Up to `length` bytes from `offset`, out of a window that is read anew where it does not reach.
    journal::IoResult<base::ByteView> view(std::uint64_t offset, std::size_t length) {
        if (offset < start_ || offset + length > start_ + window_.size()) {
            window_.resize(std::max(length, window_bytes));
            const auto count = file_.read(offset, window_);
            if (!count) return failure_of(count);
            window_.resize(*count);
            start_ = offset;
        }
        const auto from = static_cast<std::size_t>(offset - start_);
        return base::ByteView(window_).subspan(from, std::min(length, window_.size() - from));
    }

    const journal::File& file_;
    const std::uint32_t id_crc_;
    std::uint64_t last_;
    base::Bytes window_;
    std::uint64_t start_ = 0;
};

}  // namespace

sequencer::JournalResult<std::optional<ReleasedEnd>> released_end(journal::FileSystem& disk,
                                                                  const std::string& directory) {
    const auto places = journal::list_segments(disk, directory, journal::SegmentKind::event_log);
    if (!places) return failure_of(places);
    if (places->empty()) return std::optional<ReleasedEnd>{};
    const journal::SegmentPlace& newest = places->back();
    const auto file = disk.open(newest.path, journal::OpenMode::read);
    if (!file) return failure_of(file);
    const auto header =
        journal::read_segment_header(**file, journal::SegmentKind::event_log, newest.first_sequence);
    if (!header) return failure_of(header);
    const auto last = FrameWalk(**file, *header).run();
    if (!last) return failure_of(last);
    return std::optional(*last);
}

}  // namespace sauda::backup
