#include "bench/temporary_directory.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace sauda::bench {

base::Result<TemporaryDirectory, std::string> TemporaryDirectory::make(const std::string& parent) {
    std::error_code error;
    const bool made_parent = std::filesystem::create_directory(parent, error);
    if (error) return base::Unexpected{"cannot make " + parent + ": " + error.message()};
    std::string path = (std::filesystem::path(parent) / "bench-data-XXXXXX").string();
    if (mkdtemp(path.data()) == nullptr)
        return base::Unexpected{"cannot make " + path + ": " + std::strerror(errno)};
    return TemporaryDirectory(std::move(path), made_parent ? parent : std::string());
}

TemporaryDirectory::TemporaryDirectory(TemporaryDirectory&& other) noexcept
    : path_(std::move(other.path_)), made_parent_(std::move(other.made_parent_)) {
    other.path_.clear();
    other.made_parent_.clear();
}

TemporaryDirectory::~TemporaryDirectory() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
    if (!made_parent_.empty()) std::filesystem::remove(made_parent_, ignored);
}

}  // namespace sauda::bench
