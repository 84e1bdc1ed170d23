#include "journal/segment_scanner.h"

#include <algorithm>
#include <cstring>

namespace sauda::journal {

namespace {

/// Comparing the bytes with themselves one further on is as fast as memory: unused space is most of a
/// segment.
bool all_zero(base::ByteView bytes) {
    if (bytes.empty()) return true;
    return bytes[0] == std::byte{0} && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

}  // namespace

IoResult<Found> SegmentScanner::at(std::uint64_t offset) {
    const auto header = view(offset, batch_header_size);
    if (!header) return failure_of(header);
    const auto length = peek_batch_length(*header, journal_);
    if (!length) return Found{std::nullopt, length.error()};
    const auto bytes = view(offset, *length);
    if (!bytes) return failure_of(bytes);
    const auto batch = decode_batch(*bytes, journal_);
    if (!batch) return Found{std::nullopt, batch.error()};
    return Found{*batch, BatchFault::zero};
}

IoResult<std::optional<FoundAt>> SegmentScanner::find_batch(std::uint64_t offset) {
    for (;;) {
        const auto chunk = view(offset, window_size_ / 2);
        if (!chunk) return failure_of(chunk);
        std::size_t at_chunk = 0;
        const auto begins = [&] { return std::memcmp(chunk->data() + at_chunk, &batch_magic, 4) == 0; };
        while (at_chunk + batch_alignment <= chunk->size() && !begins()) at_chunk += batch_alignment;
        if (at_chunk + batch_alignment > chunk->size()) {
            if (chunk->size() < window_size_ / 2) return std::optional<FoundAt>{};
            offset += at_chunk;
            continue;
        }
        offset += at_chunk;
        const auto found = at(offset);
        if (!found) return failure_of(found);
        if (found->batch) return std::optional<FoundAt>{FoundAt{offset, *found->batch}};
        offset += batch_alignment;
    }
}

IoResult<std::uint64_t> SegmentScanner::end_of_content(std::uint64_t offset) {
    std::uint64_t end = offset;
    for (;;) {
        const auto chunk = view(offset, window_size_);
        if (!chunk) return failure_of(chunk);
        if (!all_zero(*chunk)) {
            const auto last = std::find_if(chunk->rbegin(), chunk->rend(),
                                           [](std::byte byte) { return byte != std::byte{0}; });
            end = offset + static_cast<std::uint64_t>(chunk->rend() - last);
        }
        if (chunk->size() < window_size_) return end;
        offset += chunk->size();
    }
}

IoResult<base::ByteView> SegmentScanner::view(std::uint64_t offset, std::size_t length) {
    const bool inside = offset >= window_start_ && offset + length <= window_start_ + window_.size();
    if (!inside) {
        const auto size = file_->size();
        if (!size) return failure_of(size);
        const std::uint64_t left = *size > offset ? *size - offset : 0;
        window_.resize(std::min<std::uint64_t>(left, std::max(length, window_size_)));
        window_start_ = offset;
        const auto count = read_path_ == ReadPath::cached ? file_->read(offset, window_)
                                                          : file_->read_past_cache(offset, window_);
        if (!count) return failure_of(count);
        window_.resize(*count);
    }
    const base::ByteView window(window_);
    const std::size_t from = static_cast<std::size_t>(offset - window_start_);
    return window.subspan(from, std::min(length, window.size() - from));
}

}  // namespace sauda::journal
