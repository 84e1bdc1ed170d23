/// Which CPUs a thread runs on: a thread that others wait for can have one to itself, away from the
/// interrupts of devices.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/io_error.h"
#include "base/result.h"

namespace sauda::base {

/// CPUs by the system's numbers, rising.
using Cpus = std::vector<unsigned>;

/// Those that the calling thread may run on.
Cpus allowed_cpus();

/// Has the calling thread, and those that it makes from now on, run on `cpus` alone. Requires: not empty.
Result<void, IoError> keep_to(const Cpus& cpus);

/// Of `among` the one that devices have interrupted least since the machine's start, as /proc/interrupts
/// counts; the first one where that cannot be read. Requires: not empty.
unsigned quietest_cpu(const Cpus& among);

/// The same of a text like /proc/interrupts.
unsigned quietest_cpu(const Cpus& among, const std::string& interrupts);

/// A CPU for one thread, and the others for all others.
struct CpuShares {
    unsigned own = 0;
    Cpus rest;  ///< never empty
};

/// How the calling thread's CPUs are shared out by a setting: "none" (not at all), a CPU's number, or "auto"
/// for the quietest, if there are two or more and the system lets threads be kept to them. The error is a
/// sentence on what the setting may be.
Result<std::optional<CpuShares>, std::string> share_cpus(const std::string& setting);

}  // namespace sauda::base
