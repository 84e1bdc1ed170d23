"""`sauda journal verify --deep`: everything derived says the same, and a lie anywhere is found."""
import os
import random
import shutil
import sqlite3
import subprocess
import tempfile
import unittest

from harness import BINARY, Exchange, ExchangeTest, catch_up

# What each lie changes, and what the sentence that finds it must name.
LIES = {
    "fill lost": ("DELETE FROM fills WHERE (account, sequence, n) IN (SELECT account, sequence, n FROM fills LIMIT 1)",
                  "two fills for each trade"),
    "fill of another order": ("UPDATE fills SET order_id = order_id + 1 WHERE (account, sequence, n) IN "
                              "(SELECT account, sequence, n FROM fills LIMIT 1)", "of other orders"),
    "filled": ("UPDATE orders SET filled = filled + 1 WHERE order_id = (SELECT MIN(order_id) FROM orders)",
               "another quantity than its fills"),
    "trade renumbered": ("UPDATE trades SET trade = trade + 1000000 WHERE (market, trade) IN "
                         "(SELECT market, MAX(trade) FROM trades GROUP BY market LIMIT 1)", "a fill is of no trade"),
    "balance": ("UPDATE ledger SET available = available + 1 WHERE (account, asset, sequence, n) IN "
                "(SELECT account, asset, sequence, n FROM ledger WHERE account >= 16 "
                "ORDER BY sequence DESC, n DESC LIMIT 1)", "does not add up to zero"),
    "two balances": ("UPDATE ledger SET available = available + iif(account = 1, 1, -1) WHERE asset = 1 AND account "
                     "IN (1, (SELECT MAX(account) FROM ledger)) AND (account, sequence, n) IN (SELECT account, "
                     "sequence, n FROM ledger l WHERE asset = 1 AND (sequence, n) = (SELECT sequence, n FROM ledger "
                     "WHERE account = l.account AND asset = 1 ORDER BY sequence DESC, n DESC LIMIT 1))",
                     "the ledger ends at another balance"),
    "open order": ("UPDATE orders SET price = price + 1 WHERE order_id = "
                   "(SELECT MAX(order_id) FROM orders WHERE closed IS NULL)", "is another in the views"),
    "trade price": ("UPDATE trades SET price = price + 1 WHERE (market, trade) IN "
                    "(SELECT market, trade FROM trades LIMIT 1)", "others than its trades make"),
    "kept candle": ("UPDATE candles SET high = high + 1 WHERE (market, interval_s, start_s) IN "
                    "(SELECT market, interval_s, start_s FROM candles LIMIT 1)", "than its trades make"),
}


class DeepVerification(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="sauda-test-")
        cls.data_dir = os.path.join(cls.folder.name, "data")
        with Exchange(*ExchangeTest.flags, data_dir=cls.data_dir) as exchange:
            cls.trade(exchange)
            catch_up(exchange)
            exchange.stop()

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @staticmethod
    def trade(exchange):
        dice = random.Random(5)
        users = [exchange.user(f"{name}@example.com", INR=10_000_000, TATA=100_000, JIO=100_000) for name in "abc"]
        for _ in range(300):
            market = dice.choice(("TATA_INR", "JIO_INR"))
            dice.choice(users).place(dice.choice(("Buy", "Sell")), f"{dice.randint(95, 105)}.00", dice.randint(1, 9),
                                     market=market)
        users[0].cancel_all()
        users[1].place("Buy", "50.00", 3)  # stays open whatever the dice did
        for user in users:
            user.close()

    def verify(self, data_dir):
        return subprocess.run([BINARY, "journal", "verify", "--deep", data_dir], capture_output=True, text=True)

    def test_all_that_is_derived_agrees(self):
        done = self.verify(self.data_dir)
        self.assertEqual(done.returncode, 0, done.stderr)
        figures = dict(line.split(": ", 1) for line in done.stdout.splitlines())
        self.assertEqual(figures["verified"], "yes")
        self.assertEqual(figures["history_sequence"], figures["last_sequence"])
        self.assertEqual(int(figures["history_fills"]), 2 * int(figures["history_trades"]))
        for name in ("balances_compared", "open_orders_compared", "depth_levels_compared", "history_trades",
                     "history_balances_compared", "candles_compared"):
            self.assertGreater(int(figures[name]), 0, name)

    def test_a_lie_anywhere_in_history_is_found(self):
        for name, (lie, told) in LIES.items():
            with self.subTest(name), tempfile.TemporaryDirectory(prefix="sauda-test-") as folder:
                copy = shutil.copytree(self.data_dir, os.path.join(folder, "data"))
                database = sqlite3.connect(os.path.join(copy, "history.sqlite"))
                changed = database.execute(lie).rowcount
                database.commit()
                database.close()
                self.assertGreater(changed, 0)
                done = self.verify(copy)
                self.assertEqual(done.returncode, 1, done.stdout)
                self.assertIn(told, done.stderr)

    def test_without_history_the_rest_is_compared(self):
        with tempfile.TemporaryDirectory(prefix="sauda-test-") as folder:
            copy = shutil.copytree(self.data_dir, os.path.join(folder, "data"))
            os.remove(os.path.join(copy, "history.sqlite"))
            done = self.verify(copy)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("history: none", done.stdout)


if __name__ == "__main__":
    unittest.main()
