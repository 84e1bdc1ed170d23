-- History: what the events of the exchange told, as rows. Projected from the event log by sequence, and made
-- anew from it at any time: a change of the schema needs a new schema_version, and a migration only where it
-- is to keep what stands there (schema_changes.cpp).
--
-- Amounts are minor units of their asset, prices and quantities units of their market, times nanoseconds since
-- 1970 (UTC), sequences the places of commands in the total order. `n` orders what one command did.
-- A sum that may exceed 64 bits stands in two columns: high × 2^62 + low.

-- Through which command everything here is projected: written in the transaction of its rows.
CREATE TABLE progress (
    id        INTEGER PRIMARY KEY CHECK (id = 1),
    sequence  INTEGER NOT NULL,
    time_ns   INTEGER NOT NULL,
    frame_crc INTEGER NOT NULL    -- of that command's frame: tells another event log from this one
) STRICT;

-- When: the first command of each time. A command's time is that of the last row at or below it.
CREATE TABLE times (
    sequence INTEGER PRIMARY KEY,
    time_ns  INTEGER NOT NULL
) STRICT;
CREATE INDEX times_by_time ON times (time_ns);

CREATE TABLE assets (
    asset INTEGER PRIMARY KEY,
    name  TEXT    NOT NULL,
    scale INTEGER NOT NULL
) STRICT;

CREATE TABLE markets (
    market         INTEGER PRIMARY KEY,
    name           TEXT    NOT NULL,
    base           INTEGER NOT NULL,
    quote          INTEGER NOT NULL,
    price_scale    INTEGER NOT NULL,
    quantity_scale INTEGER NOT NULL,
    fee_asset      INTEGER NOT NULL    -- core::FeeAsset
) STRICT;

CREATE TABLE accounts (
    account INTEGER PRIMARY KEY,
    user    BLOB    NOT NULL           -- 16 bytes of a UUID
) STRICT;

-- Orders as they stand. What they were before: fills and amendments.
CREATE TABLE orders (
    order_id        INTEGER PRIMARY KEY,
    account         INTEGER NOT NULL,
    market          INTEGER NOT NULL,
    client_order_id TEXT,
    flags           INTEGER NOT NULL,  -- side + 2 × post_only + 4 × kind + 16 × time_in_force
    status          INTEGER NOT NULL,  -- core::OrderStatus + 8 × core::EndCause
    price           INTEGER NOT NULL,
    quantity        INTEGER NOT NULL,
    filled          INTEGER NOT NULL,
    leaves          INTEGER NOT NULL,
    filled_quote_high INTEGER NOT NULL,
    filled_quote    INTEGER NOT NULL,
    quote_quantity  INTEGER NOT NULL,
    quote_used      INTEGER NOT NULL,
    maker_ppm       INTEGER NOT NULL,
    taker_ppm       INTEGER NOT NULL,
    created         INTEGER NOT NULL,  -- sequence
    updated         INTEGER NOT NULL,  -- sequence
    closed          INTEGER,           -- sequence; NULL while it is open
    closed_n        INTEGER NOT NULL
) STRICT;
CREATE INDEX orders_closed ON orders (account, closed, closed_n, market) WHERE closed IS NOT NULL;
CREATE INDEX orders_by_client_id ON orders (account, client_order_id) WHERE client_order_id IS NOT NULL;

CREATE TABLE amendments (
    order_id      INTEGER NOT NULL,
    sequence      INTEGER NOT NULL,
    n             INTEGER NOT NULL,
    lost_priority INTEGER NOT NULL,
    price_before  INTEGER NOT NULL,
    price         INTEGER NOT NULL,
    leaves_before INTEGER NOT NULL,
    leaves        INTEGER NOT NULL,
    quantity      INTEGER NOT NULL,    -- in all, filled part included
    PRIMARY KEY (order_id, sequence, n)
) STRICT, WITHOUT ROWID;

-- Ids rise by one per market.
CREATE TABLE trades (
    market        INTEGER NOT NULL,
    trade         INTEGER NOT NULL,
    sequence      INTEGER NOT NULL,
    price         INTEGER NOT NULL,
    quantity      INTEGER NOT NULL,
    taker_side    INTEGER NOT NULL,
    maker_order   INTEGER NOT NULL,
    taker_order   INTEGER NOT NULL,
    maker_leaves  INTEGER NOT NULL,
    taker_leaves  INTEGER NOT NULL,
    maker_fee     INTEGER NOT NULL,    -- below zero: a rebate
    taker_fee     INTEGER NOT NULL,
    PRIMARY KEY (market, trade)
) STRICT, WITHOUT ROWID;

-- Each owner's side of a trade.
CREATE TABLE fills (
    account  INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    n        INTEGER NOT NULL,         -- odd: as taker
    order_id INTEGER NOT NULL,
    market   INTEGER NOT NULL,
    trade    INTEGER NOT NULL,
    PRIMARY KEY (account, sequence, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX fills_by_order ON fills (order_id);

-- Balances after each change, oldest first within an account and asset: what a row changed is its difference
-- from the row before. No balance is stored twice, so none can disagree with its entries. The two sides of an
-- entry name each other in `counter`.
--
-- A row of cause trade settles one side of a trade in one asset, in up to three entries: the maker's hold comes
-- back (held falls), the trade pays or is paid, and the fee is charged (below zero: the rebate is paid).
CREATE TABLE ledger (
    account   INTEGER NOT NULL,
    asset     INTEGER NOT NULL,
    sequence  INTEGER NOT NULL,
    n         INTEGER NOT NULL,
    cause     INTEGER NOT NULL,        -- history::Cause
    counter   INTEGER NOT NULL,        -- the account on the other side; its own for holds and releases
    fee       INTEGER NOT NULL,
    available INTEGER NOT NULL,
    held      INTEGER NOT NULL,
    order_id  INTEGER NOT NULL,        -- 0: none
    market    INTEGER NOT NULL,        -- 0: none
    trade     INTEGER NOT NULL,        -- 0: none
    PRIMARY KEY (account, asset, sequence, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE transfers (
    account     INTEGER NOT NULL,
    sequence    INTEGER NOT NULL,
    asset       INTEGER NOT NULL,
    amount      INTEGER NOT NULL,      -- below zero: a withdrawal
    operator_id BLOB    NOT NULL,
    reference   TEXT    NOT NULL,
    PRIMARY KEY (account, sequence)
) STRICT, WITHOUT ROWID;

-- To and from other shards. A reference of another shard is another one than the same text of this shard.
CREATE TABLE shard_transfers (
    account     INTEGER NOT NULL,
    sequence    INTEGER NOT NULL,
    asset       INTEGER NOT NULL,
    amount      INTEGER NOT NULL,      -- below zero: sent; above: received
    operator_id BLOB    NOT NULL,      -- zero: the account's own user
    reference   TEXT    NOT NULL,      -- of the shard that sent it
    peer        TEXT    NOT NULL,      -- the other shard
    PRIMARY KEY (account, sequence)
) STRICT, WITHOUT ROWID;
CREATE INDEX shard_transfers_by_reference ON shard_transfers (reference, sequence);

-- What was sent has arrived. A transfer is one command's, which names it.
CREATE TABLE confirmations (
    sent      INTEGER PRIMARY KEY,     -- sequence of a shard_transfer
    confirmed INTEGER NOT NULL         -- sequence
) STRICT;

-- What operators did. Which columns say something depends on the kind.
CREATE TABLE actions (
    sequence    INTEGER NOT NULL,
    n           INTEGER NOT NULL,
    kind        INTEGER NOT NULL,      -- history::ActionKind
    operator_id BLOB,                  -- NULL: the event does not tell
    account     INTEGER,
    asset       INTEGER,
    market      INTEGER,
    value       INTEGER,               -- an amount, a state, 0 or 1, a maker rate in ppm
    value_2     INTEGER,               -- a taker rate in ppm
    reference   TEXT,
    PRIMARY KEY (sequence, n)
) STRICT, WITHOUT ROWID;

-- Candles of long intervals; those of any other interval are made of trades.
CREATE TABLE candles (
    market            INTEGER NOT NULL,
    interval_s        INTEGER NOT NULL,
    start_s           INTEGER NOT NULL,
    open              INTEGER NOT NULL,
    high              INTEGER NOT NULL,
    low               INTEGER NOT NULL,
    close             INTEGER NOT NULL,
    volume_high       INTEGER NOT NULL,
    volume            INTEGER NOT NULL,   -- quantity units
    quote_volume_high INTEGER NOT NULL,
    quote_volume      INTEGER NOT NULL,   -- quote minor units
    trade_count       INTEGER NOT NULL,
    first_trade       INTEGER NOT NULL,
    last_trade        INTEGER NOT NULL,
    -- Where the taker was the buyer. NULL in candles begun under schema 1.
    bought_high       INTEGER,
    bought            INTEGER,            -- quantity units
    bought_quote_high INTEGER,
    bought_quote      INTEGER,            -- quote minor units
    PRIMARY KEY (market, interval_s, start_s)
) STRICT, WITHOUT ROWID;
