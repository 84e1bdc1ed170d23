"""Orders through REST, with balances to the last unit."""
import unittest

from harness import ExchangeTest


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
        self.alice.refused(400, "malformed_request", "POST", "/api/v1/orders/batch", {"orders": [order] * 101})

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
        for path in ("/api/v1/candles", "/api/v1/ticker", "/api/v1/fills", "/api/v1/ledger", "/api/v1/keys"):
            self.alice.refused(422, "not_supported", "GET", path)


if __name__ == "__main__":
    unittest.main()
