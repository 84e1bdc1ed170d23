#include "history/schema.h"

namespace sauda::history {

const char* const schema_from_1_sql =
    "ALTER TABLE candles ADD COLUMN bought_high INTEGER;"
    "ALTER TABLE candles ADD COLUMN bought INTEGER;"
    "ALTER TABLE candles ADD COLUMN bought_quote_high INTEGER;"
    "ALTER TABLE candles ADD COLUMN bought_quote INTEGER;";

const char* const schema_from_2_sql = R"sql(
CREATE TABLE shard_transfers (
    account     INTEGER NOT NULL,
    sequence    INTEGER NOT NULL,
    asset       INTEGER NOT NULL,
    amount      INTEGER NOT NULL,
    operator_id BLOB    NOT NULL,
    reference   TEXT    NOT NULL,
    peer        TEXT    NOT NULL,
    PRIMARY KEY (account, sequence)
) STRICT, WITHOUT ROWID;
CREATE INDEX shard_transfers_by_reference ON shard_transfers (reference, sequence);
CREATE TABLE confirmations (
    sent      INTEGER PRIMARY KEY,
    confirmed INTEGER NOT NULL
) STRICT;
)sql";

const char* const schema_postgres_from_2_sql = R"sql(
CREATE TABLE shard_transfers (
    account     BIGINT NOT NULL,
    sequence    BIGINT NOT NULL,
    asset       BIGINT NOT NULL,
    amount      BIGINT NOT NULL,
    operator_id BYTEA  NOT NULL,
    reference   TEXT COLLATE "C" NOT NULL,
    peer        TEXT   NOT NULL,
    PRIMARY KEY (account, sequence)
);
CREATE INDEX shard_transfers_by_reference ON shard_transfers (reference, sequence);
CREATE TABLE confirmations (
    sent      BIGINT PRIMARY KEY,
    confirmed BIGINT NOT NULL
);
)sql";

}  // namespace sauda::history
