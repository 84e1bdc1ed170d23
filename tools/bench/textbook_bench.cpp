#include "bench/stages.h"
#include "bench/textbook_book.h"

namespace sauda::bench {

EngineFigures run_textbook(const FlowFile& flow, Progress& progress) {
    TextbookBook book(flow.header().markets);
    const auto records = flow.records();
    const auto replay = [&](std::span<const FlowRecord> part) {
        in_ranges(part.size(), progress, [&](std::size_t begin, std::size_t end) {
            for (std::size_t i = begin; i < end; ++i) ASSERT(book.apply(part[i]));
        });
    };
    const std::size_t prefill = flow.header().prefill;
    progress.begin("building the books", prefill);
    replay(records.first(prefill));
    const auto timed = records.subspan(prefill);
    progress.begin("orders", timed.size());
    const double seconds = timed_part([&] { replay(timed); });
    return figures(timed.size(), seconds, book.digest(), flow);
}

}  // namespace sauda::bench
