"""One of every kind of request that the REST API knows, as data: test_api_documents.py sends them in this order and holds
each answer against docs/openapi.json. A new route needs its lines here, and nothing else.

call(METHOD, PATH, [ROLE,] [BODY,] status=..., keep=...): `PATH` and `BODY` may name what an earlier call kept, as {name}.
`keep` maps a name to a function of the answer. Roles: None, "alice", "bob", "operator" (who holds the operator token).
"""
from types import SimpleNamespace


def call(method, path, role=None, body=None, status=200, keep=None):
    return SimpleNamespace(method=method, path=path, role=role, body=body, status=status, keep=keep or {})


def order(side, price, quantity, **more):
    return {"order_type": side, "order_kind": "Limit", "price": price, "quantity": quantity, "market": "TATA_INR", **more}


ID = {"id": lambda answer: answer["order_id"]}
SPEND = {"order_type": "Buy", "order_kind": "Market", "quote_quantity": "350.5", "market": "TATA_INR"}
CAROL = {"email": "carol@example.com", "password": "correct horse"}
PENNY = {"asset": "PENNY", "scale": 2}
PENNY_INR = {"market": "PENNY_INR", "base": "PENNY", "quote": "INR", "tick": "0.01", "lot": "0.1", "min_notional": 0,
             "maker_fee_percent": "-0.01", "taker_fee_percent": "0.1", "fee_asset": "quote"}
FEES = {"market": "JIO_INR", "maker_fee_percent": 0, "taker_fee_percent": "0.2"}

CALLS = [
    # Operation
    call("GET", "/"), call("GET", "/health/live"), call("GET", "/health/ready"), call("GET", "/metrics"),
    call("GET", "/api/v1/routes"), call("GET", "/api/v1/openapi.json"), call("GET", "/api/v1/asyncapi.json"),

    # Accounts
    call("POST", "/register", None, CAROL, status=201),
    call("POST", "/register", None, CAROL, status=409),
    call("POST", "/register", None, {"email": "dave@example.com", "password": "short"}, status=422),
    call("POST", "/register", None, {"email": "dave@example.com"}, status=400),
    call("POST", "/login", None, CAROL, keep={"carol": lambda answer: answer["token"]}),
    call("POST", "/login", None, {**CAROL, "password": "wrong horse"}, status=401),
    call("POST", "/login", None, {}, status=400),
    call("GET", "/api/v1/sessions", "{carol}"),
    call("GET", "/api/v1/sessions", status=401),
    call("POST", "/api/v1/password", "{carol}", {"old_password": "correct horse", "new_password": "correct donkey"}),
    call("POST", "/api/v1/password", "{carol}", {"old_password": "correct horse", "new_password": "correct mule"}, status=401),
    call("POST", "/api/v1/password", "{carol}", {"old_password": "correct donkey", "new_password": "x"}, status=422),
    call("POST", "/api/v1/password", "{carol}", {}, status=400),
    call("POST", "/api/v1/ws-ticket", "{carol}"),
    call("POST", "/api/v1/ws-ticket", status=401),
    call("POST", "/logout", "{carol}"),
    call("POST", "/logout", "{carol}", status=401),
    call("POST", "/login", None, {**CAROL, "password": "correct donkey"}, keep={"carol": lambda answer: answer["token"]}),
    call("DELETE", "/api/v1/sessions", "{carol}"),
    call("DELETE", "/api/v1/sessions", status=401),
    call("GET", "/api/v1/balances", "alice"),
    call("GET", "/api/v1/balances?limit=1&cursor=1", "alice"),
    call("GET", "/api/v1/balances?limit=1001", "alice", status=400),
    call("GET", "/api/v1/markets?limit=1"),
    call("GET", "/api/v1/markets?cursor=x", status=400),
    call("GET", "/api/v1/balances", status=401),

    # Operators
    call("POST", "/api/v1/admin/deposit", "operator", {"email": "alice@example.com", "asset": "INR", "amount": 5, "reference": "one"}),
    call("POST", "/api/v1/admin/deposit", "operator", {"email": "alice@example.com", "asset": "INR", "amount": 5, "reference": "one"}),
    call("POST", "/api/v1/admin/deposit", "operator", {"email": "alice@example.com", "asset": "INR", "amount": 6, "reference": "one"}, status=409),
    call("POST", "/api/v1/admin/deposit", "operator", {"email": "nobody@example.com", "asset": "INR", "amount": 6, "reference": "two"}, status=404),
    call("POST", "/api/v1/admin/deposit", "operator", {"email": "alice@example.com", "asset": "NONE", "amount": 6, "reference": "two"}, status=422),
    call("POST", "/api/v1/admin/deposit", "alice", {}, status=403),
    call("POST", "/api/v1/admin/deposit", None, {}, status=401),
    call("POST", "/api/v1/admin/deposit", "operator", {}, status=400),
    call("POST", "/api/v1/admin/withdraw", "operator", {"email": "alice@example.com", "asset": "INR", "amount": "1.5", "reference": "three"}),
    call("POST", "/api/v1/admin/withdraw", "operator", {"email": "alice@example.com", "asset": "INR", "amount": 10 ** 9, "reference": "four"}, status=422),
    call("POST", "/api/v1/admin/assets", "operator", PENNY),
    call("POST", "/api/v1/admin/assets", "operator", PENNY, status=409),
    call("POST", "/api/v1/admin/assets", "operator", {"asset": "TOO_FINE", "scale": 13}, status=422),
    call("POST", "/api/v1/admin/assets/state", "operator", {"asset": "PENNY", "halted": True}),
    call("POST", "/api/v1/admin/assets/state", "operator", {"asset": "NONE", "halted": True}, status=422),
    call("POST", "/api/v1/admin/markets", "operator", PENNY_INR),
    call("POST", "/api/v1/admin/markets", "operator", PENNY_INR, status=409),
    call("POST", "/api/v1/admin/markets", "operator", {**PENNY_INR, "market": "OTHER", "tick": 0}, status=422),
    call("POST", "/api/v1/admin/markets/state", "operator", {"market": "JIO_INR", "state": "halted"}),
    call("POST", "/api/v1/admin/markets/state", "operator", {"market": "JIO_INR", "state": "asleep"}, status=400),
    call("POST", "/api/v1/admin/fees", "operator", FEES),
    call("POST", "/api/v1/admin/fees", "operator", {**FEES, "taker_fee_percent": 99}, status=422),
    call("POST", "/api/v1/admin/operators", "operator", {"email": "bob@example.com", "operator": True}),
    call("POST", "/api/v1/admin/operators", "bob", {"email": "carol@example.com", "operator": True}, status=403),
    call("POST", "/api/v1/admin/operators", "operator", {"email": "nobody@example.com", "operator": True}, status=404),

    # Orders
    call("POST", "/order", "bob", order("Sell", "101.00", 10), keep=ID),
    call("POST", "/order", "alice", order("Buy", "101.00", 4, client_order_id="mine")),
    call("POST", "/order", "alice", order("Buy", "101.00", 4, client_order_id="mine")),
    call("POST", "/order", "alice", order("Buy", "101.00", 5, client_order_id="mine"), status=409),
    call("POST", "/order", "alice", order("Buy", "101.01", 5), status=422),
    call("POST", "/order", "alice", {"order_type": "Buy"}, status=400),
    call("POST", "/order", None, order("Buy", "101.00", 5), status=401),
    call("POST", "/order", "alice", SPEND),
    call("POST", "/order", "alice", order("Buy", "95.00", 5, time_in_force="IOC")),
    call("GET", "/order/{id}", "bob"),
    call("GET", "/order/{id}", "alice", status=404),
    call("GET", "/order/{id}", status=401),
    call("GET", "/order?client_order_id=mine", "alice"),
    call("GET", "/order?client_order_id=none", "alice", status=404),
    call("GET", "/order?client_order_id=", "alice", status=422),
    call("PATCH", "/order/{id}", "bob", {"quantity": 9}),
    call("PATCH", "/order/{id}", "bob", {"price": "100.95", "client_order_id": "amends"}),
    call("PATCH", "/order/{id}", "bob", {"quantity": []}, status=400),
    call("PATCH", "/order/{id}", "bob", {}, status=422),
    call("PATCH", "/order/999", "bob", {"quantity": 9}, status=404),
    call("POST", "/api/v1/orders/replace", "bob", {"order_id": "{id}", **order("Sell", "102.00", 3)}, keep=ID),
    call("POST", "/api/v1/orders/replace", "bob", {"order_id": 999, **order("Sell", "102.00", 3)}, status=404),
    call("DELETE", "/order/{id}", "bob"),
    call("DELETE", "/order/{id}", "bob", status=404),
    call("POST", "/api/v1/cancel-after", "bob", {"timeout_ms": 86400000}),
    call("POST", "/api/v1/cancel-after", "bob", {"timeout_ms": 0}),
    call("POST", "/api/v1/cancel-after", "bob", {"timeout_ms": 1}, status=400),
    call("POST", "/api/v1/cancel-after", None, {"timeout_ms": 0}, status=401),
    call("POST", "/api/v1/order", "bob", order("Sell", "103.00", 2, client_order_id="other"), keep=ID),
    call("GET", "/api/v1/order?client_order_id=other", "bob"),
    call("GET", "/api/v1/order/{id}", "bob"),
    call("PATCH", "/api/v1/order/{id}", "bob", {"quantity": 1}),
    call("DELETE", "/api/v1/order?client_order_id=other", "bob"),
    call("POST", "/api/v1/order", "bob", order("Sell", "103.00", 2, client_order_id="another"), keep=ID),
    call("DELETE", "/order?client_order_id=another", "bob"),
    call("DELETE", "/order?client_order_id=never", "bob", status=404),
    call("POST", "/api/v1/order", "bob", order("Sell", "103.00", 2), keep=ID),
    call("DELETE", "/api/v1/order/{id}", "bob"),
    call("POST", "/api/v1/orders/batch", "bob", {"orders": [order("Sell", "104.00", 1), order("Sell", "104.01", 1), SPEND], "client_order_id": "b"}),
    call("POST", "/api/v1/orders/batch", "bob", {"orders": []}, status=400),
    call("GET", "/api/v1/orders", "bob"),
    call("GET", "/api/v1/orders?status=closed&market=TATA_INR&limit=2", "alice"),
    call("GET", "/api/v1/orders?status=both", "alice", status=400),
    call("GET", "/api/v1/orders?market=NONE", "alice", status=422),
    call("DELETE", "/api/v1/orders?market=TATA_INR", "bob"),
    call("DELETE", "/api/v1/orders?market=NONE", "bob", status=422),

    # Market data
    call("GET", "/api/v1/markets"),
    call("POST", "/order", "bob", order("Sell", "101.00", 10)),
    call("POST", "/order", "alice", order("Buy", "99.00", 10)),
    call("GET", "/api/v1/depth?market=TATA_INR"),
    call("GET", "/api/v1/depth?market=NONE", status=422),
    call("GET", "/api/v1/depth", status=400),
    call("GET", "/api/v1/trades?market=TATA_INR&limit=1"),
    call("GET", "/api/v1/trades?market=TATA_INR&limit=0", status=400),
    call("GET", "/api/v1/trades?market=NONE", status=422),
    call("GET", "/api/v1/candles?market=TATA_INR&interval=1M"),
    call("GET", "/api/v1/candles?market=JIO_INR"),
    call("GET", "/api/v1/candles?market=TATA_INR&interval=1y", status=400),
    call("GET", "/api/v1/candles?market=NONE", status=422),
    call("GET", "/api/v1/ticker?market=TATA_INR&window=7d"),
    call("GET", "/api/v1/ticker?limit=2"),
    call("GET", "/api/v1/ticker?window=2h", status=400),
    call("GET", "/api/v1/ticker?market=NONE", status=422),

    # The past
    call("POST", "/order", "alice", order("Buy", "99.00", 10), keep=ID),
    call("PATCH", "/order/{id}", "alice", {"quantity": 9}),
    call("POST", "/order", "bob", order("Sell", "99.00", 4)),
    call("DELETE", "/order/{id}", "alice"),
    call("GET", "/api/v1/fills", "alice"),
    call("GET", "/api/v1/fills?market=TATA_INR&order_id=1&limit=1", "bob"),
    call("GET", "/api/v1/fills?market=NONE", "alice", status=422),
    call("GET", "/api/v1/fills?cursor=x", "alice", status=400),
    call("GET", "/api/v1/fills", status=401),
    call("GET", "/api/v1/ledger", "alice"),
    call("GET", "/api/v1/ledger?asset=INR&from=1&at=9000000000&limit=2", "alice"),
    call("GET", "/api/v1/ledger?asset=NONE", "alice", status=422),
    call("GET", "/api/v1/ledger?at=x", "alice", status=400),
    call("GET", "/api/v1/transfers", "alice"),
    call("GET", "/api/v1/transfers?limit=0", "alice", status=400),
    call("POST", "/api/v1/transfers", "alice", {"asset": "INR", "amount": "1", "from": "main", "to": "other", "reference": "r"},
         status=422),
    call("POST", "/api/v1/transfers", "alice", {"asset": "INR", "amount": "1", "from": "main", "to": "main", "reference": "r"},
         status=422),
    call("GET", "/api/v1/deposits", "alice"),
    call("GET", "/api/v1/deposits?limit=0", "alice", status=400),
    call("GET", "/api/v1/orders/{id}/events", "alice"),
    call("GET", "/api/v1/orders/{id}/events", "bob", status=404),
    call("GET", "/api/v1/orders/{id}/events?limit=0", "alice", status=400),
    call("GET", "/api/v1/admin/actions", "operator"),
    call("GET", "/api/v1/admin/actions", "alice", status=403),
    call("GET", "/api/v1/admin/accounts?limit=2", "operator"), call("GET", "/api/v1/admin/accounts", "alice", status=403),
    call("GET", "/api/v1/admin/accounts?limit=0", "operator", status=400),
    call("GET", "/api/v1/admin/balances?asset=INR", "operator"), call("GET", "/api/v1/admin/balances?account=1", "operator"),
    call("GET", "/api/v1/admin/balances?account=99999", "operator", status=404),
    call("GET", "/api/v1/admin/balances?asset=NONE", "operator", status=422),
    call("GET", "/api/v1/admin/markets", "operator"), call("GET", "/api/v1/admin/health", "operator"),
    call("GET", "/api/v1/statement.csv?limit=3", "alice"),
    call("GET", "/api/v1/statement.csv?to=x", "alice", status=400),

    # Not yet
    call("GET", "/api/v1/keys", "alice", status=422),
    call("POST", "/api/v1/keys", "alice", {}, status=422), call("DELETE", "/api/v1/keys/1", "alice", status=422),

    # Last, since it ends trading
    call("POST", "/api/v1/admin/accounts/state", "operator", {"email": "alice@example.com", "frozen": True}),
    call("POST", "/api/v1/admin/accounts/state", "operator", {"email": "nobody@example.com", "frozen": True}, status=404),
    call("POST", "/order", "alice", order("Buy", "99.00", 1), status=403),
]
