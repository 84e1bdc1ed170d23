/// What history tells, as clients are told it.
#pragma once

#include <string>
#include <string_view>

#include "history/reader.h"
#include "views/listings.h"

namespace sauda::api_server {

std::string_view cause_text(history::Cause cause);
/// "external", "fees", "in_transit", "self", or "counterparty": whose account the other trader's is stays
/// with the exchange.
std::string_view counter_text(const history::LedgerEntry& entry, core::AccountId account);

/// One JSON object each. Require: `listings` knows their markets and assets.
std::string fill_json(const views::Listings& listings, const history::Fill& fill);
std::string entry_json(const views::Listings& listings, const history::LedgerEntry& entry,
                       core::AccountId account);
std::string transfer_json(const views::Listings& listings, const history::TransferRow& transfer);
std::string action_json(const views::Listings& listings, const history::ActionRow& action);
std::string event_json(const views::Listings& listings, const views::OrderView& order,
                       const history::OrderEvent& event);
std::string balance_json(const views::Listings& listings, const history::MomentBalance& balance);

/// A line of a statement, CRLF included (RFC 4180), and the line that names its columns.
std::string statement_line(const views::Listings& listings, const history::LedgerEntry& entry,
                           core::AccountId account);
std::string_view statement_header();

/// A field of a CSV file: in quotes where it must be, and never one that a spreadsheet takes for a formula.
std::string csv_text(std::string_view text);
/// `2026-01-02T03:04:05.678Z`.
std::string utc_text(core::TimestampNs time);

}  // namespace sauda::api_server
