/// Where a figure was measured; without it the figure says nothing.
#pragma once

#include <string>

#include "bench/report.h"

namespace sauda::bench {

/// Processor, cores, memory, kernel, compiler and how busy the machine was just before, of this process.
Report describe_machine();

/// The value of `key` in text of lines `key : value`, as the kernel writes them; empty when it is not there.
std::string kernel_field(const std::string& text, const std::string& key);

}  // namespace sauda::bench
