"""History over deaths: kill -9 while it is projected, a lost database, another exchange's, a writer that stands still."""
import os
import random
import shutil
import sqlite3
import tempfile
import threading
import time
import unittest

from harness import PATIENCE_S, Exchange, ExchangeTest, catch_up, wait_until

TABLES = ("times", "assets", "markets", "accounts", "orders", "amendments", "trades", "fills", "ledger", "transfers",
          "actions", "candles", "progress")


def rows_of(exchange):
    """Every row of the database of an exchange that has ended."""
    database = sqlite3.connect(os.path.join(exchange.data_dir, "history.sqlite"))
    rows = {table: database.execute(f"SELECT * FROM {table}").fetchall() for table in TABLES}
    assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    database.close()
    return rows


def lose_history(exchange):
    for suffix in ("", "-wal", "-shm"):
        path = os.path.join(exchange.data_dir, "history.sqlite" + suffix)
        if os.path.exists(path):
            os.remove(path)


class Restarts(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="sauda-test-")
        self.exchange = Exchange(*ExchangeTest.flags, data_dir=os.path.join(self.folder.name, "data")).start()
        self.alice = self.exchange.user("alice@example.com", INR=10_000_000, TATA=100_000)
        self.bob = self.exchange.user("bob@example.com", INR=10_000_000, TATA=100_000)

    def tearDown(self):
        self.alice.close()
        self.bob.close()
        self.exchange.close()
        self.folder.cleanup()

    def trade(self, count):
        for i in range(count):
            self.alice.place("Sell", "100.00", 1 + i % 3)
            self.bob.place("Buy", "100.00", 2)

    def restart(self, ending=None):
        self.exchange.restart(ending)
        self.alice.moved_to(self.exchange)
        self.bob.moved_to(self.exchange)

    def told(self):
        """What the API tells, that does not depend on when it is asked."""
        paths = ("/api/v1/fills?limit=1000", "/api/v1/ledger?limit=1000", "/api/v1/deposits",
                 "/api/v1/orders?status=closed&limit=1000")
        return [client.ok("GET", path) for client in (self.alice, self.bob) for path in paths]

    def test_a_restart_in_order_changes_nothing(self):
        self.trade(20)
        told = self.told()
        self.restart()
        self.assertEqual(self.told(), told)

    def test_a_lost_database_is_made_again(self):
        self.trade(20)
        told = self.told()
        self.exchange.stop()
        whole = rows_of(self.exchange)
        self.assertGreater(len(whole["ledger"]), 100)
        lose_history(self.exchange)
        self.restart(lambda: None)
        catch_up(self.exchange)
        self.assertEqual(self.told(), told)
        self.exchange.stop()
        self.assertEqual(rows_of(self.exchange), whole)

    def test_killed_while_it_is_projected_it_has_neither_gaps_nor_doubles(self):
        seed = int.from_bytes(os.urandom(4), "big")
        print("seed", seed)
        dice = random.Random(seed)
        for _ in range(5):
            stop = threading.Event()

            def go_on(client, side):
                # Reads between orders have history written in many small transactions.
                try:
                    while not stop.is_set():
                        client.place(side, "100.00", 1 + dice.randrange(3))
                        client.request("GET", "/api/v1/fills?limit=1")
                except Exception:  # the exchange was killed  # pylint: disable=broad-except
                    pass

            threads = [threading.Thread(target=go_on, args=pair) for pair in ((self.alice, "Sell"), (self.bob, "Buy"))]
            for thread in threads:
                thread.start()
            time.sleep(dice.uniform(0.05, 0.4))
            self.exchange.kill()
            stop.set()
            for thread in threads:
                thread.join()
            self.restart(lambda: None)
        catch_up(self.exchange)
        told = self.told()
        self.exchange.kill()
        over_deaths = rows_of(self.exchange)
        self.assertGreater(len(over_deaths["orders"]), 20)
        lose_history(self.exchange)
        self.restart(lambda: None)
        catch_up(self.exchange)
        self.assertEqual(self.told(), told)
        self.exchange.stop()
        self.assertEqual(rows_of(self.exchange), over_deaths, f"seed {seed}")

    def test_the_history_of_another_exchange_is_set_aside(self):
        self.trade(5)
        told = self.told()
        other = Exchange(*ExchangeTest.flags, data_dir=os.path.join(self.folder.name, "other")).start()
        other.user("carol@example.com", INR=7)
        catch_up(other)
        other.stop()
        self.exchange.stop()
        lose_history(self.exchange)
        shutil.copy(os.path.join(other.data_dir, "history.sqlite"), self.exchange.data_dir)
        self.restart(lambda: None)
        catch_up(self.exchange)
        self.assertEqual(self.told(), told)
        self.assertTrue(os.path.exists(os.path.join(self.exchange.data_dir, "history.sqlite.old")))
        self.assertIn("history is not of this event log", self.exchange.log())

    def test_what_cannot_be_opened_stands_still_and_nothing_else_does(self):
        self.trade(5)
        told = self.told()
        self.exchange.stop()
        lose_history(self.exchange)
        path = os.path.join(self.exchange.data_dir, "history.sqlite")
        os.mkdir(path)
        self.restart(lambda: None)
        self.trade(5)
        self.assertIn("history.sqlite", self.alice.ok("GET", "/health/ready")["history"]["problem"])
        self.assertEqual(self.exchange.metrics()["sauda_history_stands_still"], 1)
        self.alice.refused(503, "history_behind", "GET", "/api/v1/fills")
        self.exchange.stop()
        os.rmdir(path)
        self.restart(lambda: None)
        # A server may look while the writer of the history makes it.
        wait_until(lambda: self.alice.ok("GET", "/health/ready")["history"]["problem"] is None, "it is there again")
        fills = self.alice.ok("GET", "/api/v1/fills?limit=1000")["fills"]
        self.assertEqual(fills[-len(told[0]["fills"]):], told[0]["fills"])
        self.assertGreater(len(fills), len(told[0]["fills"]))

    def test_a_writer_that_stands_still_holds_up_nobody(self):
        self.trade(5)
        told = self.told()
        last = told[0]["fills"][0]["sequence"]
        self.exchange.stop()
        self.exchange.environment["SAUDA_HISTORY_WRITE"] = "false"
        self.restart(lambda: None)
        self.trade(50)
        end = time.monotonic() + PATIENCE_S  # a writer in another process hears of the last command a moment later
        while self.exchange.metrics()["sauda_history_lag_commands"] != 100:
            self.assertLess(time.monotonic(), end, self.exchange.metrics())
        health = self.alice.ok("GET", "/health/ready")
        self.assertEqual(health["sequence"] - health["history"]["sequence"], 100)
        answer = self.alice.refused(503, "history_behind", "GET", "/api/v1/fills")
        self.assertIn("try again", answer["error"])
        newest = self.alice.place("Buy", "1.00", 1)["order_id"]
        self.assertEqual(self.alice.ok("GET", f"/order/{newest}")["order_status"], "New", "the views know it")
        del self.exchange.environment["SAUDA_HISTORY_WRITE"]
        self.restart()
        catch_up(self.exchange)
        fills = self.alice.ok("GET", "/api/v1/fills?limit=1000")["fills"]
        self.assertEqual([fill for fill in fills if fill["sequence"] <= last], told[0]["fills"])
        self.assertGreaterEqual(len(fills), len(told[0]["fills"]) + 50)


if __name__ == "__main__":
    unittest.main()
