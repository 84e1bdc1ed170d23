/// Proves that everything derived says the same: replays the journal, folds its events into views, and
/// compares core's state, the views and history, down to the last unit.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "core/types/ids.h"
#include "history/audit.h"
#include "journal/file_system.h"

namespace sauda {

struct DeepReport {
    std::uint64_t balances = 0;             ///< of core, found in the views
    std::uint64_t open_orders = 0;          ///< likewise
    std::uint64_t levels = 0;               ///< of depth, added up from core's open orders
    std::uint64_t pending_transfers = 0;    ///< of core, found in the views
    std::optional<core::Sequence> history;  ///< how far it goes; nothing: there is none
    history::AuditCounts audit;
};

/// The first contradiction, or what cannot be read, in a sentence. Memory is that of the exchange and its
/// views. Requires: no exchange runs on the directory; its journal begins with the first command.
/// `store` is where history is; empty: the file in the directory, where there is one.
base::Result<DeepReport, std::string> verify_deep(journal::FileSystem& disk, const std::string& data_dir,
                                                  const std::string& store);

}  // namespace sauda
