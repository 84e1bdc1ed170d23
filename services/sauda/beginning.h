/// What a front begins with.
#pragma once

#include <atomic>
#include <string>

#include "base/result.h"
#include "core/types/ids.h"
#include "feed/limits.h"
#include "feed/private_window.h"
#include "journal/event_source.h"
#include "views/read_model.h"

namespace sauda {

/// The views of all that an engine had released by then, and private events of before.
struct Beginning {
    views::ReadModel views;
    feed::PrivateWindow past{feed::Limits{}.window};
};

/// The private events of the latest frames through `last` that the log has, or until `stopping` is set. The
/// error is a sentence. Blocks.
base::Result<feed::PrivateWindow, std::string> read_past(const journal::EventSource& log, core::Sequence last,
                                                         const std::atomic<bool>& stopping);

}  // namespace sauda
