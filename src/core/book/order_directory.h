/// From an order's id to its slot, without hashing where ids are recent.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/book/order_slot.h"
#include "core/limits.h"
#include "core/memory/index_map.h"
#include "core/memory/prefetch.h"
#include "core/memory/reserved_memory.h"

namespace sauda::core {

/// Open orders by id. Ids rise, so the lower 45 bits index pages of 4096 ids each, found in a table that
/// starts at the oldest page. The newest 64 pages stay; an older page with few of its orders left (1 in 16)
/// is emptied into a small hash table and freed. Memory follows the orders that are open, however many ids
/// have passed: at most 64 bytes per open order beside the newest pages, of 1 MiB, and the table.
///
/// Threads: one owner at a time.
class OrderDirectory {
public:
    /// `shard`: the top 8 bits that all its ids have; others are never found.
    explicit OrderDirectory(std::uint64_t shard = 0);
    OrderDirectory(const OrderDirectory&) = delete;
    OrderDirectory& operator=(const OrderDirectory&) = delete;

    /// Of another shard from now on. Requires: no order was ever inserted.
    void set_shard(std::uint64_t shard);

    /// Requires: `id` is of the shard and not there, `slot` is not none. Any order of ids is allowed; where
    /// they rise it is fastest: an id that is older than the newest page, and whose page is gone, goes to the
    /// hash table.
    void insert(OrderId id, SlotIndex slot) {
        Page* page = page_of(id);
        if (page == nullptr) {
            insert_without_page(id, slot);
            return;
        }
        SlotIndex* const entry = page->slots + id.raw % page_size;
        *entry = slot;
        prefetch_line(entry + ids_ahead);
        ++page->live;
        ++size_;
    }

    /// None where no order of this id is open.
    SlotIndex find(OrderId id) const {
        const std::uint64_t row = row_of(id);
        if (row < rows_.size()) [[likely]] {
            if (const SlotIndex slot = rows_[row].slots[id.raw % page_size]) [[likely]]
                return slot;
        }
        return find_sparse(id);
    }

    /// Where the slot of an order stands, if it stands in a page; else one that is none.
    const SlotIndex* entry_of(OrderId id) const {
        const std::uint64_t row = row_of(id);
        const Page& page = row < rows_.size() ? rows_[row] : nobodys_;
        return page.slots + id.raw % page_size;
    }

    /// Requires: `id` is there.
    void erase(OrderId id) {
        --size_;
        Page* page = page_of(id);
        if (page == nullptr) {
            erase_sparse(id);
            return;
        }
        page->slots[id.raw % page_size] = SlotIndex{};
        if (--page->live <= sparse_max) thin_out(id);
    }

    /// Makes ready for so many open orders of neighbouring ids, so that inserting them never waits for
    /// memory. At start.
    void reserve(std::uint32_t orders);

    /// Open orders.
    std::size_t size() const { return size_; }
    /// Bytes in use, for metrics and tests.
    std::size_t memory() const;

    /// Brings near what find(id) will read.
    void prefetch_entry(OrderId id) const { prefetch_line(entry_of(id)); }

private:
    static constexpr int page_bits = 12;
    static constexpr std::uint64_t page_size = std::uint64_t{1} << page_bits;
    static constexpr std::uint32_t sparse_max = page_size / 16;
    /// Two lines: new ids come one behind the other.
    static constexpr std::uint32_t ids_ahead = 32;

    struct Entries {
        SlotIndex slots[page_size];
    };
    /// A row of the table. No page: `storage` is 0, and `slots` are those of nobody, which are none.
    struct Page {
        SlotIndex* slots;
        std::uint32_t live = 0;
        std::uint32_t storage = 0;  ///< index in storage_
        bool is_there() const { return storage != 0; }
    };

    std::uint64_t row_of(OrderId id) const { return (id.raw >> page_bits) - first_page_; }
    Page* page_of(OrderId id) {
        const std::uint64_t row = row_of(id);
        return row < rows_.size() && rows_[row].is_there() ? &rows_[row] : nullptr;
    }

    [[gnu::noinline]] void insert_without_page(OrderId id, SlotIndex slot);
    void append_page(std::uint64_t number);
    [[gnu::noinline]] SlotIndex find_sparse(OrderId id) const;
    [[gnu::noinline]] void erase_sparse(OrderId id);
    [[gnu::noinline]] void thin_out(OrderId id);
    void thin_out_before(std::uint64_t number);
    void move_to_sparse(std::uint64_t row);
    void free_page(Page& page);
    void drop_leading_rows();

    /// Numbers are of the whole id, shard included: ids of another shard fall outside the table.
    std::uint64_t first_page_ = 0;
    std::vector<Page> table_;
    std::span<Page> rows_;  ///< the table, of which the size need not be worked out
    std::size_t size_ = 0;
    std::uint64_t shard_;
    std::uint32_t live_pages_ = 0;
    std::vector<std::uint32_t> free_storage_;  ///< all of its entries are none
    std::uint32_t storage_used_ = 0;
    ReservedArray<Entries> storage_;
    const Page nobodys_{storage_.data()->slots};  ///< no page
    IndexMap sparse_;
};

}  // namespace sauda::core
