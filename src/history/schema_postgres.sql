-- History in PostgreSQL: the tables of schema.sql, whose columns mean what they do there.
--
-- The four that grow are partitioned by months, and those that have accounts by a hash of the account below that.
-- Stamps rise with sequences, and order ids do too: a month is a range of either, so the keys need no further
-- column. What a partition's range is: months.cpp makes them, and `months` lists them.
CREATE TABLE schema_version (version BIGINT NOT NULL);

CREATE TABLE progress (
    id        BIGINT PRIMARY KEY CHECK (id = 1),
    sequence  BIGINT NOT NULL,
    time_ns   BIGINT NOT NULL,
    frame_crc BIGINT NOT NULL
);

CREATE TABLE months (
    month          BIGINT PRIMARY KEY,   -- 12 × year + month - 1, UTC
    first_sequence BIGINT NOT NULL,
    first_order    BIGINT NOT NULL       -- no order of an earlier month has this id or a higher one
);

CREATE TABLE times (
    sequence BIGINT PRIMARY KEY,
    time_ns  BIGINT NOT NULL
);
CREATE INDEX times_by_time ON times (time_ns, sequence);

CREATE TABLE assets (
    asset BIGINT PRIMARY KEY,
    name  TEXT   NOT NULL,
    scale BIGINT NOT NULL
);

CREATE TABLE markets (
    market         BIGINT PRIMARY KEY,
    name           TEXT   NOT NULL,
    base           BIGINT NOT NULL,
    quote          BIGINT NOT NULL,
    price_scale    BIGINT NOT NULL,
    quantity_scale BIGINT NOT NULL,
    fee_asset      BIGINT NOT NULL
);

CREATE TABLE accounts (
    account BIGINT PRIMARY KEY,
    "user"  BYTEA  NOT NULL
);

CREATE TABLE orders (
    order_id        BIGINT NOT NULL,
    account         BIGINT NOT NULL,
    market          BIGINT NOT NULL,
    client_order_id TEXT COLLATE "C",
    flags           BIGINT NOT NULL,
    status          BIGINT NOT NULL,
    price           BIGINT NOT NULL,
    quantity        BIGINT NOT NULL,
    filled          BIGINT NOT NULL,
    leaves          BIGINT NOT NULL,
    filled_quote_high BIGINT NOT NULL,
    filled_quote    BIGINT NOT NULL,
    quote_quantity  BIGINT NOT NULL,
    quote_used      BIGINT NOT NULL,
    maker_ppm       BIGINT NOT NULL,
    taker_ppm       BIGINT NOT NULL,
    created         BIGINT NOT NULL,
    updated         BIGINT NOT NULL,
    closed          BIGINT,
    closed_n        BIGINT NOT NULL,
    PRIMARY KEY (order_id, account)
) PARTITION BY RANGE (order_id);
CREATE INDEX orders_closed ON orders (account, closed, closed_n, market) WHERE closed IS NOT NULL;
CREATE INDEX orders_by_client_id ON orders (account, client_order_id, order_id)
    WHERE client_order_id IS NOT NULL;

CREATE TABLE amendments (
    order_id      BIGINT NOT NULL,
    sequence      BIGINT NOT NULL,
    n             BIGINT NOT NULL,
    lost_priority BIGINT NOT NULL,
    price_before  BIGINT NOT NULL,
    price         BIGINT NOT NULL,
    leaves_before BIGINT NOT NULL,
    leaves        BIGINT NOT NULL,
    quantity      BIGINT NOT NULL,
    PRIMARY KEY (order_id, sequence, n)
);

CREATE TABLE trades (
    market        BIGINT NOT NULL,
    trade         BIGINT NOT NULL,
    sequence      BIGINT NOT NULL,
    price         BIGINT NOT NULL,
    quantity      BIGINT NOT NULL,
    taker_side    BIGINT NOT NULL,
    maker_order   BIGINT NOT NULL,
    taker_order   BIGINT NOT NULL,
    maker_leaves  BIGINT NOT NULL,
    taker_leaves  BIGINT NOT NULL,
    maker_fee     BIGINT NOT NULL,
    taker_fee     BIGINT NOT NULL,
    PRIMARY KEY (market, trade, sequence)
) PARTITION BY RANGE (sequence);

CREATE TABLE fills (
    account  BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    n        BIGINT NOT NULL,
    order_id BIGINT NOT NULL,
    market   BIGINT NOT NULL,
    trade    BIGINT NOT NULL,
    PRIMARY KEY (account, sequence, n)
) PARTITION BY RANGE (sequence);
CREATE INDEX fills_by_order ON fills (order_id, sequence, n);

CREATE TABLE ledger (
    account   BIGINT NOT NULL,
    asset     BIGINT NOT NULL,
    sequence  BIGINT NOT NULL,
    n         BIGINT NOT NULL,
    cause     BIGINT NOT NULL,
    counter   BIGINT NOT NULL,
    fee       BIGINT NOT NULL,
    available BIGINT NOT NULL,
    held      BIGINT NOT NULL,
    order_id  BIGINT NOT NULL,
    market    BIGINT NOT NULL,
    trade     BIGINT NOT NULL,
    PRIMARY KEY (account, asset, sequence, n)
) PARTITION BY RANGE (sequence);

CREATE TABLE transfers (
    account     BIGINT NOT NULL,
    sequence    BIGINT NOT NULL,
    asset       BIGINT NOT NULL,
    amount      BIGINT NOT NULL,
    operator_id BYTEA  NOT NULL,
    reference   TEXT   NOT NULL,
    PRIMARY KEY (account, sequence)
);

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

CREATE TABLE actions (
    sequence    BIGINT NOT NULL,
    n           BIGINT NOT NULL,
    kind        BIGINT NOT NULL,
    operator_id BYTEA,
    account     BIGINT,
    asset       BIGINT,
    market      BIGINT,
    value       BIGINT,
    value_2     BIGINT,
    reference   TEXT,
    PRIMARY KEY (sequence, n)
);

CREATE TABLE candles (
    market            BIGINT NOT NULL,
    interval_s        BIGINT NOT NULL,
    start_s           BIGINT NOT NULL,
    open              BIGINT NOT NULL,
    high              BIGINT NOT NULL,
    low               BIGINT NOT NULL,
    close             BIGINT NOT NULL,
    volume_high       BIGINT NOT NULL,
    volume            BIGINT NOT NULL,
    quote_volume_high BIGINT NOT NULL,
    quote_volume      BIGINT NOT NULL,
    trade_count       BIGINT NOT NULL,
    first_trade       BIGINT NOT NULL,
    last_trade        BIGINT NOT NULL,
    bought_high       BIGINT,
    bought            BIGINT,
    bought_quote_high BIGINT,
    bought_quote      BIGINT,
    PRIMARY KEY (market, interval_s, start_s)
);
