#include "sauda/remote/remote_event_log.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "codec/event_frame.h"

namespace sauda {

using base::Result;
using base::Unexpected;
using journal::JournalError;

namespace {

/// Visits the frames from `from` on; the sequence to go on from, or nothing where they are no frames.
std::optional<std::uint64_t> visit_frames(base::ByteView bytes, std::uint64_t from,
                                          const journal::EventSource::Visitor& visit) {
    std::uint64_t next = from;
    while (!bytes.empty()) {
        const auto frame = codec::parse_event_frame(bytes);
        if (!frame) return std::nullopt;
        const base::ByteView whole = bytes.first(frame->header.size);
        bytes = bytes.subspan(frame->header.size);
        const std::uint64_t sequence = frame->header.sequence.raw;
        if (sequence < from) continue;
        next = sequence + 1;
        if (!visit(sequence, whole)) break;
    }
    return next;
}

JournalError error_of(std::string detail, std::uint64_t sequence) {
    return base::IoError{"read events from " + std::to_string(sequence) + " on", "over HTTP", 0,
                         std::move(detail)};
}

}  // namespace

std::string RemoteEventLog::refresh() {
    Result<EngineDescription, std::string> described = [&] {
        const std::lock_guard lock(client_mutex_);
        return client_.describe();
    }();
    if (!described) return described.error();
    const std::lock_guard lock(mutex_);
    first_ = described->first;
    published_ = std::max(published_, described->released);
    return {};
}

void RemoteEventLog::publish(const bus::Chunk& chunk) {
    keep(chunk);
    next_.publish(chunk);
}

void RemoteEventLog::keep(const bus::Chunk& chunk) {
    const std::lock_guard lock(mutex_);
    published_ = std::max(published_, chunk.last);
    if (!kept_.empty() && kept_.back().last + 1 != chunk.first) {
        kept_.clear();
        kept_bytes_ = 0;
    }
    kept_.push_back(chunk);
    kept_bytes_ += chunk.bytes->size();
    while (kept_bytes_ > bytes_kept_ && kept_.size() > 1) {
        kept_bytes_ -= kept_.front().bytes->size();
        kept_.pop_front();
    }
}

std::uint64_t RemoteEventLog::first_sequence() const {
    const std::lock_guard lock(mutex_);
    return first_;
}

std::uint64_t RemoteEventLog::published_sequence() const {
    const std::lock_guard lock(mutex_);
    return published_;
}

/// The kept chunk with `sequence` in it; one without bytes where there is none.
bus::Chunk RemoteEventLog::find_kept(std::uint64_t sequence) const {
    const std::lock_guard lock(mutex_);
    const auto after = std::ranges::upper_bound(kept_, sequence, {}, &bus::Chunk::first);
    if (after == kept_.begin()) return {};
    const bus::Chunk& chunk = *std::prev(after);
    return sequence <= chunk.last ? chunk : bus::Chunk{};
}

std::optional<base::Bytes> RemoteEventLog::find_kept_frame(std::uint64_t sequence) const {
    const bus::Chunk chunk = find_kept(sequence);
    if (!chunk.bytes) return std::nullopt;
    std::optional<base::Bytes> found;
    static_cast<void>(visit_frames(*chunk.bytes, sequence, [&](std::uint64_t at, base::ByteView frame) {
        if (at == sequence) found.emplace(frame.begin(), frame.end());
        return false;
    }));
    return found;
}

Result<std::uint64_t, JournalError> RemoteEventLog::read(std::uint64_t from, std::size_t max_bytes,
                                                         const Visitor& visit) const {
    bool is_stopped = false;
    const Visitor until_stopped = [&](std::uint64_t sequence, base::ByteView frame) {
        is_stopped = !visit(sequence, frame);
        return !is_stopped;
    };
    std::size_t visited = 0;
    std::uint64_t next = from;
    for (bus::Chunk chunk = find_kept(next); chunk.bytes && visited < max_bytes && !is_stopped;
         chunk = find_kept(next)) {
        const auto gone_to = visit_frames(*chunk.bytes, next, until_stopped);
        if (!gone_to) return Unexpected{error_of("the bus brought what is no event frame", next)};
        next = *gone_to;
        visited += chunk.bytes->size();
    }
    if (next != from || from > published_sequence()) return next;
    const auto page = [&] {
        const std::lock_guard lock(client_mutex_);
        return client_.events(from, max_bytes);
    }();
    if (!page) return Unexpected{error_of(page.error(), from)};
    {
        const std::lock_guard lock(mutex_);
        first_ = page->first;
        published_ = std::max(published_, page->released);
    }
    const auto gone_to = visit_frames(page->frames, from, until_stopped);
    if (!gone_to) return Unexpected{error_of("the engine sent what is no event frame", from)};
    return *gone_to;
}

}  // namespace sauda
