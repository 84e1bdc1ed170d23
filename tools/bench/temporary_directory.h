/// A directory for what one run writes.
#pragma once

#include <string>

#include "base/result.h"

namespace sauda::bench {

/// A fresh directory, gone with everything in it when this is destroyed.
///
/// Threads: one owner.
class TemporaryDirectory {
public:
    /// Inside `parent`, which is made when missing (and removed again by then empty).
    static base::Result<TemporaryDirectory, std::string> make(const std::string& parent);
    ~TemporaryDirectory();
    TemporaryDirectory(TemporaryDirectory&& other) noexcept;
    TemporaryDirectory& operator=(TemporaryDirectory&&) = delete;

    const std::string& path() const { return path_; }

private:
    TemporaryDirectory(std::string path, std::string made_parent)
        : path_(std::move(path)), made_parent_(std::move(made_parent)) {}

    std::string path_;
    std::string made_parent_;  ///< empty: it was there before
};

}  // namespace sauda::bench
