#include "sauda/deep_verification.h"

#include <atomic>
#include <map>
#include <memory>
#include <utility>

#include "codec/event_frame.h"
#include "journal/data_directory.h"
#include "journal/event_log.h"
#include "sauda/version.h"
#include "sauda/view_checkpoints.h"
#include "sequencer/journal_name.h"
#include "sequencer/replay.h"
#include "sequencer/replay_begin.h"
#include "views/read_model.h"

namespace sauda {

using base::Result;
using base::Unexpected;

namespace {

std::string of_account(core::AccountId account, core::AssetId asset) {
    return "account " + std::to_string(account.raw) + ", asset " + std::to_string(asset.raw);
}

/// Quantity by side and price.
using Levels = std::map<std::pair<core::Side, core::PriceTicks>, core::QuantityLots>;

/// One run of verify_deep.
class DeepVerification {
public:
    DeepVerification(journal::FileSystem& disk, const journal::DataDirectory& directory, std::string store,
                     views::ViewLimits limits)
        : disk_(disk), directory_(directory), store_(std::move(store)), views_(limits) {}

    Result<DeepReport, std::string> run() {
        std::string problem = open_history();
        if (problem.empty()) problem = replay();
        if (problem.empty() && audit_ && !is_compared_)
            problem = "history goes on beyond the end of the journal: it is another exchange's";
        if (problem.empty()) problem = compare_with_core();
        if (!problem.empty()) return Unexpected{std::move(problem)};
        if (audit_) report_.audit = audit_->counts();
        return report_;
    }

private:
    std::string open_history() {
        const std::string path = journal::join(directory_.root(), "history.sqlite");
        if (store_.empty() && !disk_.exists(path)) return {};
        auto audit = history::Audit::open(store_.empty() ? path : store_);
        if (!audit) return audit.error().message();
        audit_ = std::move(*audit);
        const auto progress = audit_->progress();
        if (!progress) return progress.error().message();
        report_.history = progress->sequence;
        const auto finding = audit_->check_itself();
        return finding ? *finding : finding.error().message();
    }

    std::string replay() {
        const auto name = sequencer::read_journal_name(disk_, directory_.journal());
        if (!name) return name.error().message();
        if (!*name) return {};
        if ((*name)->first.raw != 1)
            return "the journal's beginning was archived: a deep comparison needs it from the first command";
        std::string problem = compare_history();  // where it has not begun
        if (problem.empty()) problem = fold_other_rules((*name)->id);
        if (!problem.empty()) return problem;
        const auto totals =
            sequencer::replay_into(exchange_, disk_, directory_.journal(), {rules_version, (*name)->id, {}},
                                   [&](const sequencer::ReplayedBatch& batch) {
                                       if (problem.empty()) problem = fold(batch.frames);
                                       return sequencer::JournalResult<void>{};
                                   });
        return totals ? problem : totals.error().message();
    }

    /// What was written under other rules is not replayed: the views fold its events as they were released,
    /// and must come to the state in the snapshot from which replay goes on.
    std::string fold_other_rules(const journal::JournalId& journal) {
        auto begin = sequencer::replay_begin(disk_, directory_.root(), rules_version, 0);
        if (!begin) return begin.error().message();
        exchange_ = std::move(begin->exchange);
        const core::Sequence through = exchange_.last().sequence;
        if (through.raw == 0) return {};
        journal::EventLogConfig config;
        config.journal = journal;
        config.rules_version = rules_version;
        auto log = journal::EventLog::open(disk_, directory_.events(), config);
        if (!log) return log.error().message();
        if ((*log)->first_sequence() != 1 || (*log)->published_sequence() < through.raw)
            return "the event log lacks commands of other rules: a deep comparison needs them";
        const std::atomic<bool> never{false};
        // In two steps, as history may stand between them.
        for (const core::Sequence stop : {report_.history.value_or(core::Sequence{}), through}) {
            if (stop > through || stop <= views_.last()) continue;
            std::string problem = fold_event_log(**log, views_, stop, never);
            if (problem.empty()) problem = compare_history();
            if (!problem.empty()) return problem;
        }
        std::string problem = compare_with_core();
        // Counted at the end.
        report_.balances = report_.open_orders = report_.levels = report_.pending_transfers = 0;
        return problem;
    }

    std::string fold(base::ByteView frames) {
        std::string problem;
        const auto read = codec::for_each_event_frame(frames, [&](const codec::EventFrameView& frame) {
            if (!problem.empty()) return;
            if (!views_.apply(frame.header.sequence, frame.header.time, frame.events))
                problem = "the views cannot read what replay gives";
            else
                problem = compare_history();
        });
        return read ? problem : "replay gives no event frames";
    }

    /// Once, where the views stand at the sequence that history goes to.
    std::string compare_history() {
        if (!audit_ || is_compared_ || views_.last() != *report_.history) return {};
        is_compared_ = true;
        const auto finding = audit_->compare(views_);
        return finding ? *finding : finding.error().message();
    }

    std::string compare_with_core() {
        const core::ExchangeState state = exchange_.state();
        std::string problem = compare_balances(state);
        if (problem.empty()) problem = compare_orders(state);
        if (problem.empty()) problem = compare_pending_transfers(state);
        return problem.empty() ? compare_depth(state) : problem;
    }

    std::string compare_balances(const core::ExchangeState& state) {
        for (const core::BalanceRecord& record : state.balances) {
            const views::BalanceView seen = views_.accounts.balance(record.account, record.asset);
            if (seen.available != record.available || seen.held != record.held)
                return of_account(record.account, record.asset) + ": the views have another balance";
            ++report_.balances;
        }
        std::uint64_t seen = 0;
        for (core::AccountId id{0}; id < views_.accounts.end_account(); ++id.raw)
            seen += views_.accounts.balances(id).size();
        return seen == report_.balances ? "" : "the views have balances that the ledger has not";
    }

    std::string compare_orders(const core::ExchangeState& state) {
        for (const core::OrderRecord& record : state.orders) {
            const views::OrderView* seen = views_.accounts.find_order(record.account, record.id);
            const bool agrees = seen != nullptr && seen->is_open() && seen->market == record.market &&
                                seen->side == record.side && seen->price == record.price &&
                                seen->quantity == record.quantity && seen->leaves == record.leaves;
            if (!agrees) return "order " + std::to_string(record.id.raw) + ": the views have another";
            ++report_.open_orders;
        }
        return report_.open_orders == views_.accounts.open_order_count()
                   ? ""
                   : "the views have open orders that the exchange has not";
    }

    std::string compare_pending_transfers(const core::ExchangeState& state) {
        const views::PendingTransfers& pending = views_.accounts.pending_transfers();
        for (const core::TransferRecord& record : state.transfers) {
            if (!record.is_pending()) continue;
            const views::PendingTransfer* seen = pending.find(record.reference);
            const bool agrees = seen != nullptr && seen->sequence == record.first &&
                                seen->account == record.account && seen->asset == record.asset &&
                                seen->amount == -record.amount && seen->to == record.peer;
            if (!agrees)
                return "transfer " + std::string(record.reference.view()) + ": the views have another";
            ++report_.pending_transfers;
        }
        return report_.pending_transfers == pending.size()
                   ? ""
                   : "the views have pending transfers that the exchange has not";
    }

    std::string compare_depth(const core::ExchangeState& state) {
        std::map<core::MarketId, Levels> markets;
        for (const core::OrderRecord& record : state.orders)
            markets[record.market][{record.side, record.price}] += record.leaves;
        for (core::MarketId id{1}; const views::DepthBook* book = views_.depth.find(id); ++id.raw) {
            const Levels& levels = markets[id];
            for (const auto& [place, quantity] : levels) {
                if (book->quantity_at(place.first, place.second) != quantity)
                    return "market " + std::to_string(id.raw) + ": depth at price " +
                           std::to_string(place.second.raw) + " is not what its open orders add up to";
            }
            if (book->level_count(core::Side::buy) + book->level_count(core::Side::sell) != levels.size())
                return "market " + std::to_string(id.raw) + ": depth has levels without orders";
            report_.levels += levels.size();
        }
        return {};
    }

    journal::FileSystem& disk_;
    const journal::DataDirectory& directory_;
    const std::string store_;
    views::ReadModel views_;
    core::Exchange exchange_;
    std::unique_ptr<history::Audit> audit_;
    bool is_compared_ = false;
    DeepReport report_;
};

}  // namespace

Result<DeepReport, std::string> verify_deep(journal::FileSystem& disk, const std::string& data_dir,
                                            const std::string& store) {
    const auto limits = view_limits();
    if (!limits) return Unexpected{limits.error()};
    const auto directory = journal::DataDirectory::open(disk, data_dir);
    if (!directory) return Unexpected{directory.error().message()};
    return DeepVerification(disk, *directory, store, *limits).run();
}

}  // namespace sauda
