/// Books and balances as they were after one command, for people and for programs. (`sauda journal at`.)
#pragma once

#include <cstddef>
#include <string>

#include "core/exchange.h"

namespace sauda::past {

struct MomentView {
    std::string market;       ///< only this one; empty: all
    core::AccountId account;  ///< only this one's balances, and its open orders; zero: all balances
    std::size_t levels = 10;  ///< of each side of a book
};

/// As tables. Requires: the market is listed, where one is named.
std::string moment_text(const core::Exchange& exchange, const MomentView& view);

/// `{"sequence":N,"time":ms,"state_hash":"...","markets":[...],"balances":[...],"orders":[...]}`: decimals
/// are strings, a level is `[price, quantity, orders]`, orders are there when an account was named.
std::string moment_json(const core::Exchange& exchange, const MomentView& view);

/// `2026-01-02 03:04:05.678 UTC`.
std::string utc_text(core::TimestampNs time);

}  // namespace sauda::past
