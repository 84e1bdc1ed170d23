#include "bench/flow_file.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/assert.h"

namespace sauda::bench {

base::Result<FlowFile, base::IoError> FlowFile::open(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return base::Unexpected{base::IoError{"open", path, errno, ""}};
    struct stat status {};
    fstat(file, &status);
    const auto size = static_cast<std::size_t>(status.st_size);
    void* bytes =
        size == 0 ? MAP_FAILED : mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
    const int error = errno;
    close(file);
    if (bytes == MAP_FAILED)
        return base::Unexpected{base::IoError{"map", path, error, "is it an order flow?"}};
    FlowFile flow(bytes, size);
    const bool is_flow = size >= sizeof(FlowHeader) && std::memcmp(flow.header().magic, "XFLOW01", 8) == 0 &&
                         (size - sizeof(FlowHeader)) / sizeof(FlowRecord) == flow.header().records &&
                         flow.header().prefill <= flow.header().records;
    if (!is_flow) return base::Unexpected{base::IoError{"read", path, 0, "not an order flow, or cut short"}};
    return flow;
}

FlowFile FlowFile::in_memory(const FlowHeader& header, std::span<const FlowRecord> records) {
    ASSERT(header.records == records.size());
    const std::size_t size = sizeof header + records.size_bytes();
    void* bytes = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ASSERT(bytes != MAP_FAILED);
    std::memcpy(bytes, &header, sizeof header);
    if (!records.empty())
        std::memcpy(static_cast<char*>(bytes) + sizeof header, records.data(), records.size_bytes());
    return FlowFile(bytes, size);
}

FlowFile::FlowFile(FlowFile&& other) noexcept : bytes_(other.bytes_), size_(other.size_) {
    other.bytes_ = nullptr;
}

FlowFile::~FlowFile() {
    if (bytes_ != nullptr) munmap(bytes_, size_);
}

std::span<const FlowRecord> FlowFile::records() const {
    const auto* first =
        reinterpret_cast<const FlowRecord*>(static_cast<const char*>(bytes_) + sizeof(FlowHeader));
    return {first, header().records};
}

}  // namespace sauda::bench
