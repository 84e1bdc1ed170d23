#include "sauda/disk.h"

#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "journal/posix_file_system.h"
#include "journal/slow_file_system.h"
#include "telemetry/log.h"

namespace sauda {

namespace {

/// Not a setting: nobody who runs an exchange wants a slower disk.
constexpr const char* delay_name = "SAUDA_TEST_SYNC_DELAY_MS";
constexpr std::uint32_t delay_ms_max = 60'000;

base::Result<std::uint32_t, std::string> sync_delay_ms() {
    const char* text = std::getenv(delay_name);
    if (text == nullptr) return 0u;
    std::uint32_t delay = 0;
    const char* end = text + std::strlen(text);
    const auto read = std::from_chars(text, end, delay);
    if (read.ec != std::errc() || read.ptr != end || delay > delay_ms_max)
        return base::Unexpected{std::string(delay_name) + " must be milliseconds, at most 60000"};
    return delay;
}

}  // namespace

base::Result<Disk, std::string> make_disk() {
    const auto delay_ms = sync_delay_ms();
    if (!delay_ms) return base::Unexpected{delay_ms.error()};
    Disk disk{std::make_unique<journal::PosixFileSystem>(), std::make_shared<std::atomic<bool>>(false)};
    if (*delay_ms == 0) return disk;
    telemetry::log::warning("a test makes the disk slow", {{"sync_delay_ms", *delay_ms}});
    const auto wait = [has_recovered = disk.has_recovered, delay = std::chrono::milliseconds(*delay_ms)] {
        if (has_recovered->load()) std::this_thread::sleep_for(delay);
    };
    disk.files = std::make_unique<journal::SlowFileSystem>(std::move(disk.files), wait);
    return disk;
}

}  // namespace sauda
