/// A disk for a writer that others must not feel: what it writes is brought to the device piece by piece.
#pragma once

#include <functional>
#include <memory>

#include "journal/forwarding_file_system.h"

namespace sauda::journal {

/// One file that is written patiently, as below. `rest` must outlive it.
std::unique_ptr<File> patient_file(std::unique_ptr<File> file, const std::function<void()>& rest);

/// Another file system on which a large write is cut into pieces, each brought to the device before the next
/// one, with a rest after it. Left to one sync at the end, tens of megabytes would stand before whatever
/// somebody else syncs meanwhile, for as long as the device takes for them. A sync of each piece would do it
/// too, with a commit of the file system's own journal each time, in which the engine writes as well.
///
/// Threads: as the other file system's; `rest` may be called from several at once.
class PatientFileSystem final : public ForwardingFileSystem {
public:
    /// Half a megabyte is under a millisecond of a disk, and enough for it to be at its speed.
    static constexpr std::size_t piece_size = 512u << 10;

    /// `rest` is called after each piece but the last of a write, with nothing waiting for the disk. It may
    /// block.
    PatientFileSystem(std::unique_ptr<FileSystem> disk, std::function<void()> rest);

    IoResult<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;

private:
    const std::function<void()> rest_;
};

}  // namespace sauda::journal
