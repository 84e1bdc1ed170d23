/// Event frames as they were stored, also by earlier programs: translated to the form that core's event
/// reader reads. Rules of trade are not asked for here: what happened is told, not decided again.
///
/// Forms, by the rules_version in the frame's header:
///
///   1   order_accepted has its flags elsewhere in `bits`: 0 side, 1 post only, 2-4 kind, 5-7 time in force;
///       from bit 8 on as today. asset_listed and market_listed end before operator_id.
///   2   as core/event_record.h has them, without transfers between shards and leases
///   3   as core/event_record.h has them
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"
#include "codec/decode_error.h"
#include "codec/event_frame.h"

namespace sauda::codec {

/// Threads: one owner at a time.
class StoredFrameReader {
public:
    /// The frame at the front of `bytes`, in the form of today, which its header then names. What follows it
    /// in `bytes` is found by the header as it stands there. The view lives until the next call, and no
    /// longer than `bytes`. As parse_event_frame, at its cost, where nothing is to be translated.
    base::Result<EventFrameView, DecodeError> read(base::ByteView bytes);
    /// The same of a frame that was parsed.
    base::Result<EventFrameView, DecodeError> translate(const EventFrameView& stored);

private:
    bool translate_record(base::ByteView record);

    base::Bytes events_;
};

}  // namespace sauda::codec
