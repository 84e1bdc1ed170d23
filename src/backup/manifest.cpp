#include "backup/manifest.h"

#include <charconv>
#include <limits>
#include <optional>

#include <fmt/format.h>

#include "base/bytes.h"
#include "base/crc32c.h"

namespace sauda::backup {

namespace {

constexpr std::string_view first_line = "sauda-backup 1";

std::uint32_t text_crc(std::string_view text) {
    return base::crc32c(std::as_bytes(std::span(text.data(), text.size())));
}

std::string hex(const journal::JournalId& id) {
    std::string out;
    for (const std::byte byte : id) out += fmt::format("{:02x}", static_cast<unsigned>(byte));
    return out;
}

template <class Number>
std::optional<Number> number(std::string_view text, int radix) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, radix);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

/// A path that stays below the directory it is joined to.
bool is_below(std::string_view path) {
    if (path.empty() || path.front() == '/' || path.back() == '/') return false;
    for (std::size_t begin = 0; begin <= path.size();) {
        const std::size_t end = std::min(path.find('/', begin), path.size());
        const std::string_view name = path.substr(begin, end - begin);
        if (name.empty() || name == "." || name == "..") return false;
        begin = end + 1;
    }
    return true;
}

/// Reads line by line; the first thing that is wrong stays.
class Lines {
public:
    explicit Lines(std::string_view text) : rest_(text) {}

    bool at_end() const { return rest_.empty(); }
    /// Whether the next line begins with `word` and a space.
    bool is_next(std::string_view word) const {
        return rest_.starts_with(word) && rest_.substr(word.size()).starts_with(' ');
    }
    /// The next line without its line feed.
    std::string_view line() {
        const std::size_t end = rest_.find('\n');
        if (end == std::string_view::npos) return fail("a line is cut off"), std::string_view{};
        const std::string_view out = rest_.substr(0, end);
        rest_.remove_prefix(end + 1);
        return out;
    }
    std::string_view value(std::string_view word) {
        if (!is_next(word)) return fail(fmt::format("the line \"{}\" is missing", word)), std::string_view{};
        const std::string_view whole_line = line();
        return whole_line.empty() ? whole_line : whole_line.substr(word.size() + 1);
    }
    template <class Number>
    Number whole(std::string_view word, int radix = 10) {
        const auto read = number<Number>(value(word), radix);
        if (!read) fail(fmt::format("\"{}\" has no number", word));
        return read.value_or(Number{});
    }
    void fail(std::string problem) {
        if (problem_.empty()) problem_ = std::move(problem);
        rest_ = {};
    }
    const std::string& problem() const { return problem_; }

private:
    std::string_view rest_;
    std::string problem_;
};

journal::JournalId read_id(Lines& lines) {
    journal::JournalId id{};
    const std::string_view text = lines.value("journal");
    if (text.size() != 2 * id.size()) return lines.fail("\"journal\" is no id"), id;
    for (std::size_t i = 0; i < id.size(); ++i) {
        const auto byte = number<std::uint8_t>(text.substr(2 * i, 2), 16);
        if (!byte) return lines.fail("\"journal\" is no id"), id;
        id[i] = std::byte{*byte};
    }
    return id;
}

ManifestFile read_file(Lines& lines) {
    const std::string_view text = lines.value("file");
    const std::size_t first = text.find(' ');
    const std::size_t second = first == std::string_view::npos ? first : text.find(' ', first + 1);
    if (second == std::string_view::npos) return lines.fail("\"file\" has no path"), ManifestFile{};
    const auto bytes = number<std::uint64_t>(text.substr(0, first), 10);
    const auto crc = number<std::uint32_t>(text.substr(first + 1, second - first - 1), 16);
    const std::string_view path = text.substr(second + 1);
    if (!bytes || !crc || !is_below(path)) return lines.fail("\"file\" makes no sense"), ManifestFile{};
    return {std::string(path), {*bytes, *crc}};
}

}  // namespace

std::string manifest_text(const Manifest& manifest) {
    std::string out = fmt::format(
        "{}\nrules_version {}\ncreated_ms {}\njournal {}\nfirst_sequence {}\nlast_sequence {}\n"
        "state_hash {:016x}\n",
        first_line, manifest.rules_version, manifest.created_ms, hex(manifest.journal),
        manifest.first_sequence, manifest.last_sequence, manifest.state_hash);
    for (const ManifestFile& file : manifest.files)
        out += fmt::format("file {} {:08x} {}\n", file.sum.bytes, file.sum.crc32c, file.path);
    return out + fmt::format("end {:08x}\n", text_crc(out));
}

base::Result<Manifest, std::string> parse_manifest(std::string_view text) {
    const std::size_t end = text.rfind("\nend ");
    if (end == std::string_view::npos) return base::Unexpected{std::string("it has no end")};
    const std::string_view covered = text.substr(0, end + 1);
    Lines last(text.substr(end + 1));
    const auto crc = last.whole<std::uint32_t>("end", 16);
    if (!last.problem().empty() || !last.at_end() || crc != text_crc(covered))
        return base::Unexpected{std::string("its checksum differs: it is not what was written")};
    Lines lines(covered);
    if (lines.line() != first_line) return base::Unexpected{std::string("it is of another format")};
    Manifest manifest;
    manifest.rules_version = lines.whole<std::uint32_t>("rules_version");
    manifest.created_ms = lines.whole<std::int64_t>("created_ms");
    manifest.journal = read_id(lines);
    manifest.first_sequence = lines.whole<std::uint64_t>("first_sequence");
    manifest.last_sequence = lines.whole<std::uint64_t>("last_sequence");
    manifest.state_hash = lines.whole<std::uint64_t>("state_hash", 16);
    while (!lines.at_end()) manifest.files.push_back(read_file(lines));
    if (!lines.problem().empty()) return base::Unexpected{lines.problem()};
    return manifest;
}

}  // namespace sauda::backup
