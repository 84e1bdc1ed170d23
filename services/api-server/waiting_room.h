/// Places for calls that wait for a pool of threads or run on it: bounded in all, and for each asker.
///
/// Threads: one owner at a time, places included.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/result.h"

namespace sauda::api_server {

class WaitingRoom {
    struct Seats;

public:
    enum class Full : std::uint8_t { room, share };

    /// Taken until it goes, however the call ends. May outlive the room.
    class Place {
    public:
        Place(Place&& other) noexcept : seats_(std::move(other.seats_)), asker_(std::move(other.asker_)) {}
        Place& operator=(Place&&) = delete;
        ~Place() {
            if (seats_) seats_->leave(asker_);
        }

    private:
        friend class WaitingRoom;
        Place(std::shared_ptr<Seats> seats, std::string asker)
            : seats_(std::move(seats)), asker_(std::move(asker)) {}

        std::shared_ptr<Seats> seats_;
        std::string asker_;
    };

    /// At most `places_max` at once, of which one asker has at most `share_max`.
    WaitingRoom(std::size_t places_max, std::size_t share_max)
        : places_max_(places_max), share_max_(share_max), seats_(std::make_shared<Seats>()) {}

    base::Result<Place, Full> enter(std::string_view asker) {
        if (seats_->count >= places_max_) return base::Unexpected{Full::room};
        std::string name(asker);
        std::size_t& taken = seats_->by_asker[name];
        if (taken >= share_max_) return base::Unexpected{Full::share};
        ++taken;
        ++seats_->count;
        return Place(seats_, std::move(name));
    }

    std::size_t taken() const { return seats_->count; }

private:
    struct Seats {
        void leave(const std::string& asker) {
            --count;
            const auto at = by_asker.find(asker);
            if (--at->second == 0) by_asker.erase(at);
        }
        std::size_t count = 0;
        std::unordered_map<std::string, std::size_t> by_asker;  // none is zero
    };

    const std::size_t places_max_;
    const std::size_t share_max_;
    std::shared_ptr<Seats> seats_;
};

}  // namespace sauda::api_server
