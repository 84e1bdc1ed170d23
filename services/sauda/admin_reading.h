/// `sauda admin accounts|balances|markets|health`: what operators look at, as tables or as JSON.
#pragma once

#include <memory>

#include "sauda/admin_client.h"
#include "sauda/commands.h"

namespace sauda {

/// Registers them on `admin`.
void add_readings(CLI::App& admin, const std::shared_ptr<Target>& target, Action& chosen);

}  // namespace sauda
