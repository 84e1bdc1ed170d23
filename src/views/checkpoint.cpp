#include "views/checkpoint.h"

#include <string_view>

#include "base/crc32c.h"
#include "core/limits.h"
#include "views/checkpoint_access.h"
#include "views/checkpoint_coder.h"

namespace sauda::views {

namespace {

constexpr std::string_view magic = "SAUDAVWS";
constexpr std::size_t checked_from = 12;

}  // namespace

void encode_checkpoint(const ReadModel& views, base::Bytes& out) {
    const std::size_t begin = out.size();
    base::ByteWriter head(out);
    head.put_text(magic);
    head.put(std::uint32_t{0});
    head.put(checkpoint_version);
    CheckpointEncoder coder(out);
    CheckpointAccess::fields(coder, views);
    const std::uint32_t crc = base::crc32c(base::ByteView(out).subspan(begin + checked_from));
    std::memcpy(out.data() + begin + magic.size(), &crc, sizeof crc);
}

base::Result<ReadModel, const char*> decode_checkpoint(base::ByteView bytes, ViewLimits limits) {
    base::ByteReader head(bytes);
    if (head.get_text(magic.size()) != magic) return base::Unexpected{"it is no checkpoint of views"};
    const auto crc = head.get<std::uint32_t>();
    const auto version = head.get<std::uint32_t>();
    if (!head.ok() || crc != base::crc32c(bytes.subspan(checked_from)))
        return base::Unexpected{"its checksum differs"};
    if (version != checkpoint_version) return base::Unexpected{"it is of another version"};
    CheckpointDecoder coder(bytes.subspan(checked_from + sizeof version));
    ReadModel views(limits);
    CheckpointAccess::fields(coder, views);
    if (!coder.ok() || !coder.at_end()) return base::Unexpected{"it holds what no view could"};
    return views;
}

}  // namespace sauda::views
