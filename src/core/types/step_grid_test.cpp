#include "core/types/step_grid.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace sauda::core {
namespace {

bool is_step(std::int64_t number, std::int64_t step, std::int64_t max) {
    return number > 0 && number <= max && number % step == 0;
}

TEST(StepGrid, AgreesWithDivisionOnSmallNumbers) {
    for (std::int64_t step = 1; step <= 130; ++step) {
        for (const std::int64_t max : {0, 1, 129, 130, 777, 1'000}) {
            const StepGrid grid(step, max);
            for (std::int64_t number = -200; number < 1'200; ++number) {
                ASSERT_EQ(grid.contains(number), is_step(number, step, max)) << number << " of " << step;
            }
        }
    }
}

TEST(StepGrid, TellsTheEndsOfAllNumbers) {
    for (const std::int64_t step : {1, 2, 3, 64, 1'000'000'007}) {
        const StepGrid grid(step, INT64_MAX);
        for (const std::int64_t number : {INT64_MIN, INT64_MIN + 1, INT64_MAX - 1, INT64_MAX})
            EXPECT_EQ(grid.contains(number), is_step(number, step, INT64_MAX)) << number << " of " << step;
    }
}

RC_GTEST_PROP(StepGrid, AgreesWithDivisionOnAnyNumber, ()) {
    const auto step = *rc::gen::inRange<std::int64_t>(1, INT64_MAX);
    const auto max = *rc::gen::inRange<std::int64_t>(0, INT64_MAX);
    const auto number = *rc::gen::inRange<std::int64_t>(INT64_MIN, INT64_MAX);
    const StepGrid grid(step, max);
    RC_ASSERT(grid.contains(number) == is_step(number, step, max));
    RC_ASSERT(grid.contains(number / step * step) == is_step(number / step * step, step, max));
}

RC_GTEST_PROP(StepGrid, AgreesWithDivisionOnMultiplesAndTheirNeighbours, ()) {
    const auto step = *rc::gen::inRange<std::int64_t>(1, 100'000);
    const auto multiple = *rc::gen::inRange<std::int64_t>(1, INT64_MAX / 100'001) * step;
    for (const std::int64_t max : {multiple - 1, multiple, multiple + 1}) {
        const StepGrid grid(step, max);
        for (const std::int64_t number : {multiple - 1, multiple, multiple + 1})
            RC_ASSERT(grid.contains(number) == is_step(number, step, max));
    }
}

}  // namespace
}  // namespace sauda::core
