#include "journal/testing/forgetful_disk.h"

#include <algorithm>
#include <cerrno>
#include <functional>

namespace sauda::journal::testing {

namespace {

base::Unexpected<base::IoError> failure(const char* operation, const std::string& path, int error_number) {
    return {base::IoError{operation, path, error_number, {}}};
}

std::string directory_of(const std::string& path) {
    return path.substr(0, path.find_last_of('/'));
}

IoResult<std::size_t> copy_out(const base::Bytes& bytes, std::uint64_t offset, std::span<std::byte> out) {
    if (offset >= bytes.size()) return std::size_t{0};
    const std::size_t count = std::min<std::size_t>(out.size(), bytes.size() - offset);
    if (count > 0) std::memcpy(out.data(), bytes.data() + offset, count);
    return count;
}

}  // namespace

class ForgetfulFile final : public File {
public:
    ForgetfulFile(ForgetfulDisk& disk, std::string path, std::shared_ptr<ForgetfulDisk::Node> node)
        : disk_(disk), path_(std::move(path)), node_(std::move(node)), boot_(disk.boot_) {}

    IoResult<std::size_t> read(std::uint64_t offset, std::span<std::byte> out) const override {
        const std::lock_guard guard(disk_.mutex_);
        if (dead()) return failure("pread", path_, EBADF);
        return copy_out(node_->cached, offset, out);
    }

    /// Direct I/O writes dirty pages back first, so what is dirty is seen; what a failed sync left clean is
    /// not.
    IoResult<std::size_t> read_past_cache(std::uint64_t offset, std::span<std::byte> out) const override {
        const std::lock_guard guard(disk_.mutex_);
        if (dead()) return failure("pread", path_, EBADF);
        const base::Bytes& cached = node_->cached;
        const base::Bytes& durable = node_->durable;
        const std::uint64_t size = node_->size_dirty ? cached.size() : durable.size();
        const std::size_t count = offset >= size ? 0 : std::min<std::size_t>(out.size(), size - offset);
        for (std::size_t done = 0; done < count;) {
            const std::uint64_t at = offset + done;
            const std::uint64_t sector = at / ForgetfulDisk::sector_size;
            const std::uint64_t sector_end = (sector + 1) * ForgetfulDisk::sector_size;
            const std::size_t length = std::min<std::size_t>(count - done, sector_end - at);
            std::fill_n(out.begin() + static_cast<std::ptrdiff_t>(done), length, std::byte{0});
            (void)copy_out(node_->dirty.contains(sector) ? cached : durable, at, out.subspan(done, length))
                .value();
            done += length;
        }
        return count;
    }

    IoResult<void> write(std::uint64_t offset, base::ByteView bytes) override {
        const std::lock_guard guard(disk_.mutex_);
        if (dead()) return failure("pwrite", path_, EBADF);
        base::Bytes& cached = node_->cached;
        const std::uint64_t end = offset + bytes.size();
        if (end > cached.size()) {
            if (disk_.used() + (end - cached.size()) > disk_.capacity_)
                return failure("pwrite", path_, ENOSPC);
            cached.resize(end);
            node_->size_dirty = true;
        }
        if (!bytes.empty()) std::memcpy(cached.data() + offset, bytes.data(), bytes.size());
        for (std::uint64_t sector = offset / ForgetfulDisk::sector_size;
             sector * ForgetfulDisk::sector_size < end; ++sector) {
            node_->dirty.insert(sector);
        }
        return {};
    }

    IoResult<void> sync() override {
        const std::lock_guard guard(disk_.mutex_);
        if (dead()) return failure("fdatasync", path_, EBADF);
        return disk_.sync_node(*node_, path_);
    }

    IoResult<void> resize(std::uint64_t size) override {
        const std::lock_guard guard(disk_.mutex_);
        if (dead()) return failure("ftruncate", path_, EBADF);
        node_->cached.resize(size);
        node_->size_dirty = true;
        return {};
    }

    IoResult<std::uint64_t> size() const override {
        const std::lock_guard guard(disk_.mutex_);
        if (dead()) return failure("fstat", path_, EBADF);
        return std::uint64_t{node_->cached.size()};
    }

    const std::string& path() const override { return path_; }

private:
    bool dead() const { return boot_ != disk_.boot_; }

    ForgetfulDisk& disk_;
    std::string path_;
    std::shared_ptr<ForgetfulDisk::Node> node_;
    std::uint64_t boot_;
};

namespace {

class ForgetfulLock final : public DirectoryLock {
public:
    explicit ForgetfulLock(std::function<void()> release) : release_(std::move(release)) {}
    ~ForgetfulLock() override { release_(); }

private:
    std::function<void()> release_;
};

}  // namespace

IoResult<std::unique_ptr<File>> ForgetfulDisk::open(const std::string& path, OpenMode mode) {
    const std::lock_guard guard(mutex_);
    const auto found = cached_.find(path);
    if (found == cached_.end() && mode != OpenMode::create) return failure("open", path, ENOENT);
    if (found == cached_.end()) {
        if (!directories_.contains(directory_of(path))) return failure("open", path, ENOENT);
        change_name({path, std::make_shared<Node>(), {}});
    } else if (mode == OpenMode::create) {
        found->second->cached.clear();
        found->second->size_dirty = true;
    }
    return std::unique_ptr<File>(std::make_unique<ForgetfulFile>(*this, path, cached_.at(path)));
}

IoResult<void> ForgetfulDisk::rename(const std::string& from, const std::string& to) {
    const std::lock_guard guard(mutex_);
    const auto found = cached_.find(from);
    if (found == cached_.end()) return failure("rename", from, ENOENT);
    change_name({to, found->second, from});
    return {};
}

IoResult<void> ForgetfulDisk::remove(const std::string& path) {
    const std::lock_guard guard(mutex_);
    if (!cached_.contains(path)) return failure("unlink", path, ENOENT);
    change_name({path, nullptr, {}});
    return {};
}

IoResult<std::vector<std::string>> ForgetfulDisk::list(const std::string& directory) {
    const std::lock_guard guard(mutex_);
    if (!directories_.contains(directory)) return failure("opendir", directory, ENOENT);
    std::vector<std::string> names;
    for (const auto& [path, node] : cached_) {
        if (directory_of(path) == directory) names.push_back(path.substr(directory.size() + 1));
    }
    for (const std::string& path : directories_) {
        if (path != directory && directory_of(path) == directory)
            names.push_back(path.substr(directory.size() + 1));
    }
    std::sort(names.begin(), names.end());
    return names;
}

bool ForgetfulDisk::exists(const std::string& path) {
    const std::lock_guard guard(mutex_);
    return cached_.contains(path) || directories_.contains(path);
}

/// Directories are durable at once: they are made once in a journal's life, before anything is promised.
IoResult<void> ForgetfulDisk::make_directory(const std::string& path) {
    const std::lock_guard guard(mutex_);
    directories_.insert(path);
    return {};
}

IoResult<void> ForgetfulDisk::sync_directory(const std::string& directory) {
    const std::lock_guard guard(mutex_);
    if (lying_) return {};
    const auto inside = [&](const NameChange& change) { return directory_of(change.path) == directory; };
    for (const NameChange& change : name_changes_) {
        if (inside(change)) apply(durable_, change);
    }
    std::erase_if(name_changes_, inside);
    return {};
}

IoResult<std::unique_ptr<DirectoryLock>> ForgetfulDisk::lock(const std::string& path) {
    const std::lock_guard guard(mutex_);
    if (!locked_.insert(path).second) return failure("flock", path, EWOULDBLOCK);
    const auto release = [this, path, boot = boot_] {
        const std::lock_guard release_guard(mutex_);
        if (boot == boot_) locked_.erase(path);
    };
    return std::unique_ptr<DirectoryLock>(std::make_unique<ForgetfulLock>(release));
}

IoResult<std::uint64_t> ForgetfulDisk::free_bytes(const std::string&) {
    const std::lock_guard guard(mutex_);
    return capacity_ - std::min(capacity_, used());
}

void ForgetfulDisk::crash(std::uint64_t seed) {
    const std::lock_guard guard(mutex_);
    base::Random random(seed);
    forget_names(random);
    // In the order of names, not of addresses: a seed means the same crash every time.
    std::set<Node*> done;
    for (const auto& [path, node] : durable_) {
        if (done.insert(node.get()).second) forget_bytes(*node, random);
    }
    cached_ = durable_;
    locked_.clear();
    ++boot_;
}

void ForgetfulDisk::kill() {
    const std::lock_guard guard(mutex_);
    locked_.clear();
    ++boot_;
}

void ForgetfulDisk::forget_names(base::Random& random) {
    const bool any_subset = random.chance(1, 2);
    const std::size_t prefix = random.below(name_changes_.size() + 1);
    for (std::size_t i = 0; i < name_changes_.size(); ++i) {
        if (any_subset ? random.chance(1, 2) : i < prefix) apply(durable_, name_changes_[i]);
    }
    name_changes_.clear();
}

void ForgetfulDisk::forget_bytes(Node& node, base::Random& random) {
    if (node.size_dirty && random.chance(1, 2)) node.durable.resize(node.cached.size());
    const std::uint64_t mode = random.below(4);
    const std::uint64_t prefix = random.below(node.dirty.size() + 1);
    std::uint64_t index = 0;
    for (const std::uint64_t sector : node.dirty) {
        const bool survives = mode == 0   ? false
                              : mode == 1 ? true
                              : mode == 2 ? index < prefix
                                          : random.chance(1, 2);
        if (survives) take_sector(node, sector);
        ++index;
    }
    node.cached = node.durable;
    node.dirty.clear();
    node.size_dirty = false;
}

void ForgetfulDisk::take_sector(Node& node, std::uint64_t sector) {
    const std::size_t from = sector * sector_size;
    const std::size_t to = std::min(from + sector_size, node.cached.size());
    if (from >= to) return;
    if (node.durable.size() < to) node.durable.resize(to);
    std::memcpy(node.durable.data() + from, node.cached.data() + from, to - from);
}

IoResult<void> ForgetfulDisk::sync_node(Node& node, const std::string& path) {
    ++sync_count_;
    const bool fails = sync_failure_in_ > 0 && --sync_failure_in_ == 0;
    if (!fails && lying_) return {};
    base::Random random(sync_count_);
    for (const std::uint64_t sector : node.dirty) {
        if (!fails || random.chance(1, 2)) take_sector(node, sector);
    }
    node.durable.resize(node.cached.size());
    node.dirty.clear();
    node.size_dirty = false;
    if (fails) return failure("fdatasync", path, EIO);
    return {};
}

void ForgetfulDisk::change_name(NameChange change) {
    apply(cached_, change);
    name_changes_.push_back(std::move(change));
}

void ForgetfulDisk::apply(Nodes& nodes, const NameChange& change) {
    if (!change.node) {
        nodes.erase(change.path);
        return;
    }
    nodes[change.path] = change.node;
    const auto old = nodes.find(change.removed);
    if (old != nodes.end() && old->second == change.node && change.removed != change.path) nodes.erase(old);
}

std::uint64_t ForgetfulDisk::used_bytes() const {
    const std::lock_guard guard(mutex_);
    return used();
}

std::uint64_t ForgetfulDisk::used() const {
    std::uint64_t total = 0;
    for (const auto& [path, node] : cached_) total += node->cached.size();
    return total;
}

base::Bytes ForgetfulDisk::content(const std::string& path) const {
    const std::lock_guard guard(mutex_);
    return cached_.at(path)->cached;
}

void ForgetfulDisk::set_content(const std::string& path, const base::Bytes& bytes) {
    const std::lock_guard guard(mutex_);
    Node& node = *cached_.at(path);
    node.cached = bytes;
    node.durable = bytes;
    node.dirty.clear();
    node.size_dirty = false;
}

}  // namespace sauda::journal::testing
