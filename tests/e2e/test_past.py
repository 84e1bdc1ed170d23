"""Looking into the past beside a running exchange: `sauda journal at` and `sauda journal explain`."""
import concurrent.futures
import json
import subprocess
import threading
import unittest

from harness import BINARY, ExchangeTest


class Past(ExchangeTest):
    flags = ExchangeTest.flags + ("--journal-segment-mib", "1")

    def told(self, *words):
        done = subprocess.run([BINARY, "journal", *words, "--data-dir", self.exchange.data_dir], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def refused(self, sentence, *words):
        done = subprocess.run([BINARY, "journal", *words, "--data-dir", self.exchange.data_dir], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn(sentence, done.stderr)

    def test_the_book_and_balances_of_a_past_moment(self):
        alice, bob = self.user(INR="10000"), self.user(TATA="100")
        bob.place("Sell", "100.00", 10, market="TATA_INR")
        alice.place("Buy", "99.00", 5, market="TATA_INR")
        sequence = alice.sequence()
        alice.place("Buy", "100.00", 10, market="TATA_INR")
        alice.cancel_all()
        then = json.loads(self.told("at", str(sequence), "--market", "TATA_INR", "--json"))
        self.assertEqual((then["sequence"], [market["market"] for market in then["markets"]]), (sequence, ["TATA_INR"]))
        self.assertIn(["100.00", "10", 1], then["markets"][0]["asks"])
        self.assertIn(["99.00", "5", 1], then["markets"][0]["bids"])
        held = {(row["asset"], row["held"]) for row in then["balances"]}
        self.assertTrue({("INR", "495.4950"), ("TATA", "10")} <= held, held)
        text = self.told("at", str(sequence), "--market", "TATA_INR")
        self.assertIn(f"after sequence {sequence}, ", text)
        self.assertIn("TATA_INR (trading)", text)
        account = next(row["account"] for row in then["balances"] if (row["asset"], row["held"]) == ("TATA", "10"))
        of_one = json.loads(self.told("at", str(sequence), "--account", str(account), "--json"))
        self.assertEqual({row["account"] for row in of_one["balances"]}, {account})
        self.assertEqual([(order["side"], order["leaves"]) for order in of_one["orders"]], [("Sell", "10")])
        self.refused("no market NO_SUCH", "at", str(sequence), "--market", "NO_SUCH")
        self.refused("the journal ends at sequence", "at", "999999999")
        alice.close()
        bob.close()

    def test_an_orders_whole_story(self):
        alice, bob, carol = self.user(INR="10000"), self.user(BTC="10"), self.user(USDT="100000")
        first = carol.place("Buy", "100.00", "0.5", market="BTC_USDT")["order_id"]
        order = carol.place("Buy", "100.00", "2", market="BTC_USDT", client_order_id="the-one")["order_id"]
        alice.refused(404, "unknown_order", "DELETE", f"/order/{order}")
        sold = bob.place("Sell", "99.00", "1", market="BTC_USDT")["order_id"]
        story = json.loads(self.told("explain", str(order), "--json"))
        self.assertEqual(story["order_id"], order)
        told = {chapter["what"]: chapter for chapter in story["story"]}
        self.assertEqual([chapter["what"] for chapter in story["story"]], ["accepted", "rested", "refused", "trade", "standing"])
        self.assertEqual(told["accepted"]["client_order_id"], "the-one")
        self.assertEqual(float(told["rested"]["ahead_at_its_price"]), 0.5)
        self.assertEqual((told["refused"]["request"], told["refused"]["code"]), ("cancel", "unknown_order"))
        self.assertEqual((told["trade"]["liquidity"], told["trade"]["other_order_id"]), ("maker", str(sold)))
        self.assertIn("nothing stands before it", told["standing"]["text"])
        carol.ok("DELETE", f"/order/{order}")
        lines = self.told("explain", str(order)).splitlines()
        self.assertEqual((lines[0], len(lines)), (f"order {order}", 6))
        self.assertIn("ends: its owner canceled it; 1.5", lines[-1])
        self.assertIn("filled whole", self.told("explain", str(first)))
        self.refused("was never accepted here; the newest is", "explain", "8000000")
        for client in (alice, bob, carol):
            client.close()

    def test_while_the_exchange_writes(self):
        alice = self.user(INR="100000000")
        order = alice.place("Buy", "50.00", 1, market="JIO_INR")["order_id"]
        is_over = threading.Event()

        def trade():
            client = self.exchange.client(alice.token)
            count = 0
            while not is_over.is_set():
                client.place("Buy", "50.00", 1, market="JIO_INR")
                count += 1
            client.close()
            return count

        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            trader = pool.submit(trade)
            try:
                for _ in range(10):
                    sequence = alice.sequence()
                    self.assertIn("still open: 1 of 1", self.told("explain", str(order)))
                    self.assertEqual(json.loads(self.told("at", str(sequence), "--json"))["sequence"], sequence)
            finally:
                is_over.set()
            self.assertGreater(trader.result(10), 10)
        alice.close()


if __name__ == "__main__":
    unittest.main()
