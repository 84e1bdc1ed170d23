#include "sequencer/replay_begin.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "journal/rules_parts.h"
#include "journal/snapshot_store.h"
#include "sequencer/snapshots.h"

namespace sauda::sequencer {

namespace {

using journal::failure_of;
using journal::JournalError;
using journal::JournalFault;

std::optional<core::Sequence> first_of(const std::vector<journal::RulesPart>& parts,
                                       std::uint32_t rules_version) {
    if (parts.empty()) return core::Sequence{1};
    if (parts.back().rules_version != rules_version) return std::nullopt;
    return core::Sequence{parts.back().first_sequence};
}

}  // namespace

JournalResult<std::optional<core::Sequence>> first_of_rules(journal::FileSystem& disk,
                                                            const std::string& directory,
                                                            std::uint32_t rules_version) {
    const auto parts = journal::rules_parts(disk, directory);
    if (!parts) return failure_of(parts);
    return first_of(*parts, rules_version);
}

JournalResult<ReplayBegin> replay_begin(journal::FileSystem& disk, const std::string& root,
                                        std::uint32_t rules_version, std::uint8_t shard) {
    const auto parts = journal::rules_parts(disk, journal::join(root, "journal"));
    if (!parts) return failure_of(parts);
    const auto first = first_of(*parts, rules_version);
    if (first && first->raw == 1) return ReplayBegin{core::Exchange(shard), {}};
    const journal::SnapshotStore store(disk, journal::join(root, "snapshots"));
    auto sequences = store.list();
    if (!sequences) return failure_of(sequences);
    std::ranges::reverse(*sequences);
    const auto reaching = first                ? std::ranges::lower_bound(*sequences, first->raw - 1)
                          : sequences->empty() ? sequences->end()
                                               : sequences->end() - 1;
    if (reaching == sequences->end()) {
        return base::Unexpected{JournalError(
            JournalFault::missing, journal::join(root, "snapshots"), 0, first ? first->raw - 1 : 0,
            "the journal can be replayed from there on only, and no snapshot reaches it")};
    }
    const auto snapshot = store.load(*reaching);
    if (!snapshot) return failure_of(snapshot);
    auto exchange = exchange_of(*snapshot, store.path_of(*reaching));
    if (!exchange) return failure_of(exchange);
    ReplayBegin begin{std::move(*exchange), {}};
    if (!first) begin.other_rules_through = {*reaching};
    if (first && parts->size() > 1) begin.other_rules_through = {first->raw - 1};
    return begin;
}

}  // namespace sauda::sequencer
