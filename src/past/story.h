/// One order's whole story, in words: what it met, why it did or did not fill. (`sauda journal explain`.)
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/command.h"
#include "core/event_buffer.h"
#include "core/exchange.h"
#include "views/depth.h"

namespace sauda::past {

/// One thing that happened to the order.
struct Chapter {
    core::Stamp stamp;
    std::string what;  ///< stood, accepted, rested, trade, amended, ended, refused, repeated, standing
    std::string text;  ///< a sentence
    /// What the sentence is made of: names and values, decimals as text.
    std::vector<std::pair<std::string, std::string>> facts;
};

using Story = std::vector<Chapter>;

/// Follows one order through the commands of a journal. Each command is applied to an exchange of its own, so
/// that books are known as they were at every moment.
///
/// Threads: one owner at a time.
class StoryTeller {
public:
    /// `exchange`: the state before the order came, or an empty one. Where the order is open in it, the story
    /// begins with how it stood.
    StoryTeller(core::Exchange exchange, core::OrderId order);

    /// Requires: commands come in the order of their sequences, from the one after the exchange's last.
    void apply(const core::Command& command, core::Stamp stamp);

    /// All that was told, and where the order stands now. Empty when it never came.
    Story end();

    const core::Exchange& exchange() const { return exchange_; }
    /// Of the last command that was applied.
    core::Stamp last() const { return exchange_.last(); }

    /// The order accepted last, for who asks for one that never came.
    core::OrderId newest_order() const { return newest_; }

private:
    void fold(const core::OrderAccepted& event);
    void fold(const core::OrderRested& event);
    void fold(const core::Trade& event);
    void fold(const core::OrderEnded& event);
    void fold(const core::OrderAmended& event);
    void fold(const core::Refused& event);
    void fold(const core::Repeated& event);
    template <class E>
    void fold(const E&) {}

    void resume(const core::OrderRecord& record);
    Chapter& add(std::string what, std::string text);
    bool names_it(const core::Command& command) const;
    std::string price(core::PriceTicks price) const;
    std::string quantity(core::QuantityLots quantity) const;
    std::string queue_text(Chapter& chapter) const;
    void tell_what_it_met(Chapter& chapter) const;
    void tell_how_it_stands();

    core::Exchange exchange_;
    views::DepthView depth_;  // before the command at hand
    const core::OrderId order_;
    core::OrderId newest_;
    std::optional<core::OrderAccepted> accepted_;
    core::PriceTicks price_;
    core::QuantityLots filled_;
    bool is_open_ = false;
    const core::Command* command_ = nullptr;
    core::Stamp stamp_;
    core::EventBuffer events_;
    Story story_;
    std::optional<std::size_t> rested_;  // the chapter of this command that lacks its place in the queue
};

/// One line a chapter.
std::string story_text(core::OrderId order, const Story& story);
/// `{"order_id":N,"story":[{"sequence":N,"time":ms,"what":"...","text":"...", facts as strings}, ...]}`
std::string story_json(core::OrderId order, const Story& story);

}  // namespace sauda::past
