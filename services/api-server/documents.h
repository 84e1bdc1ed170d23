/// The API's documents, as they stand in docs/ when this was built.
#pragma once

#include <string_view>

namespace sauda {

extern const std::string_view openapi_json;   ///< docs/openapi.json
extern const std::string_view asyncapi_json;  ///< docs/asyncapi.json

}  // namespace sauda
