#include "core/book/order_directory.h"

#include <algorithm>

#include "base/assert.h"
#include "core/book/order_pool.h"
#include "core/types/order_shard.h"

namespace sauda::core {
namespace {

/// The table has at most so many rows per page, plus some: 1 KiB beside a page's 16 KiB.
constexpr std::uint64_t rows_per_page_max = 64;
constexpr std::uint64_t rows_free = 4096;

/// Pages that stay however few of their orders are left: what was placed lately is asked for most, and
/// whether it is to be found by page or by hash should be no surprise. 1 MiB.
constexpr std::uint64_t recent_pages = 64;
/// Every older page has more than 256 orders.
constexpr std::size_t pages_max = order_slots_max / 256 + recent_pages + 1;

}  // namespace

OrderDirectory::OrderDirectory(std::uint64_t shard) : shard_(shard), storage_(pages_max + 1) {
    ASSERT(shard < (std::uint64_t{1} << order_id_shard_bits));
    storage_.grow_to(1);
}

void OrderDirectory::set_shard(std::uint64_t shard) {
    ASSERT(shard < (std::uint64_t{1} << order_id_shard_bits) && size_ == 0);
    shard_ = shard;
}

void OrderDirectory::insert_without_page(OrderId id, SlotIndex slot) {
    ASSERT(shard_of(id) == shard_);
    const std::uint64_t number = id.raw >> page_bits;
    if (number < first_page_ + table_.size()) {
        sparse_.insert(id.raw, slot.raw);
        ++size_;
        return;
    }
    append_page(number);
    insert(id, slot);
}

void OrderDirectory::append_page(std::uint64_t number) {
    thin_out_before(number);
    drop_leading_rows();
    while (live_pages_ > 0 && number - first_page_ > rows_per_page_max * live_pages_ + rows_free) {
        const auto oldest =
            std::find_if(table_.begin(), table_.end(), [](const Page& page) { return page.is_there(); });
        move_to_sparse(static_cast<std::uint64_t>(oldest - table_.begin()));
        drop_leading_rows();
    }
    if (live_pages_ == 0) {
        table_.clear();
        first_page_ = number;
    }
    table_.resize(number - first_page_ + 1, nobodys_);
    rows_ = table_;
    Page& page = table_.back();
    if (free_storage_.empty()) {
        page.storage = ++storage_used_;
        storage_.grow_to(std::size_t{page.storage} + 1);
    } else {
        page.storage = free_storage_.back();
        free_storage_.pop_back();
    }
    page.slots = storage_[page.storage].slots;
    ++live_pages_;
}

void OrderDirectory::reserve(std::uint32_t orders) {
    storage_.populate(std::min<std::size_t>(orders / page_size + 2, pages_max) + 1);
}

SlotIndex OrderDirectory::find_sparse(OrderId id) const {
    return SlotIndex{sparse_.find(id.raw)};
}

void OrderDirectory::erase_sparse(OrderId id) {
    const bool erased = sparse_.erase(id.raw);
    ASSERT(erased);
}

void OrderDirectory::thin_out(OrderId id) {
    const std::uint64_t row = (id.raw >> page_bits) - first_page_;
    if (row + recent_pages >= table_.size()) return;
    move_to_sparse(row);
}

/// Thins out the pages that are recent no more once page `number` is: one where ids rise page by page, more
/// where pages are passed over, as when a state is restored of which few old orders are open.
void OrderDirectory::thin_out_before(std::uint64_t number) {
    const std::uint64_t size = table_.size();
    const std::uint64_t size_after = number - first_page_ + 1;
    const std::uint64_t end = std::min(size, size_after - std::min(size_after, recent_pages));
    for (std::uint64_t row = size - std::min(size, recent_pages); row < end; ++row) {
        if (table_[row].is_there() && table_[row].live <= sparse_max) move_to_sparse(row);
    }
}

/// Empties a page into the hash table. 16 KiB are read once per 3840 orders that have gone.
void OrderDirectory::move_to_sparse(std::uint64_t row) {
    Page& page = table_[row];
    const std::uint64_t first_id = (first_page_ + row) << page_bits;
    for (std::uint64_t i = 0; page.live > 0; ++i) {
        if (!page.slots[i]) continue;
        sparse_.insert(first_id + i, page.slots[i].raw);
        page.slots[i] = SlotIndex{};
        --page.live;
    }
    free_page(page);
}

void OrderDirectory::free_page(Page& page) {
    free_storage_.push_back(page.storage);
    page = nobodys_;
    --live_pages_;
}

/// Rows before the oldest page go once they are half of the table, so that each is moved over at most once.
void OrderDirectory::drop_leading_rows() {
    const auto oldest =
        std::find_if(table_.begin(), table_.end(), [](const Page& page) { return page.is_there(); });
    const std::uint64_t leading = static_cast<std::uint64_t>(oldest - table_.begin());
    if (leading * 2 < table_.size()) return;
    table_.erase(table_.begin(), oldest);
    rows_ = table_;
    first_page_ += leading;
}

std::size_t OrderDirectory::memory() const {
    return table_.capacity() * sizeof(Page) + storage_used_ * sizeof(Entries) +
           free_storage_.capacity() * sizeof(free_storage_[0]) + sparse_.memory();
}

}  // namespace sauda::core
