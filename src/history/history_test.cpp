/// Random commands, their events, history: what history tells is what core and its events say.
#include <cstdlib>
#include <filesystem>
#include <map>

#include <gtest/gtest.h>

#include "core/exchange.h"
#include "core/testing/oracle.h"
#include "core/testing/random_commands.h"
#include "history/reader.h"
#include "history/store.h"

namespace sauda::history {
namespace {

using namespace core;

/// A path that is gone afterwards.
class TemporaryDirectory {
public:
    TemporaryDirectory() {
        std::string pattern = (std::filesystem::temp_directory_path() / "sauda-history-XXXXXX").string();
        path_ = ::mkdtemp(pattern.data());
    }
    ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
    std::string file(const char* name) const { return (path_ / name).string(); }

private:
    std::filesystem::path path_;
};

/// Frames in order, as the event log has them.
class Log {
public:
    void append(Sequence sequence, TimestampNs time, base::ByteView events) {
        codec::EventFrameHeader header;
        header.sequence = sequence;
        header.time = time;
        codec::append_event_frame(header, events, frames_.emplace_back());
    }
    codec::EventFrameView at(std::uint64_t sequence) const {
        return codec::parse_event_frame(frames_[sequence - 1]).value();
    }
    std::uint64_t last() const { return frames_.size(); }

private:
    std::vector<base::Bytes> frames_;
};

/// Projects `log` into `path` up to `through`, `per_batch` commands at a time, from where the file stands.
void project(const std::string& path, const Log& log, std::uint64_t through, std::uint64_t per_batch) {
    auto store = Store::open(path).value();
    ASSERT_EQ(store->set_aside(), "");
    Projector projector(*store, store->progress().value(), store->listings().value());
    while (projector.progress().sequence.raw < through) {
        const std::uint64_t end = std::min(through, projector.progress().sequence.raw + per_batch);
        while (projector.progress().sequence.raw < end) {
            const auto applied = projector.apply(log.at(projector.progress().sequence.raw + 1));
            ASSERT_TRUE(applied.has_value()) << applied.error();
        }
        const Done written = store->write(projector.batch());
        ASSERT_TRUE(written.has_value()) << written.error().message();
        projector.written();
    }
    ASSERT_FALSE(store->take_failure().has_value());
}

TEST(History, OfRandomCommandsIsWhatCoreSays) {
    TemporaryDirectory directory;
    core::testing::Oracle oracle;
    core::testing::RandomCommands commands(7, oracle);
    Exchange exchange;
    Log log;
    for (int i = 0; i < 3000; ++i) {
        const auto [command, stamp] = commands.next();
        EventBuffer events, ignored;
        oracle.apply(command, stamp, ignored);
        exchange.apply(command, stamp, events);
        log.append(stamp.sequence, stamp.time, events.bytes());
    }
    project(directory.file("h"), log, log.last(), 100);
    auto reader = Reader::open(directory.file("h")).value();
    EXPECT_EQ(reader->progress().value().sequence.raw, log.last());
}

}  // namespace
}  // namespace sauda::history
