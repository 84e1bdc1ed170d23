/// The buffer that `apply` fills with events.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

#include "base/bytes.h"
#include "core/event_record.h"
#include "core/memory/prefetch.h"

namespace sauda::core {

/// What `apply` appends to. Grows; cleared by its owner, who may keep the memory.
class EventBuffer {
public:
    /// With room for so many bytes before it grows.
    explicit EventBuffer(std::size_t room = 4096) : EventBuffer(base::Bytes(room), room) {}
    /// In `memory`, which holds nothing of value. Fresh memory, and what is cut off and made longer again,
    /// has to be cleared first: best is memory that is about as long as what will be appended.
    EventBuffer(base::Bytes memory, std::size_t room) : bytes_(std::move(memory)) {
        if (bytes_.capacity() < room) bytes_ = base::Bytes(room);
        if (bytes_.size() < room) bytes_.resize(room);
        stand_at(0);
    }
    EventBuffer(EventBuffer&&) = default;
    EventBuffer& operator=(EventBuffer&&) = default;
    EventBuffer(const EventBuffer&) = delete;
    EventBuffer& operator=(const EventBuffer&) = delete;

    /// Appends a record of which only the header is filled in, for its maker to fill in where it stands: an
    /// event made elsewhere and copied costs twice. `behind` bytes for parts follow it, not filled in.
    /// The reference lives until the next event. Requires: `behind` is a multiple of 8.
    template <Record R>
    R& add(std::size_t behind = 0) {
        const std::size_t size = sizeof(R) + behind;
        R* record = new (claim(size)) R{};
        record->header = {R::type, static_cast<std::uint8_t>(size / 8), 0};
        return *record;
    }

    /// As add(), with only the header filled in, and nothing cleared: for who fills in every field.
    template <Record R>
    R& add_bare(std::uint16_t bits, std::size_t behind = 0) {
        static_assert(std::is_aggregate_v<R> && std::is_trivially_copyable_v<R>);  // so it is there by itself
        const std::size_t size = sizeof(R) + behind;
        R* record = std::launder(reinterpret_cast<R*>(claim(size)));
        // One store, where three bytes and a word would be three.
        record->header = std::bit_cast<EventHeader>(static_cast<std::uint32_t>(R::type) |
                                                    static_cast<std::uint32_t>(size / 8) << 8 |
                                                    static_cast<std::uint32_t>(bits) << 16);
        return *record;
    }

    /// Appends an AcceptedRecord with the parts that it needs behind it. Its header is filled in, `more_bits`
    /// included, and the parts but for the RestedPart, whose place is returned where it `rests`.
    struct Accepted {
        AcceptedRecord& record;
        RestedPart* rested;
    };
    Accepted add_accepted(std::uint16_t more_bits, bool rests, Amount quote_quantity,
                          const ClientOrderId& id) {
        const bool has_quote = quote_quantity.raw != 0;
        const std::size_t id_room = (id.view().size() + 7) / 8 * 8;
        const auto bits = static_cast<std::uint16_t>(
            AcceptedRecord::rests::put(rests) | AcceptedRecord::has_quote_quantity::put(has_quote) |
            AcceptedRecord::client_order_id_size::put(static_cast<unsigned>(id.view().size())) | more_bits);
        const std::size_t parts =
            (rests ? sizeof(RestedPart) : 0) + (has_quote ? sizeof(Amount) : 0) + id_room;
        AcceptedRecord& record = add_bare<AcceptedRecord>(bits, parts);
        std::byte* part = reinterpret_cast<std::byte*>(&record + 1);
        RestedPart* rested = rests ? std::launder(reinterpret_cast<RestedPart*>(part)) : nullptr;
        if (rests) part += sizeof(RestedPart);
        if (has_quote) part = reinterpret_cast<std::byte*>(new (part) Amount{quote_quantity} + 1);
        if (id_room != 0) {
            std::memset(part, 0, id_room);
            std::memcpy(part, id.view().data(), id.view().size());
        }
        return {record, rested};
    }

    /// Appends `event`, one that is stored as it is, filling in its header.
    template <Record E>
    void append(const E& event) {
        E& added = add<E>();
        const EventHeader header = added.header;
        added = event;
        added.header = header;
    }
    /// Appends `event` in a record of its own. For whom speed does not matter.
    void append(const OrderAccepted& event);
    void append(const OrderRested& event);
    void append(const Trade& event);
    void append(const OrderEnded& event);
    void append(const OrderAmended& event);

    /// Leaves `size` bytes out, which another writes there: what stands between the events of one command and
    /// the next. Returns where. Requires: a multiple of 8.
    std::size_t skip(std::size_t size) {
        ASSERT(size % 8 == 0);
        return static_cast<std::size_t>(claim(size) - bytes_.data());
    }
    /// From `offset` to the end, for who left bytes out there.
    std::span<std::byte> from(std::size_t offset) {
        return std::span(bytes_).subspan(offset, size() - offset);
    }
    /// All that was appended; the buffer is spent.
    base::Bytes take() {
        bytes_.resize(size());
        return std::move(bytes_);
    }

    base::ByteView bytes() const { return base::ByteView(bytes_).first(size()); }
    base::ByteView bytes_from(std::size_t offset) const { return bytes().subspan(offset); }
    std::size_t size() const { return static_cast<std::size_t>(at_ - bytes_.data()); }
    void clear() { stand_at(0); }

    /// Brings near what a command some commands later will write: the memory of a batch's events has left the
    /// nearest cache when the next batch comes to write over it.
    void prefetch_later() const {
        constexpr std::size_t of_some_commands = 640, of_a_command = 256, cache_line = 64;
        for (std::size_t line = 0; line < of_a_command; line += cache_line)
            prefetch_line(at_ + of_some_commands + line);
    }

private:
    /// Room for the next `size` bytes.
    std::byte* claim(std::size_t size) {
        // As numbers, which may lie beyond the end: what is left need not be worked out first.
        if (reinterpret_cast<std::uintptr_t>(at_) + size > reinterpret_cast<std::uintptr_t>(end_))
            [[unlikely]]
            grow(size);
        std::byte* const claimed = at_;
        at_ += size;
        return claimed;
    }
    void grow(std::size_t more);
    void stand_at(std::size_t size) {
        at_ = bytes_.data() + size;
        end_ = bytes_.data() + bytes_.size();
    }

    base::Bytes bytes_;  // of the allocator's alignment, and records are multiples of 8: each is aligned
    std::byte* at_;      // where the next record goes
    std::byte* end_;
};

}  // namespace sauda::core
