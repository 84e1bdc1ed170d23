/// Released events by sequence, as far back as anybody keeps them: the event log of this process's engine, or
/// of another's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "base/bytes.h"
#include "base/result.h"
#include "journal/journal_error.h"

namespace sauda::journal {

/// Threads: any, at any time; `read` may block.
class EventSource {
public:
    virtual ~EventSource() = default;

    /// The first sequence held, or to be held where there is none.
    virtual std::uint64_t first_sequence() const = 0;
    /// The last sequence that can be read, as far as this process knows.
    virtual std::uint64_t published_sequence() const = 0;

    /// Called per frame in order; false stops.
    using Visitor = std::function<bool(std::uint64_t sequence, base::ByteView frame)>;

    /// Visits frames from `from` on until about `max_bytes` of content were visited (at least one frame), the
    /// visitor stops, or the published end. Returns the sequence to go on from, which is `from` when there
    /// was nothing. A frame lives until the visitor returns. Fails with `missing` when `from` is below
    /// first_sequence().
    virtual base::Result<std::uint64_t, JournalError> read(std::uint64_t from, std::size_t max_bytes,
                                                           const Visitor& visit) const = 0;
};

}  // namespace sauda::journal
