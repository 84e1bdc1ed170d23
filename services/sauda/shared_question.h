/// One question that many ask at once: while it is under way, who asks waits for the next one, so that each
/// gets an answer that was made after he asked.
///
/// Threads: one owner at a time; it outlives the answers.
#pragma once

#include <functional>
#include <utility>
#include <vector>

namespace sauda {

template <class Answer>
class SharedQuestion {
public:
    using Done = std::function<void(Answer)>;
    using Put = std::function<void(Done)>;

    /// `put` has the question answered once, maybe before it returns.
    explicit SharedQuestion(Put put) : put_(std::move(put)) {}

    void ask(Done done) {
        waiting_.push_back(std::move(done));
        if (asking_.empty()) begin();
    }

private:
    void begin() {
        asking_.swap(waiting_);
        put_([this](Answer answer) {
            for (Done& done : std::exchange(asking_, {})) done(answer);
            if (asking_.empty() && !waiting_.empty()) begin();
        });
    }

    const Put put_;
    std::vector<Done> asking_;
    std::vector<Done> waiting_;
};

}  // namespace sauda
