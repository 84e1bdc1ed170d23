/// How a program ends: once, for the first reason that there is.
///
/// Threads: the network thread.
#pragma once

#include <string>

#include "telemetry/log.h"

namespace sauda {

class ProgramEnd {
public:
    /// True the first time: the caller stops the program. Later reasons change nothing.
    bool begin(const std::string& why, int exit_status) {
        if (has_begun_) return false;
        has_begun_ = true;
        exit_status_ = exit_status;
        telemetry::log::info("stopping", {{"why", why}});
        return true;
    }
    bool has_begun() const { return has_begun_; }
    int exit_status() const { return exit_status_; }

private:
    bool has_begun_ = false;
    int exit_status_ = 0;
};

}  // namespace sauda
