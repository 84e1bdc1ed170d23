#include "core/types/step_grid.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace sauda::core {
namespace {

TEST(StepGrid, AgreesWithDivisionOnSmallNumbers) {
    for (std::int64_t step = 1; step <= 130; ++step) {
        const StepGrid grid(step);
        for (std::int64_t number = 0; number < 1'000; ++number) {
            ASSERT_EQ(grid.contains(number), number % step == 0) << number << " of " << step;
        }
    }
}

RC_GTEST_PROP(StepGrid, AgreesWithDivisionOnAnyNumber, ()) {
    const auto step = *rc::gen::inRange<std::int64_t>(1, INT64_MAX);
    const auto number = *rc::gen::inRange<std::int64_t>(0, INT64_MAX);
    const StepGrid grid(step);
    RC_ASSERT(grid.contains(number) == (number % step == 0));
    RC_ASSERT(grid.contains(number / step * step));
}

RC_GTEST_PROP(StepGrid, AgreesWithDivisionOnMultiplesAndTheirNeighbours, ()) {
    const auto step = *rc::gen::inRange<std::int64_t>(1, 100'000);
    const auto multiple = *rc::gen::inRange<std::int64_t>(1, INT64_MAX / 100'001) * step;
    const StepGrid grid(step);
    for (const std::int64_t number : {multiple - 1, multiple, multiple + 1}) {
        RC_ASSERT(grid.contains(number) == (number % step == 0));
    }
}

}  // namespace
}  // namespace sauda::core
