#include "identity/user.h"

#include "base/assert.h"

namespace sauda::identity {

std::string_view role_text(Role role) {
    switch (role) {
        case Role::trader:
            return "trader";
        case Role::exchange_operator:
            return "operator";
    }
    ASSERT(false);
}

std::optional<Role> parse_role(std::string_view text) {
    if (text == "trader") return Role::trader;
    if (text == "operator") return Role::exchange_operator;
    return std::nullopt;
}

}  // namespace sauda::identity
