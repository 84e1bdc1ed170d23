#include "history/schema.h"

namespace sauda::history {

const char* const schema_from_1_sql =
    "ALTER TABLE candles ADD COLUMN bought_high INTEGER;"
    "ALTER TABLE candles ADD COLUMN bought INTEGER;"
    "ALTER TABLE candles ADD COLUMN bought_quote_high INTEGER;"
    "ALTER TABLE candles ADD COLUMN bought_quote INTEGER;";

}  // namespace sauda::history
