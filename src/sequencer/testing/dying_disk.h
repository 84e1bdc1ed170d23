/// A disk under a process that dies in the middle of something: after so many changes nothing it asks for
/// happens.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "journal/file_system.h"

namespace sauda::sequencer::testing {

/// Passes everything on to another FileSystem until `changes` writes, syncs, renames and so on have been
/// made; from then on every change fails without effect, as if the process had ended there.
///
/// Threads: one owner at a time.
class DyingDisk final : public journal::FileSystem {
public:
    explicit DyingDisk(journal::FileSystem& under) : under_(under) {}

    void die_after(std::uint64_t changes) { left_ = changes; }
    void live() { left_ = ~std::uint64_t{0}; }
    bool dead() const { return left_ == 0; }

    journal::IoResult<std::unique_ptr<journal::File>> open(const std::string& path,
                                                           journal::OpenMode mode) override;
    journal::IoResult<void> rename(const std::string& from, const std::string& to) override;
    journal::IoResult<void> remove(const std::string& path) override;
    journal::IoResult<std::vector<std::string>> list(const std::string& directory) override;
    bool exists(const std::string& path) override { return under_.exists(path); }
    journal::IoResult<void> make_directory(const std::string& path) override;
    journal::IoResult<void> sync_directory(const std::string& directory) override;
    journal::IoResult<std::unique_ptr<journal::DirectoryLock>> lock(const std::string& path) override;
    journal::IoResult<std::uint64_t> free_bytes(const std::string& path) override;

private:
    friend class DyingFile;
    /// Counts one change; false when the process is dead.
    bool may_change();

    journal::FileSystem& under_;
    std::uint64_t left_ = ~std::uint64_t{0};
};

}  // namespace sauda::sequencer::testing
