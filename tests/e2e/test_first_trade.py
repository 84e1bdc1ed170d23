"""The README's first trade, as a newcomer does it."""
import json
import unittest

from harness import BookCopy, Exchange, receive, receive_until, run


class FirstTrade(unittest.TestCase):
    def test_the_first_order_fills_and_is_seen(self):
        with Exchange() as exchange:
            self.assertIn("DEMO MODE", exchange.log())
            client = exchange.client()
            login = client.ok("POST", "/login", {"email": "trader@example.com", "password": "secure123"})
            self.assertEqual(login["message"], "login successful")
            client.token = login["token"]
            run(self.trade(exchange, client))
            client.close()

    async def trade(self, exchange, client):
        async with exchange.socket() as public, exchange.socket("/ws", exchange.http_port) as private:
            await public.send('{"SubscribeOrderbook":"TATA_INR"}')
            await private.send(json.dumps({"Authenticate": client.token}))
            self.assertEqual((await receive(private))["action"], "authenticated")
            self.assertEqual((await receive(public))["action"], "subscribed")
            book = BookCopy()
            book.take(await receive(public))
            self.assertTrue(book.sides["bids"] and book.sides["asks"], "quotes on both sides")
            report = client.ok("POST", "/order", '{"order_type":"Buy","order_kind":"Limit","price":100.50,"quantity":10,"market":"TATA_INR"}')
            self.assertEqual((report["order_status"], report["filled"], report["leaves"]), ("Filled", "10", "0"))
            self.assertEqual(report["average_price"], "100.05")
            self.assertEqual(report["fills"], [{"trade_id": 1, "price": "100.05", "quantity": "10", "fee": "1.0005",
                                                "fee_asset": "INR", "liquidity": "taker"}])
            book.take(await receive(public))
            trade = await receive(public)
            self.assertEqual((trade["event_type"], trade["price"], trade["quantity"]), ("Trade", "100.05", "10"))
            self.assertNotIn("user_id", trade)
            self.assertNotIn("order_id", trade)
            fill = (await receive_until(private, lambda m: m.get("event_type") == "FullFill"))[-1]
            for field in ("order_id", "user_id", "matched_with", "quantity", "price", "order_kind", "market", "side",
                          "trade_id", "liquidity", "fee", "fee_asset", "leaves", "account_sequence", "time"):
                self.assertIn(field, fill)
            self.assertEqual(fill["order_id"], report["order_id"])

    def test_a_demo_listens_on_loopback_only(self):
        with self.assertRaises(RuntimeError) as refused:
            Exchange("--bind", "0.0.0.0").start()
        self.assertIn("--no-demo", str(refused.exception))

    def test_no_demo_disables_demo_logins_made_before(self):
        exchange = Exchange().start()
        try:
            client = exchange.client()
            trader = {"email": "trader@example.com", "password": "secure123"}
            client.token = client.ok("POST", "/login", trader)["token"]
            client.ok("GET", "/api/v1/balances")
            self.assertEqual(exchange.stop(), 0)
            exchange.flags = ["--no-demo"]
            exchange.start()
            self.assertEqual(client.moved_to(exchange).request("GET", "/api/v1/balances")[0], 401, "nor do its tokens work")
            status, _ = client.request("POST", "/login", trader)
            self.assertIn(status, (401, 403))
            depth = client.ok("GET", "/api/v1/depth?market=TATA_INR")
            self.assertEqual((depth["bids"], depth["asks"]), ([], []), "the demo's quotes are gone")
            exchange.flags = ["--demo"]
            exchange.restart()
            client.moved_to(exchange)
            client.token = client.ok("POST", "/login", trader)["token"]
            self.assertEqual(client.balance("INR"), ("1000000.0000", "0.0000"), "and funds were not given twice")
            client.close()
        finally:
            exchange.close()


if __name__ == "__main__":
    unittest.main()
