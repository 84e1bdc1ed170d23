"""Execution reports tell the whole order: every fill of it, the money of it, and nothing of what came later."""
import unittest
from decimal import Decimal

from harness import ExchangeTest, ask, authenticate, run


class Reports(ExchangeTest):
    def setUp(self):
        self.alice = self.user(INR="100000")
        self.bob = self.user(INR="1000", TATA="1000")

    def tearDown(self):
        for client in (self.alice, self.bob):
            client.cancel_all()
            client.close()

    def partly_filled(self):
        """Alice's order of 6 at 100.00, of which 2 were filled, as the taker and as the maker."""
        self.bob.place("Sell", "99.00", 1)
        order = self.alice.place("Buy", "100.00", 6, client_order_id="mine")
        self.assertEqual(order["average_price"], "99.00")
        self.bob.place("Sell", "100.00", 1)
        return order["order_id"]

    def test_amendments_tell_the_whole_order(self):
        order = self.partly_filled()
        amended = self.alice.ok("PATCH", f"/order/{order}", {"price": "99.50", "client_order_id": "amend-1"})
        told = [amended[name] for name in ("client_order_id", "order_status", "quantity", "filled", "leaves", "average_price", "fills")]
        self.assertEqual(told, ["mine", "PartiallyFilled", "6", "2", "4", "99.50", []])
        self.bob.place("Sell", "99.50", 1)
        self.bob.place("Sell", "98.00", 1)
        again = self.alice.ok("PATCH", f"/order/{order}", {"price": "99.50", "client_order_id": "amend-1"})
        self.assertTrue(again.pop("duplicate"))
        self.assertEqual(again, amended, "the first report, as it was")
        # An amendment that trades: its own fills, and the average over all of them.
        self.bob.place("Sell", "101.00", 1)
        traded = self.alice.ok("PATCH", f"/order/{order}", {"price": "101.00"})
        self.assertEqual((traded["filled"], len(traded["fills"]), traded["average_price"]), ("5", 1, "99.80"))
        self.assertEqual(self.alice.ok("GET", f"/order/{order}")["average_price"], "99.80")

    def test_cancels_tell_the_whole_order(self):
        order = self.partly_filled()
        canceled = self.alice.ok("DELETE", f"/order/{order}")
        told = [canceled[name] for name in ("client_order_id", "order_status", "filled", "leaves", "average_price")]
        self.assertEqual(told, ["mine", "Canceled", "2", "0", "99.50"])
        unfilled = self.alice.place("Buy", "90.00", 1)
        self.assertIsNone(self.alice.ok("DELETE", f"/order/{unfilled['order_id']}")["average_price"])

    def test_a_replacement_starts_anew(self):
        order = self.partly_filled()
        self.bob.place("Sell", "101.00", 1)
        request = {"order_id": order, "order_type": "Buy", "order_kind": "Limit", "price": "101.00", "quantity": 3,
                   "market": "TATA_INR", "client_order_id": "next"}
        replaced = self.alice.ok("POST", "/api/v1/orders/replace", request)
        told = [replaced[name] for name in ("replaced_order_id", "client_order_id", "filled", "leaves", "average_price")]
        self.assertEqual(told, [order, "next", "1", "2", "101.00"])
        self.bob.place("Sell", "100.00", 1)
        again = self.alice.ok("POST", "/api/v1/orders/replace", request)
        self.assertTrue(again.pop("duplicate"))
        self.assertEqual(again, replaced)

    def test_the_web_socket_tells_the_same(self):
        order = self.partly_filled()

        async def scenario():
            async with self.exchange.socket() as socket:
                await authenticate(socket, self.alice)
                amended = await ask(socket, {"AmendOrder": {"order_id": order, "price": "99.00"}}, 1)
                canceled = await ask(socket, {"CancelOrder": {"order_id": order}}, 2)
                return [(answer["client_order_id"], answer["filled"], answer["average_price"]) for answer in (amended, canceled)]

        self.assertEqual(run(scenario()), [("mine", "2", "99.50")] * 2)

    def by_quote(self, client, side, amount, **more):
        order = {"order_type": side, "order_kind": "Market", "market": "TATA_INR", "quote_quantity": amount, **more}
        report = client.ok("POST", "/order", order)
        told = [report[name] for name in ("quantity", "filled", "leaves", "quote_quantity", "quote_filled", "quote_leaves")]
        order = client.ok("GET", f"/order/{report['order_id']}")
        self.assertEqual([order[name] for name in ("quantity", "filled", "leaves", "quote_quantity", "quote_filled", "quote_leaves")], told)
        self.assertEqual((order["order_status"], order["average_price"]), (report["order_status"], report["average_price"]))
        return report["order_status"], told

    def test_an_order_by_quote_accounts_for_all_of_it(self):
        # Nobody sells: nothing is spent.
        self.assertEqual(self.by_quote(self.alice, "Buy", "50"), ("Expired", [None, "0", "0", "50.0000", "0.0000", "50.0000"]))
        self.bob.place("Sell", "100.00", 10)
        before = self.alice.balance("INR")[0]
        # 3 × 100.00 and a fee of 0.1 %: a buyer's fee is part of what is spent.
        self.assertEqual(self.by_quote(self.alice, "Buy", "301", client_order_id="q"),
                         ("Expired", [None, "3", "0", "301.0000", "300.3000", "0.7000"]))
        self.assertEqual((before, self.alice.balance("INR")[0]), ("100000.0000", "99699.7000"))
        again = self.alice.ok("POST", "/order", {"order_type": "Buy", "order_kind": "Market", "market": "TATA_INR",
                                                 "quote_quantity": "301", "client_order_id": "q"})
        self.assertEqual((again["duplicate"], again["quote_leaves"]), (True, "0.7000"))
        self.assertEqual(self.by_quote(self.alice, "Buy", "100.10"), ("Filled", [None, "1", "0", "100.1000", "100.1000", "0.0000"]))
        # A seller is charged after: what is earned is before the fee.
        self.bob.cancel_all()
        self.alice.place("Buy", "90.00", 5)
        before = self.bob.balance("INR")[0]
        self.assertEqual(self.by_quote(self.bob, "Sell", "200"), ("Expired", [None, "2", "0", "200.0000", "180.0000", "20.0000"]))
        self.assertEqual(Decimal(self.bob.balance("INR")[0]) - Decimal(before), Decimal("179.82"))
        # Other orders say nothing of it.
        plain = self.alice.place("Buy", "80.00", 1)
        self.assertFalse([name for name in plain if name.startswith("quote_")])


if __name__ == "__main__":
    unittest.main()
