#include "redis_streams/reply.h"

#include <hiredis/hiredis.h>

#include "base/assert.h"

namespace sauda::bus::redis {

bool Reply::is_nil() const {
    return raw_ == nullptr || raw_->type == REDIS_REPLY_NIL;
}

bool Reply::is_array() const {
    return raw_ != nullptr && raw_->type == REDIS_REPLY_ARRAY;
}

bool Reply::is_error() const {
    return raw_ != nullptr && raw_->type == REDIS_REPLY_ERROR;
}

std::string_view Reply::text() const {
    if (raw_ == nullptr) return {};
    const bool has_text = raw_->type == REDIS_REPLY_STRING || raw_->type == REDIS_REPLY_STATUS ||
                          raw_->type == REDIS_REPLY_ERROR;
    return has_text ? std::string_view(raw_->str, raw_->len) : std::string_view();
}

std::int64_t Reply::integer() const {
    return raw_ != nullptr && raw_->type == REDIS_REPLY_INTEGER ? raw_->integer : 0;
}

std::size_t Reply::size() const {
    return is_array() ? raw_->elements : 0;
}

Reply Reply::operator[](std::size_t index) const {
    ASSERT(index < size());
    return Reply(raw_->element[index]);
}

Reply Reply::field(std::string_view name) const {
    for (std::size_t i = 0; i + 1 < size(); i += 2) {
        if ((*this)[i].text() == name) return (*this)[i + 1];
    }
    return Reply(nullptr);
}

}  // namespace sauda::bus::redis
