"""Candles that the views have forgotten come from history, and nobody sees where one ends and the other begins."""
import os
import time
import unittest

from harness import Exchange, ExchangeTest

FEW = {"SAUDA_TEST_CANDLES_KEPT": "2"}


class OldCandles(unittest.TestCase):
    def pages(self, client, query, limit):
        rows, cursor, lengths = [], "", []
        while cursor is not None:
            page = client.ok("GET", f"/api/v1/candles?market=TATA_INR&interval=1s{query}&limit={limit}{cursor}")
            rows = page["candles"] + rows
            lengths.append(len(page["candles"]))
            cursor = None if page["next_cursor"] is None else f"&cursor={page['next_cursor']}"
        return rows, lengths

    def test_they_are_the_same_candles(self):
        with Exchange(*ExchangeTest.flags) as exchange:
            alice, bob = (exchange.user(f"{name}@example.com", INR="100000", TATA="1000") for name in ("alice", "bob"))
            for second in range(7):
                for price in ("100.00", "101.00", "99.50")[: 1 + second % 3]:
                    alice.place("Sell", price, 2)
                    bob.place("Buy", price, 1 + second % 2)
                    alice.cancel_all()
                time.sleep(1.1 + second % 2)
            until = int(time.time()) * 1000
            kept, _ = self.pages(alice, f"&to={until}", 1000)
            traded = [candle for candle in kept if candle["trades"]]
            self.assertGreater(len(traded), 5)
            self.assertGreater(len(kept), len(traded), "and some without trades")
            # The same exchange, with views that keep the last two.
            exchange.environment.update(FEW)
            exchange.restart()
            client = exchange.client()
            for limit in (1, 2, 3, 1000):
                self.assertEqual(self.pages(client, f"&to={until}", limit)[0], kept, limit)
            for first in range(0, len(kept), 3):
                for last in range(first, len(kept), 4):
                    rows, _ = self.pages(client, f"&from={kept[first]['start']}&to={kept[last]['end']}", 5)
                    self.assertEqual(rows, kept[first:last + 1])
            self.assertEqual(self.pages(client, f"&to={kept[0]['start']}", 5)[0], [], "nothing before the first trade")
            self.assertEqual(exchange.stop(), 0)
            os.environ.update(FEW)
            try:
                self.assertIn("verified: yes", exchange.journal("verify").stdout)
            finally:
                for name in FEW:
                    del os.environ[name]


if __name__ == "__main__":
    unittest.main()
