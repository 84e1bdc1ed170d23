#include "journal/data_directory.h"

namespace sauda::journal {

namespace {

std::string parent_of(const std::string& path) {
    const std::size_t slash = path.find_last_of('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

IoResult<DataDirectory> DataDirectory::open(FileSystem& disk, const std::string& root) {
    if (const auto made = disk.make_directory(root); !made) return failure_of(made);
    auto lock = disk.lock(join(root, "LOCK"));
    if (!lock) return failure_of(lock);
    DataDirectory directory(root, std::move(*lock));
    for (const std::string& folder : {directory.journal(), directory.events(), directory.snapshots()}) {
        if (const auto made = disk.make_directory(folder); !made) return failure_of(made);
    }
    if (const auto synced = disk.sync_directory(root); !synced) return failure_of(synced);
    if (const auto synced = disk.sync_directory(parent_of(root)); !synced) return failure_of(synced);
    return directory;
}

}  // namespace sauda::journal
