#include "history-writer/opening.h"

#include "codec/event_frame.h"
#include "sql/postgres/address.h"
#include "telemetry/log.h"

namespace sauda::history_writer {

namespace log = telemetry::log;
using base::Result;
using base::Unexpected;

namespace {

/// Whether `progress` is of this log: it ends in a frame that the log has.
Result<bool, Trouble> is_of(const history::Progress& progress, const journal::EventSource& events) {
    const std::uint64_t sequence = progress.sequence.raw;
    if (sequence == 0) return true;
    if (sequence > events.published_sequence()) return false;
    if (sequence < events.first_sequence()) return true;  // what could tell is archived
    bool is_same = false;
    const auto read = events.read(sequence, 1, [&](std::uint64_t, base::ByteView bytes) {
        const auto frame = codec::parse_event_frame(bytes);
        is_same = frame && history::frame_checksum(*frame) == progress.frame_crc;
        return false;
    });
    if (!read) return Unexpected{Trouble{read.error().message()}};
    return is_same;
}

Result<Opened, Trouble> open_store(const std::string& name, const sql::Interrupt& interrupt) {
    auto store = history::Store::open(name, &interrupt);
    if (!store) return Unexpected{trouble_of(name, store.error())};
    if (!(*store)->set_aside().empty())
        log::warning("history set aside and made anew", {{"why", (*store)->set_aside()}});
    const auto progress = (*store)->progress();
    if (!progress) return Unexpected{trouble_of(name, progress.error())};
    auto listings = (*store)->listings();
    if (!listings) return Unexpected{trouble_of(name, listings.error())};
    return Opened{std::move(*store), *progress, std::move(*listings)};
}

}  // namespace

Trouble trouble_of(const std::string& store, const sql::Error& error) {
    const bool is_damaged = error.kind == sql::Error::Kind::damaged;
    return {error.message(), sql::postgres::is_address(store) && !is_damaged};
}

Result<Opened, Trouble> open_history(const std::string& store, const journal::EventSource& events,
                                     const sql::Interrupt& interrupt) {
    auto opened = open_store(store, interrupt);
    if (!opened) return opened;
    const auto fits = is_of(opened->progress, events);
    if (!fits) return Unexpected{fits.error()};
    if (*fits) return opened;
    log::warning("history is not of this event log; it is set aside and made anew",
                 {{"sequence", opened->progress.sequence.raw}});
    opened->store.reset();
    if (const sql::Done moved = history::Store::set_aside(store); !moved)
        return Unexpected{trouble_of(store, moved.error())};
    return open_store(store, interrupt);
}

}  // namespace sauda::history_writer
