#include "identity/private_file.h"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "identity/random_id.h"

namespace sauda::identity {
namespace {

using base::IoError;
using base::Unexpected;
using Done = base::Result<void, IoError>;

constexpr mode_t others_any = S_IRWXG | S_IRWXO;
constexpr mode_t others_write = S_IWGRP | S_IWOTH;

/// Owns a descriptor.
class Descriptor {
public:
    explicit Descriptor(int number) : number_(number) {}
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    bool is_open() const { return number_ >= 0; }
    int number() const { return number_; }

private:
    int number_;
};

Unexpected<IoError> system_error(const char* operation, const std::string& path) {
    return Unexpected{IoError{operation, path, errno, {}}};
}

Unexpected<IoError> refusal(const char* operation, const std::string& path, std::string detail) {
    return Unexpected{IoError{operation, path, 0, std::move(detail)}};
}

std::string octal(mode_t mode) {
    char text[8];
    std::snprintf(text, sizeof text, "%04o", static_cast<unsigned>(mode & 07777));
    return text;
}

std::string parent_of(const std::string& path) {
    const std::string parent = std::filesystem::path(path).parent_path().string();
    return parent.empty() ? "." : parent;
}

/// A new name is on disk only once its directory is.
Done sync_directory(const std::string& path) {
    const Descriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory.is_open()) return system_error("open", path);
    if (::fsync(directory.number()) != 0) return system_error("fsync", path);
    return {};
}

Done check_status(const struct stat& status, const std::string& path) {
    if (!S_ISREG(status.st_mode)) return refusal("check", path, "it is not a regular file: move it away");
    if (status.st_uid != ::geteuid()) {
        return refusal("check", path,
                       "it belongs to another user (uid " + std::to_string(status.st_uid) +
                           "): run sauda as that user, or chown the file");
    }
    if ((status.st_mode & others_any) != 0) {
        return refusal("check", path,
                       "it is open to group or others (mode " + octal(status.st_mode) + "): chmod 600 '" +
                           path + "', and replace the secret if somebody may have read it");
    }
    return {};
}

Done check_directory(const struct stat& status, const std::string& path) {
    if (!S_ISDIR(status.st_mode)) return refusal("check", path, "it is not a directory: move it away");
    if ((status.st_mode & others_write) != 0) {
        return refusal(
            "check", path,
            "group or others may write to it (mode " + octal(status.st_mode) + "): chmod 700 '" + path + "'");
    }
    return {};
}

Done write_all(const Descriptor& file, std::string_view content, const std::string& path) {
    while (!content.empty()) {
        const ssize_t written = ::write(file.number(), content.data(), content.size());
        if (written < 0 && errno != EINTR) return system_error("write", path);
        if (written > 0) content.remove_prefix(static_cast<std::size_t>(written));
    }
    if (::fsync(file.number()) != 0) return system_error("fsync", path);
    return {};
}

Done write_new(const std::string& path, std::string_view content) {
    const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file.is_open()) return system_error("create", path);
    return write_all(file, content, path);
}

}  // namespace

Done ensure_private_directory(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0) return check_directory(status, path);
    if (errno != ENOENT) return system_error("stat", path);
    const std::string parent = parent_of(path);
    if (::stat(parent.c_str(), &status) != 0) {
        if (Done made = ensure_private_directory(parent); !made) return made;
    }
    // Another process may have made it a moment ago.
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return system_error("mkdir", path);
    return sync_directory(parent);
}

Done check_private_file(const std::string& path) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) return system_error("stat", path);
    return check_status(status, path);
}

base::Result<std::string, IoError> read_private_file(const std::string& path, std::size_t bytes_max) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!file.is_open()) return system_error("open", path);
    struct stat status {};
    if (::fstat(file.number(), &status) != 0) return system_error("stat", path);
    if (Done checked = check_status(status, path); !checked) return Unexpected{checked.error()};
    std::string content(bytes_max + 1, '\0');
    std::size_t size = 0;
    while (size < content.size()) {
        const ssize_t count = ::read(file.number(), content.data() + size, content.size() - size);
        if (count < 0 && errno != EINTR) return system_error("read", path);
        if (count == 0) break;
        if (count > 0) size += static_cast<std::size_t>(count);
    }
    if (size > bytes_max) return refusal("read", path, "it is larger than such a file can be: move it away");
    content.resize(size);
    return content;
}

Done create_private_file(const std::string& path, std::string_view content) {
    // Written whole under another name and then linked: a crash half-way leaves no half secret under the real
    // name, and link() refuses to replace what another process has put there meanwhile.
    const std::string draft = path + ".new." + random_token(8);
    if (Done written = write_new(draft, content); !written) {
        ::unlink(draft.c_str());
        return written;
    }
    const int linked = ::link(draft.c_str(), path.c_str());
    const int link_error = errno;
    ::unlink(draft.c_str());
    if (linked != 0) return Unexpected{IoError{"create", path, link_error, {}}};
    return sync_directory(parent_of(path));
}

}  // namespace sauda::identity
