#include "history/testing/recorded_world.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "history/store.h"

namespace sauda::history::testing {

namespace {

views::AccountsLimits unlimited() {
    return {SIZE_MAX, SIZE_MAX, SIZE_MAX};
}

}  // namespace

RecordedWorld::RecordedWorld(std::uint64_t seed, std::uint64_t count, std::uint64_t stride)
    : view_(unlimited()) {
    core::testing::RandomCommands commands(seed, oracle_);
    for (std::uint64_t i = 1; i <= count; ++i) {
        const auto [command, stamp] = commands.next();
        core::EventBuffer expected, events;
        oracle_.apply(command, stamp, expected);  // what the next commands are drawn from
        exchange_.apply(command, stamp, events);
        codec::EventFrameHeader header;
        header.engine_epoch = 1 + i / 100;
        header.sequence = stamp.sequence;
        header.time = stamp.time;
        header.command = command.id;
        codec::append_event_frame(header, events.bytes(), frames_.emplace_back());
        view_.apply(stamp.sequence, stamp.time, events.bytes());
        const auto note = core::Overloaded{
            [&](const core::Trade& event) {
                trades_.push_back({event, stamp.sequence, stamp.time});
            },
            [&](const core::TransferSent& event) {
                shard_transfers_.push_back({event.account,
                                            event.asset,
                                            -event.amount,
                                            event.operator_id,
                                            event.reference,
                                            event.to,
                                            stamp,
                                            {}});
            },
            [&](const core::TransferReceived& event) {
                shard_transfers_.push_back(
                    {event.account, event.asset, event.amount, {}, event.reference, event.from, stamp, {}});
            },
            [&](const core::TransferConfirmed& event) {
                for (RecordedShardTransfer& sent : shard_transfers_) {
                    if (sent.stamp.sequence == event.sent) sent.confirmed = stamp.sequence;
                }
            },
            [&](const core::Transferred& event) { ++transferred_[event.account]; },
            [&](const core::OrderAccepted& event) { orders_.emplace(event.order, event.account); },
            [](const auto&) {}};
        core::for_each_event(events.bytes(), note);
        if (i % stride == 0 || i == count) note_balances(i);
    }
}

codec::EventFrameView RecordedWorld::frame(std::uint64_t sequence) const {
    return codec::parse_event_frame(frames_[sequence - 1]).value();
}

std::vector<core::AccountId> RecordedWorld::all_accounts() const {
    std::vector<core::AccountId> accounts{core::external_account, core::fees_account,
                                          core::in_transit_account};
    const std::size_t users = exchange_.state().accounts.size();
    for (std::uint32_t i = 0; i < users; ++i) accounts.push_back({core::first_user_account.raw + i});
    return accounts;
}

void RecordedWorld::note_balances(std::uint64_t sequence) {
    Balances& noted = balances_[sequence];
    for (const core::AccountId account : all_accounts()) {
        for (const core::Asset& asset : listings().assets()) {
            const auto balance = exchange_.balance(account, asset.id);
            noted[{account, asset.id}] = {balance.available, balance.held};
        }
    }
}

TemporaryDirectory::TemporaryDirectory() {
    path_ = (std::filesystem::temp_directory_path() / "sauda-history-XXXXXX").string();
    if (::mkdtemp(path_.data()) == nullptr) std::abort();
}
TemporaryDirectory::~TemporaryDirectory() {
    std::filesystem::remove_all(path_);
}

std::string project(const std::string& path, const RecordedWorld& world, std::uint64_t through,
                    std::uint64_t per_batch) {
    auto store = Store::open(path);
    if (!store) return store.error().message();
    if (!(*store)->set_aside().empty()) return (*store)->set_aside();
    auto progress = (*store)->progress();
    if (!progress) return progress.error().message();
    auto listings = (*store)->listings();
    if (!listings) return listings.error().message();
    Projector projector(**store, *progress, std::move(*listings));
    while (projector.progress().sequence.raw < through) {
        const std::uint64_t first = projector.progress().sequence.raw + 1;
        for (std::uint64_t next = first; next <= std::min(through, first + per_batch - 1); ++next) {
            const auto applied = projector.apply(world.frame(next));
            if (!applied) return applied.error();
        }
        if (const sql::Done written = (*store)->write(projector.batch()); !written)
            return written.error().message();
        projector.written();
    }
    const auto failure = (*store)->take_failure();
    return failure ? failure->message() : std::string();
}

}  // namespace sauda::history::testing
