/// A directory of its own for one test, removed with everything in it.
#pragma once

#include <filesystem>
#include <stdlib.h>
#include <string>

#include <gtest/gtest.h>

#include "base/assert.h"

namespace sauda::identity {

class TemporaryDirectory {
public:
    TemporaryDirectory() : path_(testing::TempDir() + "sauda_identity_XXXXXX") {
        const char* const made = mkdtemp(path_.data());
        ASSERT(made != nullptr);
    }
    ~TemporaryDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

    std::string file(const std::string& name) const { return path_ + "/" + name; }

private:
    std::string path_;
};

}  // namespace sauda::identity
