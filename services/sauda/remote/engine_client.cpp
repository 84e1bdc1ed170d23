#include "sauda/remote/engine_client.h"

#include <charconv>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "codec/event_frame.h"
#include "codec/field_reader.h"
#include "telemetry/log.h"
#include "views/checkpoint.h"

namespace sauda {

using base::Unexpected;

namespace {

constexpr auto patience = std::chrono::seconds(5);

base::ByteView bytes_of(std::string_view text) {
    return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

std::uint64_t header_number(const net::ClientResponse& response, std::string_view name) {
    const std::string_view text = response.headers.get(name);
    std::uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

std::string query_of(EngineClient::SinceTrouble trouble) {
    return trouble ? fmt::format("?troubled_ms={}", trouble->count()) : std::string();
}

}  // namespace

std::string describe_engine(const EngineDescription& it) {
    std::string out = fmt::format(
        R"("journal":"{}","engine_epoch":{},"rules_version":{},"first_sequence":{},"sequence":{},)"
        R"("commands_waiting":{},"cancel_only":{},"problem":)",
        it.journal, it.epoch, it.rules_version, it.first, it.released, it.commands_waiting,
        it.is_cancel_only);
    codec::append_json_string(out, it.problem);
    return out;
}

std::string describe_horizon(const gateway::Horizon& it) {
    return fmt::format(R"("sequence":{},"time_us":{},"is_clear":{})", it.sequence.raw, it.time.raw / 1'000,
                       it.is_clear);
}

EngineClient::EngineClient(const EngineAddress& address)
    : http_(address.host, address.port),
      where_(address.host + ":" + std::to_string(address.port)),
      headers_{{"Authorization", "Bearer " + address.token}} {}

EngineClient::Answer<net::ClientResponse> EngineClient::get(const std::string& target) {
    auto response = http_.request("GET", target, headers_, "", patience);
    if (!response) return Unexpected{"the engine at " + where_ + ": " + response.error().message()};
    return std::move(*response);
}

EngineClient::Answer<codec::JsonValue> EngineClient::get_json(const std::string& target) {
    const auto response = get(target);
    if (!response) return Unexpected{response.error()};
    auto json = codec::parse_json_object(response->body);
    if (response->status != 200 || !json)
        return Unexpected{"the engine at " + where_ + " answered " + std::to_string(response->status) + ": " +
                          response->body.substr(0, 200)};
    return std::move(*json);
}

EngineClient::Answer<EngineDescription> EngineClient::describe(SinceTrouble trouble) {
    const auto json = get_json("/internal/engine" + query_of(trouble));
    if (!json) return Unexpected{json.error()};
    const codec::FieldReader fields(*json);
    EngineDescription out;
    out.journal = fields.text("journal").value_or("");
    out.problem = fields.text("problem").value_or("");
    out.epoch = fields.whole("engine_epoch").value_or(0);
    out.rules_version = static_cast<std::uint32_t>(fields.whole("rules_version").value_or(0));
    out.first = fields.whole("first_sequence").value_or(0);
    out.released = fields.whole("sequence").value_or(0);
    out.commands_waiting = fields.whole("commands_waiting").value_or(0);
    out.is_cancel_only = fields.boolean_or("cancel_only", false).value_or(false);
    if (out.journal.empty() || out.epoch == 0)
        return Unexpected{"what answers at " + where_ + " is no engine of this version"};
    return out;
}

EngineClient::Answer<gateway::Horizon> EngineClient::horizon(SinceTrouble trouble) {
    const auto json = get_json("/internal/horizon" + query_of(trouble));
    if (!json) return Unexpected{json.error()};
    const codec::FieldReader fields(*json);
    const auto sequence = fields.whole("sequence");
    const auto time_us = fields.whole("time_us");
    const auto is_clear = fields.boolean_or("is_clear", false);
    if (!sequence || !time_us || !is_clear)
        return Unexpected{"what answers at " + where_ + " is no engine of this version"};
    return gateway::Horizon{{*sequence}, {static_cast<std::int64_t>(*time_us) * 1'000}, *is_clear};
}

EngineClient::Answer<net::ClientResponse> EngineClient::get_events(std::uint64_t from,
                                                                   std::size_t max_bytes) {
    return get(fmt::format("/internal/events?from={}&max_bytes={}", from, max_bytes));
}

EngineClient::Answer<std::optional<base::Bytes>> EngineClient::frame(std::uint64_t sequence) {
    const auto response = get_events(sequence, 1);
    if (!response) return Unexpected{response.error()};
    constexpr int is_gone = 410;
    if (response->status != 200 && response->status != is_gone)
        return Unexpected{fmt::format("the engine at {} answered {}", where_, response->status)};
    if (response->status == is_gone) return std::optional<base::Bytes>();
    const base::ByteView bytes = bytes_of(response->body);
    const auto frame = codec::parse_event_frame(bytes);
    if (!frame || frame->header.sequence.raw != sequence) return std::optional<base::Bytes>();
    const base::ByteView whole = bytes.first(frame->header.size);
    return std::optional(base::Bytes(whole.begin(), whole.end()));
}

EngineClient::Answer<EventsPage> EngineClient::events(std::uint64_t from, std::size_t max_bytes) {
    const auto response = get_events(from, max_bytes);
    if (!response) return Unexpected{response.error()};
    if (response->status != 200) {
        return Unexpected{fmt::format("the engine at {} answered {} to a question for events from {} on: {}",
                                      where_, response->status, from, response->body.substr(0, 300))};
    }
    EventsPage page;
    const base::ByteView frames = bytes_of(response->body);
    page.frames.assign(frames.begin(), frames.end());
    page.next = header_number(*response, "Sauda-Next");
    page.first = header_number(*response, "Sauda-First");
    page.released = header_number(*response, "Sauda-Released");
    if (page.next < from) return Unexpected{"what answers at " + where_ + " is no engine of this version"};
    return page;
}

EngineClient::Answer<views::ReadModel> EngineClient::checkpoint(views::ViewLimits limits) {
    std::string content;
    std::uint64_t sequence = 0;
    do {
        const auto slice =
            get(fmt::format("/internal/checkpoint?sequence={}&offset={}", sequence, content.size()));
        if (!slice) return Unexpected{slice.error()};
        if (slice->status == 404) return views::ReadModel(limits);
        if (slice->status == 409) {  // replaced meanwhile
            content.clear();
            sequence = 0;
            continue;
        }
        if (slice->status != 200 || slice->body.empty())
            return Unexpected{"the engine at " + where_ +
                              " gave no checkpoint: " + slice->body.substr(0, 200)};
        sequence = header_number(*slice, "Sauda-Sequence");
        content += slice->body;
        if (content.size() >= header_number(*slice, "Sauda-Size")) break;
    } while (true);
    auto views = views::decode_checkpoint(bytes_of(content), limits);
    if (views) return std::move(*views);
    telemetry::log::warning("the engine's checkpoint of views is passed over; all its events are folded",
                            {{"reason", views.error()}});
    return views::ReadModel(limits);
}

}  // namespace sauda
