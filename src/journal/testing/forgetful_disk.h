/// A disk in memory that forgets what was not synced: what power loss does, as cruelly as POSIX allows.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/random.h"
#include "journal/file_system.h"

namespace sauda::journal::testing {

/// A FileSystem that keeps two versions of everything: what programs see (the page cache) and what would
/// survive.
///
/// - Bytes become durable by File::sync; at `crash` each dirty sector of 512 bytes survives or not, all of
/// them, none,
///   a prefix, or any subset. A sector is never torn within: that is what devices promise.
/// - Names become durable by `sync_directory`; at `crash` the operations since then survive as a prefix or as
/// any
///   subset. A rename survives whole or not at all.
/// - A size survives like a sector: the old or the new.
/// - A sync that fails leaves the cache looking fine and its pages clean: `read` returns what was written,
///   `read_past_cache` what the device got, and a second sync succeeds and does nothing.
///
/// Threads: any; one lock.
class ForgetfulDisk final : public FileSystem {
public:
    static constexpr std::size_t sector_size = 512;

    IoResult<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
    IoResult<void> rename(const std::string& from, const std::string& to) override;
    IoResult<void> remove(const std::string& path) override;
    IoResult<std::vector<std::string>> list(const std::string& directory) override;
    bool exists(const std::string& path) override;
    IoResult<void> make_directory(const std::string& path) override;
    IoResult<void> sync_directory(const std::string& directory) override;
    IoResult<std::unique_ptr<DirectoryLock>> lock(const std::string& path) override;
    IoResult<std::uint64_t> free_bytes(const std::string& path) override;

    /// Power loss. Open files are dead: their next use fails. Locks are released.
    void crash(std::uint64_t seed);
    /// The process dies and the machine lives: the cache stays, open files are dead, locks are released.
    void kill();

    /// The sync call `number` calls from now (1 is the next) fails; 0 never.
    void fail_sync_in(std::uint64_t number) { sync_failure_in_ = number; }
    /// What all files together may hold.
    void set_capacity(std::uint64_t bytes) { capacity_ = bytes; }
    /// What they hold now.
    std::uint64_t used_bytes() const;
    /// File::sync and sync_directory do nothing and say that they did. A test that still passes proves
    /// nothing.
    void set_lying(bool lying) { lying_ = lying; }

    /// How often File::sync was called.
    std::uint64_t sync_count() const { return sync_count_; }

    /// The bytes of a file as programs see them, for tests that compare or damage; both versions are changed.
    base::Bytes content(const std::string& path) const;
    void set_content(const std::string& path, const base::Bytes& bytes);

private:
    friend class ForgetfulFile;

    struct Node {
        base::Bytes cached;
        base::Bytes durable;
        std::set<std::uint64_t> dirty;  ///< sectors of `cached` that no sync has taken
        bool size_dirty = false;
    };
    using Nodes = std::map<std::string, std::shared_ptr<Node>>;

    /// A change of names that no sync_directory has taken. `node` empty: `path` is removed.
    struct NameChange {
        std::string path;
        std::shared_ptr<Node> node;
        std::string removed;  ///< the old name of a rename
    };

    IoResult<void> sync_node(Node& node, const std::string& path);
    void change_name(NameChange change);
    void forget_names(base::Random& random);
    static void forget_bytes(Node& node, base::Random& random);
    static void take_sector(Node& node, std::uint64_t sector);
    static void apply(Nodes& nodes, const NameChange& change);
    std::uint64_t used() const;

    mutable std::mutex mutex_;
    Nodes cached_;
    Nodes durable_;
    std::vector<NameChange> name_changes_;
    std::set<std::string> directories_;
    std::set<std::string> locked_;
    std::uint64_t boot_ = 0;  ///< files opened before the last crash are dead
    std::uint64_t sync_count_ = 0;
    std::uint64_t sync_failure_in_ = 0;
    std::uint64_t capacity_ = ~0ull;
    bool lying_ = false;
};

}  // namespace sauda::journal::testing
