#include "codec/stored_event_frame.h"

#include <cstring>
#include <utility>

#include "core/event_record.h"

namespace sauda::codec {

namespace {

using core::AcceptedRecord;
using core::EventHeader;
using core::EventType;

constexpr unsigned accepted_bits_kept_from = 8;
/// The first rules whose events have the form of today.
constexpr std::uint32_t form_rules_version = 2;

/// `bits` of an order_accepted of rules 1, as today's.
std::uint16_t accepted_bits(std::uint16_t bits) {
    const auto side = static_cast<core::Side>(bits & 1);
    const bool post_only = (bits >> 1 & 1) != 0;
    const auto kind = static_cast<core::OrderKind>(bits >> 2 & 7);
    const auto time_in_force = static_cast<core::TimeInForce>(bits >> 5 & 7);
    const core::OrderTerms terms(kind, time_in_force, post_only);
    const unsigned kept = static_cast<unsigned>(bits) >> accepted_bits_kept_from << accepted_bits_kept_from;
    return static_cast<std::uint16_t>(kept | AcceptedRecord::terms::put(terms.raw()) |
                                      AcceptedRecord::side::put(side));
}

/// What a listing of rules 1 lacks at its end.
std::size_t missing_bytes(EventType type) {
    const bool is_listing = type == EventType::asset_listed || type == EventType::market_listed;
    return is_listing ? sizeof(core::Uuid) : 0;
}

}  // namespace

base::Result<EventFrameView, DecodeError> StoredFrameReader::read(base::ByteView bytes) {
    const auto stored = parse_event_frame(bytes);
    return stored ? translate(*stored) : stored;
}

base::Result<EventFrameView, DecodeError> StoredFrameReader::translate(const EventFrameView& stored) {
    if (stored.header.rules_version != 1) return stored;
    events_.clear();
    for (base::ByteView rest = stored.events; !rest.empty();) {
        EventHeader header;
        if (rest.size() < sizeof header) return base::Unexpected{DecodeError::truncated};
        std::memcpy(static_cast<void*>(&header), rest.data(), sizeof header);
        const std::size_t size = std::size_t{header.words} * 8;
        if (size == 0 || size > rest.size()) return base::Unexpected{DecodeError::out_of_range};
        if (!translate_record(rest.first(size))) return base::Unexpected{DecodeError::out_of_range};
        rest = rest.subspan(size);
    }
    EventFrameView frame;
    frame.header = stored.header;
    frame.header.rules_version = form_rules_version;
    frame.header.size = static_cast<std::uint32_t>(sizeof frame.header + events_.size());
    frame.events = events_;
    return frame;
}

bool StoredFrameReader::translate_record(base::ByteView record) {
    EventHeader header;
    std::memcpy(static_cast<void*>(&header), record.data(), sizeof header);
    const std::size_t missing = missing_bytes(header.type);
    if (header.words + missing / 8 > UINT8_MAX) return false;
    header.words = static_cast<std::uint8_t>(header.words + missing / 8);
    if (header.type == EventType::order_accepted) header.bits = accepted_bits(header.bits);
    const std::size_t begin = events_.size();
    events_.insert(events_.end(), record.begin(), record.end());
    events_.resize(events_.size() + missing);  // zero: an operator that nobody noted
    std::memcpy(events_.data() + begin, &header, sizeof header);
    return true;
}

}  // namespace sauda::codec
