"""Orders through REST, with balances to the last unit."""
import concurrent.futures
import decimal
import random
import unittest

from harness import Exchange, ExchangeTest, authenticate, receive, run

LIMIT = {"order_type": "Buy", "order_kind": "Limit", "price": "90.00", "quantity": 1, "market": "TATA_INR"}
REPORT = {"status", "order_id", "client_order_id", "market", "order_status", "quantity", "filled", "leaves", "average_price",
          "fills", "sequence"}
FILL = {"trade_id", "price", "quantity", "fee", "fee_asset", "liquidity"}
ORDER = {"status", "order_id", "client_order_id", "market", "order_type", "order_kind", "time_in_force", "post_only",
         "order_status", "price", "quantity", "filled", "leaves", "average_price", "created", "updated"}


class Orders(ExchangeTest):
    def setUp(self):
        self.alice = self.user(INR="100000", USDT="100000", TATA="100")
        self.bob = self.user(INR="1000", TATA="1000", BTC="10", JIO="100")
        for client in (self.alice, self.bob):
            client.ok("DELETE", "/api/v1/orders")

    def tearDown(self):
        for client in (self.alice, self.bob):
            client.ok("DELETE", "/api/v1/orders")
            client.close()

    def test_rest_partial_fill_and_fill_with_fee_and_rebate(self):
        resting = self.bob.place("Sell", "100.50", 10)
        self.assertEqual((resting["order_status"], resting["leaves"], resting["fills"], resting["average_price"]), ("New", "10", [], None))
        self.assertEqual(self.bob.balance("TATA"), ("990", "10"))
        taker = self.alice.place("Buy", 101.00, 4)
        self.assertEqual(taker["order_status"], "Filled")
        self.assertEqual(taker["fills"][0]["fee"], "0.4020")
        self.assertEqual(self.alice.balance("INR"), ("99597.5980", "0.0000"))
        self.assertEqual(self.bob.balance("INR"), ("1402.0402", "0.0000"))
        order = self.bob.ok("GET", f"/order/{resting['order_id']}")
        self.assertEqual((order["order_status"], order["filled"], order["leaves"], order["average_price"]),
                         ("PartiallyFilled", "4", "6", "100.50"))
        rest = self.alice.place("Buy", "100.50", 8)
        self.assertEqual((rest["order_status"], rest["filled"], rest["leaves"]), ("PartiallyFilled", "6", "2"))
        self.assertEqual(self.bob.ok("GET", f"/order/{resting['order_id']}")["order_status"], "Filled")

    def test_replies_have_the_shape_that_clients_rely_on(self):
        resting = self.bob.place("Sell", "100.00", 2, client_order_id="shape")
        self.assertEqual(set(resting), REPORT)
        taken = self.alice.place("Buy", "100.00", 1)
        self.assertEqual((set(taken), set(taken["fills"][0])), (REPORT, FILL))
        order = self.bob.ok("GET", f"/api/v1/order/{resting['order_id']}")
        self.assertEqual(set(order), ORDER)
        self.assertEqual(set(self.bob.ok("GET", "/api/v1/orders")["orders"][0]), ORDER - {"status"})
        canceled = self.bob.ok("DELETE", f"/order/{resting['order_id']}")
        self.assertEqual((set(canceled), canceled["filled"], canceled["client_order_id"]), (REPORT, "1", "shape"))
        for reply in (resting, taken, order, canceled):
            for field in ("order_id", "sequence", "created", "updated"):
                self.assertIsInstance(reply.get(field, 0), int)
            for field in ("quantity", "filled", "leaves"):
                self.assertIsInstance(reply[field], str)

    def test_decimals_are_exact_as_numbers_and_as_text(self):
        for price, quantity in ((90.05, 3), ("90.05", "3"), ("90.0500", "3.0")):
            order = self.alice.place("Buy", price, quantity)
            # 3 × 90.05, and the fee as three fills of one share would round it up: 3 × 0.0901.
            self.assertEqual(self.alice.balance("INR"), ("99729.5797", "270.4203"), (price, quantity))
            self.assertEqual(self.alice.ok("GET", f"/order/{order['order_id']}")["price"], "90.05")
            self.alice.cancel_all()

    def test_price_then_time(self):
        late = self.bob.place("Sell", "100.10", 1)["order_id"]
        first = self.bob.place("Sell", "100.05", 1)["order_id"]
        second = self.bob.place("Sell", "100.05", 1)["order_id"]
        report = self.alice.place("Buy", "100.10", 3)
        self.assertEqual([fill["price"] for fill in report["fills"]], ["100.05", "100.05", "100.10"])
        trades = [fill["trade_id"] for fill in report["fills"]]
        self.assertEqual(trades, list(range(trades[0], trades[0] + 3)))
        self.assertEqual(report["average_price"], "100.0666666666")
        for order in (late, first, second):
            self.assertEqual(self.bob.ok("GET", f"/order/{order}")["order_status"], "Filled")

    def test_fees_in_the_asset_received(self):
        self.bob.place("Sell", "65000.00", "0.1", market="BTC_USDT")
        fill = self.alice.place("Buy", "65000.00", "0.1", market="BTC_USDT")["fills"][0]
        self.assertEqual((fill["fee"], fill["fee_asset"]), ("0.00010000", "BTC"))
        self.assertEqual(self.alice.balance("BTC"), ("0.09990000", "0.00000000"))
        self.assertEqual(self.bob.balance("USDT"), ("6494.80000000", "0.00000000"))

    def test_time_in_force_and_post_only(self):
        self.bob.place("Sell", "100.00", 3)
        self.assertEqual(self.alice.place("Buy", "100.00", 5, time_in_force="FOK")["order_status"], "Expired")
        self.alice.refused(422, "post_only_would_take", "POST", "/order", {"order_type": "Buy", "order_kind": "Limit", "price": 100,
                                                                           "quantity": 1, "market": "TATA_INR", "post_only": True})
        report = self.alice.place("Buy", "100.00", 5, time_in_force="IOC")
        self.assertEqual((report["order_status"], report["filled"], report["leaves"]), ("Expired", "3", "0"))
        self.assertEqual(self.alice.balance("INR")[1], "0.0000")

    def test_market_orders(self):
        market = {"order_type": "Buy", "order_kind": "Market", "market": "JIO_INR"}
        report = self.alice.ok("POST", "/order", {**market, "quantity": 5})
        self.assertEqual((report["order_status"], report["filled"]), ("Expired", "0"))
        self.bob.place("Sell", "250.00", 3, market="JIO_INR")
        report = self.alice.ok("POST", "/order", {**market, "quantity": 2})
        self.assertEqual((report["order_status"], report["filled"]), ("Filled", "2"))
        report = self.alice.ok("POST", "/order", {**market, "quote_quantity": "250.25"})
        self.assertEqual((report["filled"], report["fills"][0]["fee"]), ("1", "0.2500"))
        self.bob.refused(422, "insufficient_funds", "POST", "/order", {**market, "order_type": "Sell", "quantity": 1000})
        for contradiction in ({"quantity": 1, "quote_quantity": 1}, {"quantity": 1, "post_only": True}):
            self.alice.refused(422, "invalid_combination", "POST", "/order", {**market, **contradiction})

    def test_market_orders_take_no_price_and_sell_for_an_amount(self):
        self.alice.place("Buy", "100.00", 5)
        report = self.bob.ok("POST", "/order", {**LIMIT, "order_kind": "Market", "order_type": "Sell", "price": "7"})
        self.assertEqual((report["order_status"], report["average_price"]), ("Filled", "100.00"))
        report = self.bob.ok("POST", "/order", {"order_type": "Sell", "order_kind": "Market", "quote_quantity": "250", "market": "TATA_INR"})
        self.assertEqual((report["filled"], report["order_status"]), ("2", "Expired"), "the rest is less than a lot's price")
        self.assertEqual(self.bob.balance("TATA"), ("997", "0"))
        self.assertEqual(self.bob.balance("INR"), ("1299.7000", "0.0000"))

    def test_a_buyer_never_spends_more_than_the_quote_quantity(self):
        self.bob.place("Sell", "100.00", 100)
        for spend in ("100.0999", "100.1", "1001", "333.33"):
            before = decimal.Decimal(self.alice.balance("INR")[0])
            report = self.alice.ok("POST", "/order", {"order_type": "Buy", "order_kind": "Market", "quote_quantity": spend, "market": "TATA_INR"})
            spent = before - decimal.Decimal(self.alice.balance("INR")[0])
            self.assertLessEqual(spent, decimal.Decimal(spend))
            self.assertEqual(spent, decimal.Decimal("100.1") * int(report["filled"]))
            self.assertGreater(spent + decimal.Decimal("100.1"), decimal.Decimal(spend), "as much as fits")

    def test_cancel_by_every_name(self):
        ids = [self.alice.place("Buy", "90.00", 1, client_order_id=f"c{i}")["order_id"] for i in range(4)]
        report = self.alice.ok("DELETE", f"/order/{ids[0]}")
        self.assertEqual((report["order_status"], report["order_id"], report["leaves"]), ("Canceled", ids[0], "0"))
        self.assertEqual(self.alice.ok("DELETE", "/order?client_order_id=c1")["order_id"], ids[1])
        self.bob.refused(404, "unknown_order", "DELETE", f"/order/{ids[2]}")
        self.bob.refused(404, "unknown_order", "GET", f"/order/{ids[2]}")
        self.alice.refused(404, "unknown_order", "DELETE", f"/order/{ids[0]}")
        self.assertEqual(self.alice.ok("DELETE", "/api/v1/orders?market=JIO_INR")["canceled"], 0)
        self.assertEqual(self.alice.ok("DELETE", "/api/v1/orders?market=TATA_INR")["canceled"], 2)
        self.assertEqual(self.alice.balance("INR"), ("100000.0000", "0.0000"))

    def test_amend_keeps_the_id_and_priority_when_smaller(self):
        first = self.bob.place("Sell", "100.00", 10)["order_id"]
        second = self.alice.place("Sell", "100.00", 10)["order_id"]
        self.assertEqual(self.bob.ok("PATCH", f"/order/{first}", {"quantity": 2})["leaves"], "2")
        taker = self.user(INR="10000")
        taker.place("Buy", "100.00", 1)
        self.assertEqual(self.bob.ok("GET", f"/order/{first}")["filled"], "1")
        self.bob.ok("PATCH", f"/order/{first}", {"quantity": 5})
        taker.place("Buy", "100.00", 1)
        self.assertEqual(self.alice.ok("GET", f"/order/{second}")["filled"], "1")
        report = self.bob.ok("PATCH", f"/order/{first}", {"price": "99.95", "client_order_id": "amend-1"})
        again = self.bob.ok("PATCH", f"/order/{first}", {"price": "99.95", "client_order_id": "amend-1"})
        self.assertEqual((again["duplicate"], again["order_id"]), (True, report["order_id"]))
        taker.close()

    def test_amendments_that_trade_end_or_are_refused(self):
        self.bob.place("Sell", "100.00", 2)
        order = self.alice.place("Buy", "99.00", 4)["order_id"]
        report = self.alice.ok("PATCH", f"/order/{order}", {"price": "100.00"})
        self.assertEqual((report["order_id"], report["order_status"], report["filled"], report["leaves"]), (order, "PartiallyFilled", "2", "2"))
        self.assertEqual([fill["quantity"] for fill in report["fills"]], ["2"])
        before = self.alice.balance("INR")
        path = f"/order/{order}"
        self.alice.refused(422, "insufficient_funds", "PATCH", path, {"quantity": 100000})
        self.alice.refused(422, "nothing_to_amend", "PATCH", path, {})
        self.alice.refused(422, "price_off_tick", "PATCH", path, {"price": "100.01"})
        self.alice.refused(422, "invalid_quantity", "PATCH", path, {"quantity": 0})
        self.alice.refused(400, "malformed_request", "PATCH", path, {"quantity": 3, "leaves": 1})
        self.bob.refused(404, "unknown_order", "PATCH", path, {"quantity": 3})
        self.assertEqual(self.alice.balance("INR"), before)
        ended = self.alice.ok("PATCH", path, {"quantity": 2})
        self.assertEqual((ended["order_status"], ended["filled"], ended["leaves"]), ("Canceled", "2", "0"))
        self.alice.refused(404, "unknown_order", "PATCH", path, {"quantity": 9})
        self.assertEqual(self.alice.balance("INR"), ("99799.8000", "0.0000"))

    def test_other_accounts_orders_are_not_there(self):
        order = self.alice.place("Buy", "90.00", 1, client_order_id="mine")["order_id"]
        self.bob.refused(404, "unknown_order", "GET", "/order?client_order_id=mine")
        self.bob.refused(404, "unknown_order", "DELETE", "/order?client_order_id=mine")
        self.bob.refused(404, "unknown_order", "POST", "/api/v1/orders/replace", {**LIMIT, "order_id": order})
        self.assertEqual(self.bob.ok("GET", "/api/v1/orders")["orders"], [])
        self.assertEqual(self.bob.cancel_all()["canceled"], 0)
        self.assertEqual(self.bob.place("Sell", "110.00", 1, client_order_id="mine")["order_status"], "New", "ids are each account's own")
        self.assertEqual(self.alice.ok("GET", f"/order/{order}")["order_status"], "New")

    def test_cancelling_all_of_a_market_that_cannot_be_read_cancels_nothing(self):
        order = self.alice.place("Buy", "90.00", 1)["order_id"]
        for name in ("", "NO_SUCH", "tata_inr"):
            self.alice.refused(422, "unknown_market", "DELETE", "/api/v1/orders?market=" + name)
        self.assertEqual(self.alice.ok("GET", f"/order/{order}")["order_status"], "New")

    def test_replace_is_atomic(self):
        old = self.alice.place("Buy", "90.00", 10)["order_id"]
        self.alice.refused(422, "insufficient_funds", "POST", "/api/v1/orders/replace",
                           {"order_id": old, "order_type": "Buy", "order_kind": "Limit", "price": 100, "quantity": 100000, "market": "TATA_INR"})
        self.assertEqual(self.alice.ok("GET", f"/order/{old}")["order_status"], "New")
        report = self.alice.ok("POST", "/api/v1/orders/replace",
                               {"order_id": old, "order_type": "Buy", "order_kind": "Limit", "price": 91, "quantity": 5, "market": "TATA_INR"})
        self.assertEqual((report["replaced_order_id"], report["order_status"]), (old, "New"))
        self.assertEqual(self.alice.ok("GET", f"/order/{old}")["order_status"], "Canceled")

    def test_batch(self):
        order = {"order_type": "Buy", "order_kind": "Limit", "price": 90, "quantity": 1, "market": "TATA_INR"}
        batch = {"client_order_id": "batch", "orders": [order, {**order, "price": "90.01"}, order]}
        first = self.alice.ok("POST", "/api/v1/orders/batch", batch)["results"]
        self.assertEqual([result["http_status"] for result in first], [200, 422, 200])
        again = self.alice.ok("POST", "/api/v1/orders/batch", batch)["results"]
        self.assertEqual([again[i]["order_id"] for i in (0, 2)], [first[i]["order_id"] for i in (0, 2)])
        self.assertEqual(len(self.alice.ok("GET", "/api/v1/orders")["orders"]), 2)
        full = self.alice.ok("POST", "/api/v1/orders/batch", {"orders": [order] * 100})["results"]
        self.assertEqual(len({result["order_id"] for result in full}), 100)
        self.assertEqual(self.alice.cancel_all()["canceled"], 102)
        for orders in ([order] * 101, [], {}, "x", None):
            self.alice.refused(400, "malformed_request", "POST", "/api/v1/orders/batch", {"orders": orders})
        mixed = self.alice.ok("POST", "/api/v1/orders/batch", {"orders": [7, {**order, "quantity": 10**6}, {**order, "market": "NO"}, order]})["results"]
        self.assertEqual([(result["http_status"], result.get("code")) for result in mixed],
                         [(400, "malformed_request"), (422, "insufficient_funds"), (422, "unknown_market"), (200, None)])

    def test_retries(self):
        self.bob.place("Sell", "100.00", 3)
        order = {"order_type": "Buy", "order_kind": "Limit", "price": "100.00", "quantity": 5, "market": "TATA_INR", "client_order_id": "retry"}
        first = self.alice.ok("POST", "/order", order)
        again = self.alice.ok("POST", "/order", order)
        self.assertTrue(again.pop("duplicate"))
        self.assertEqual(again, first)
        self.alice.refused(409, "client_order_id_conflict", "POST", "/order", {**order, "quantity": 6})
        self.alice.refused(409, "client_order_id_open", "POST", "/order", {**order, "on_duplicate": "refuse_if_open"})
        self.assertEqual(self.alice.ok("GET", "/order?client_order_id=retry")["order_id"], first["order_id"])
        self.alice.refused(404, "unknown_order", "GET", "/order?client_order_id=never")

    def test_one_order_comes_of_many_retries_at_once(self):
        self.bob.place("Sell", "100.00", 3)
        order = {**LIMIT, "price": "100.00", "quantity": 5, "client_order_id": "at-once"}

        def send(_):
            with self.exchange.client(self.alice.token) as client:
                return client.ok("POST", "/order", order)

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(send, range(24)))
        self.assertEqual(sum("duplicate" not in answer for answer in answers), 1)
        for answer in answers:
            answer.pop("duplicate", None)
            self.assertEqual(answer, answers[0])
        self.assertEqual(len(self.alice.ok("GET", "/api/v1/orders")["orders"]), 1)
        self.assertEqual(self.alice.balance("TATA"), ("103", "0"))

    def test_lists_are_paged(self):
        placed = [self.alice.place("Buy", "90.00", 1)["order_id"] for _ in range(5)]
        for status in ("open", "closed"):
            seen, cursor = [], ""
            while True:
                page = self.alice.ok("GET", f"/api/v1/orders?status={status}&limit=2{cursor}")
                seen += [order["order_id"] for order in page["orders"]]
                if page["next_cursor"] is None:
                    break
                cursor = f"&cursor={page['next_cursor']}"
            self.assertEqual(sorted(set(placed) & set(seen)), placed)
            self.assertEqual(len(seen), len(set(seen)))
            self.alice.ok("DELETE", "/api/v1/orders")

    def test_market_data(self):
        markets = {market["market"]: market for market in self.alice.ok("GET", "/api/v1/markets")["markets"]}
        self.assertEqual((markets["TATA_INR"]["tick"], markets["TATA_INR"]["maker_fee_percent"]), ("0.05", "-0.0100"))
        self.assertEqual((markets["BTC_USDT"]["lot"], markets["BTC_USDT"]["fee_asset"]), ("0.00001", "received"))
        self.bob.place("Sell", "120.00", 7)
        self.alice.place("Buy", "119.00", 2)
        depth = self.alice.ok("GET", "/api/v1/depth?market=TATA_INR&limit=1")
        self.assertEqual((depth["bids"], depth["asks"]), ([["119.00", "2"]], [["120.00", "7"]]))
        self.alice.place("Buy", "120.00", 1)
        newest = self.alice.ok("GET", "/api/v1/trades?market=TATA_INR&limit=1")["trades"][0]
        self.assertEqual((newest["price"], newest["quantity"], newest["taker_side"]), ("120.00", "1", "Buy"))
        for _ in range(4):
            self.alice.place("Buy", "120.00", 1)
        seen, cursor = [], ""
        while cursor is not None:
            page = self.alice.ok("GET", f"/api/v1/trades?market=TATA_INR&limit=3{cursor}")
            seen += [trade["trade_id"] for trade in page["trades"]]
            cursor = None if page["next_cursor"] is None else f"&cursor={page['next_cursor']}"
        self.assertEqual(seen, sorted(set(seen), reverse=True), "newest first, each once")
        self.assertEqual(seen[0], newest["trade_id"] + 4)
        for path in ("/api/v1/keys",):
            answer = self.alice.refused(422, "not_supported", "GET", path)
            self.assertEqual(answer["error"], path + " is not supported yet.")
        self.alice.refused(422, "not_supported", "POST", "/api/v1/keys", {"label": "bot", "permissions": ["read"]})
        self.alice.refused(422, "not_supported", "DELETE", "/api/v1/keys/1")


class Money(unittest.TestCase):
    """What reports tell of fills and fees accounts for every balance to the last unit."""

    FUNDS = {"INR": "1000000", "TATA": "10000", "USDT": "1000000", "BTC": "10"}
    MARKETS = {"TATA_INR": ("TATA", "INR", 100, "0.05", 1, 40), "BTC_USDT": ("BTC", "USDT", 65000, "0.01", "0.00001", 5000)}

    def order(self, chance):
        market = chance.choice(list(self.MARKETS))
        _, _, middle, tick, lot, lots = self.MARKETS[market]
        order = {"market": market, "order_type": chance.choice(("Buy", "Sell")), "order_kind": "Limit",
                 "price": str(middle + decimal.Decimal(tick) * chance.randint(-5, 5)),
                 "quantity": str(decimal.Decimal(lot) * chance.randint(lots // 10, lots))}
        shape = chance.random()
        if shape < 0.2:
            order["time_in_force"] = chance.choice(("IOC", "FOK"))
        elif shape < 0.3:
            order["post_only"] = True
        elif shape < 0.4:
            order["order_kind"] = "Market"
        elif shape < 0.5:
            order["order_kind"] = "Market"
            del order["quantity"]
            order["quote_quantity"] = str(middle * chance.randint(1, 9) + decimal.Decimal("0.37"))
        return order

    def test_every_unit_is_accounted_for(self):
        with Exchange(*ExchangeTest.flags) as exchange:
            users = [exchange.user(f"user{i}@example.com", **self.FUNDS) for i in range(3)]
            expected = [{asset: decimal.Decimal(amount) for asset, amount in self.FUNDS.items()} for _ in users]
            owners, fills = {}, 0
            chance = random.Random(11)
            for _ in range(400):
                taker = chance.randrange(len(users))
                order = self.order(chance)
                status, report = users[taker].request("POST", "/order", order)
                self.assertIn((status, report.get("code")), ((200, None), (422, "post_only_would_take"), (422, "below_min_notional")), report)
                for fill in report.get("fills", []):
                    fills += 1
                    self.settle(expected[taker], order["market"], order["order_type"], fill)
                if status == 200:
                    owners[report["order_id"]] = taker
            self.assertGreater(fills, 150)
            self.assertEqual(len(owners), len(set(owners)))
            self.settle_makers(exchange, users, expected)
            for user, balances in zip(users, expected):
                user.cancel_all()
                for asset, amount in balances.items():
                    available, held = user.balance(asset)
                    self.assertEqual((decimal.Decimal(available), decimal.Decimal(held)), (amount, 0), (user.email, asset))
                user.close()

    def settle(self, balances, market, side, fill):
        base, quote, *_ = self.MARKETS[market]
        sign = 1 if side == "Buy" else -1
        price, quantity, fee = (decimal.Decimal(fill[name]) for name in ("price", "quantity", "fee"))
        balances[base] += sign * quantity
        balances[quote] -= sign * quantity * price
        balances[fill["fee_asset"]] -= fee

    def settle_makers(self, exchange, users, expected):
        """The makers' side is told on the WebSocket, after the fact too."""
        for user, balances in zip(users, expected):
            for event in run(private_events(exchange, user)):
                if event.get("liquidity") == "maker":
                    self.settle(balances, event["market"], event["side"], event)


async def private_events(exchange, user):
    async with exchange.socket() as socket:
        head = await authenticate(socket, user)
        await socket.send('{"Resume":{"account_sequence":0}}')
        events = []
        while len(events) < head:
            message = await receive(socket)
            if "event_type" in message:
                events.append(message)
    assert [event["account_sequence"] for event in events] == list(range(1, head + 1))
    return events


class Refusals(unittest.TestCase):
    def test_a_refused_order_leaves_nothing_then_or_after_a_restart(self):
        with Exchange("--no-demo") as exchange:
            alice = exchange.user("alice@example.com", INR="1000")
            bob = exchange.user("bob@example.com", TATA="100")
            bob.place("Sell", "100.00", 3)
            alice.place("Buy", "90.00", 1, client_order_id="open")
            refused = {"funds": ({"quantity": 1000}, 422, "insufficient_funds"), "tick": ({"price": "90.01"}, 422, "price_off_tick"),
                       "post": ({"price": "100.00", "post_only": True}, 422, "post_only_would_take"),
                       "market": ({"market": "NO_SUCH"}, 422, "unknown_market"), "zero": ({"quantity": 0}, 422, "invalid_quantity"),
                       "open": ({"quantity": 2}, 409, "client_order_id_conflict")}

            def seen():
                answers = [alice.ok("GET", path) for path in
                           ("/api/v1/orders", "/api/v1/orders?status=closed", "/order?client_order_id=open", "/api/v1/balances",
                            "/api/v1/depth?market=TATA_INR", "/api/v1/trades?market=TATA_INR")]
                answers[3].pop("sequence")  # of everybody's commands, refused ones too
                return answers

            def refuse_all():
                for name, (change, status, code) in refused.items():
                    alice.refused(status, code, "POST", "/order", {**LIMIT, **change, "client_order_id": name})
                    if name != "open":
                        alice.refused(404, "unknown_order", "GET", f"/order?client_order_id={name}")
                        alice.refused(404, "unknown_order", "DELETE", f"/order?client_order_id={name}")
                    self.assertEqual(seen(), before, name)

            before = seen()
            refuse_all()
            refuse_all()
            for ending in (exchange.stop, exchange.kill):
                exchange.restart(ending)
                alice.moved_to(exchange)
                self.assertEqual(seen(), before)
                refuse_all()
            # A refusal is not remembered: what is right now is placed under the same id, as the first of its name.
            for name in ("funds", "tick", "post", "market", "zero"):
                report = alice.ok("POST", "/order", {**LIMIT, "client_order_id": name})
                self.assertEqual((report["order_status"], report.get("duplicate")), ("New", None))
            self.assertEqual(exchange.stop(), 0)
            self.assertIn("verified: yes", exchange.journal("verify").stdout)
            alice.close()
            bob.close()


class Memory(unittest.TestCase):
    def test_retries_orders_and_trades_outlive_restarts(self):
        with Exchange("--no-demo") as exchange:
            alice = exchange.user("alice@example.com", INR="100000")
            bob = exchange.user("bob@example.com", TATA="100")
            bob.place("Sell", "100.00", 3, client_order_id="sold")
            order = {**LIMIT, "price": "100.00", "quantity": 5, "client_order_id": "bought"}
            first = alice.ok("POST", "/order", order)
            gone = alice.place("Buy", "90.00", 1)["order_id"]
            alice.ok("DELETE", f"/order/{gone}")

            def seen():
                return [alice.ok("GET", path) for path in
                        ("/api/v1/orders", "/api/v1/orders?status=closed", f"/order/{gone}", "/order?client_order_id=bought",
                         "/api/v1/balances", "/api/v1/depth?market=TATA_INR", "/api/v1/trades?market=TATA_INR", "/api/v1/markets")]

            before = seen()
            for ending in (exchange.stop, exchange.kill):
                exchange.restart(ending)
                alice.moved_to(exchange)
                after = seen()
                for views in (before, after):
                    views[4].pop("sequence")
                self.assertEqual(after, before)
                again = alice.ok("POST", "/order", order)
                self.assertTrue(again.pop("duplicate"))
                self.assertEqual(again, first)
                alice.refused(409, "client_order_id_conflict", "POST", "/order", {**order, "quantity": 6})
                before = seen()
            newer = alice.place("Buy", "80.00", 1)
            self.assertGreater(newer["order_id"], gone)
            bob.moved_to(exchange).place("Sell", "100.00", 1)
            self.assertEqual(alice.ok("GET", "/api/v1/trades?market=TATA_INR&limit=1")["trades"][0]["trade_id"], first["fills"][0]["trade_id"] + 1)
            alice.close()
            bob.close()


if __name__ == "__main__":
    unittest.main()
