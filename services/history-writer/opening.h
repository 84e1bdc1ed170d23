/// Opening the history that an event log belongs to.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "history/store.h"
#include "journal/event_source.h"

namespace sauda::history_writer {

/// Why history does not go on.
struct Trouble {
    std::string sentence;
    bool is_passing = false;  ///< trying again later may help: a server is away
};

struct Opened {
    std::unique_ptr<history::Store> store;
    history::Progress progress;
    views::Listings listings;
};

/// Opens the history at `store`. One that is of another event log than `events` is set aside and made anew.
/// `interrupt`, which outlives the store, ends what waits for a server.
base::Result<Opened, Trouble> open_history(const std::string& store, const journal::EventSource& events,
                                           const sql::Interrupt& interrupt);

/// A failure of `store`: on a server it passes.
Trouble trouble_of(const std::string& store, const sql::Error& error);

}  // namespace sauda::history_writer
