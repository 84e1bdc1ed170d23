"""Data that earlier commits wrote (tests/golden): today's binary opens it, verifies it and serves from it.

Where the trading rules were of another version and the exchange was stopped in order, everything goes on: see docs/operating.md.
There is golden data of today's version, or these tests fail: whoever raises rules_version adds some (tests/golden/make).
"""
import collections
import decimal
import glob
import itertools
import json
import os
import subprocess
import tarfile
import tempfile
import time
import unittest

from harness import BINARY, ROOT, Exchange

GOLDEN = os.path.join(ROOT, "tests", "golden")


def figures(text):
    return dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)


def rules_version(lines):
    return next(line for line in lines if line.startswith("rules_version: "))


def amounts(balances):
    """What rows of balances say, whatever members they have got since."""
    return [(row["asset"], row["available"], row["held"]) for row in balances]


class Upgrades(unittest.TestCase):
    def setUp(self):
        self.rules_version = rules_version(subprocess.run([BINARY, "version"], capture_output=True, text=True, check=True).stdout.splitlines())
        self.folder = tempfile.TemporaryDirectory(prefix="sauda-test-")

    def tearDown(self):
        self.folder.cleanup()

    def each(self, ending=None, other_rules=False):
        """Golden directories of these rules, or of other ones, unpacked anew: each one's path and what is in it."""
        found = []
        for path in sorted(glob.glob(os.path.join(GOLDEN, "*.json"))):
            with open(path, encoding="utf-8") as file:
                content = json.load(file)
            is_other = rules_version(content["written_by"]) != self.rules_version
            if ending in (None, content["ending"]) and is_other == other_rules:
                found.append((path[:-5], content))
        self.assertTrue(found or other_rules, "no golden data of these rules")
        for name, content in found:
            data_dir = tempfile.mkdtemp(dir=self.folder.name)
            with tarfile.open(name + ".tar.xz") as archive:
                archive.extractall(data_dir)
            with self.subTest(name=os.path.basename(name)):
                yield data_dir, content

    def verified(self, data_dir):
        done = subprocess.run([BINARY, "journal", "verify", data_dir], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return figures(done.stdout)

    def log_in(self, exchange, email):
        client = exchange.client()
        client.token = client.ok("POST", "/login", {"email": email, "password": "correct horse"})["token"]
        return client

    def test_replay_gives_the_state_and_the_events_that_it_gave_then(self):
        for data_dir, content in self.each("stopped"):
            report = self.verified(data_dir)
            self.assertEqual(report["state_hash"], content["state_hash"])
            self.assertEqual(report["last_sequence"], str(content["sequence"]))
            self.assertEqual(report["event_frames_compared"], report["commands_replayed"])
            self.assertEqual(report["snapshots_compared"], "1")

    def test_users_find_what_they_had_and_trade_on(self):
        for data_dir, content in itertools.chain(self.each(), self.each("stopped", other_rules=True)):
            with Exchange("--no-demo", data_dir=data_dir) as exchange:
                self.find_what_they_had(exchange, content)
                with self.log_in(exchange, "bob@example.com") as bob, self.log_in(exchange, "alice@example.com") as alice:
                    fill = bob.place("Sell", "99.50", 2)
                    self.assertEqual((fill["order_status"], fill["fills"][0]["price"]), ("Filled", "99.50"))
                    self.assertEqual(alice.ok("GET", "/order?client_order_id=rests")["filled"], "2")
                with self.log_in(exchange, "carol@example.com") as carol:
                    carol.refused(403, "account_frozen", "POST", "/order", {"order_type": "Buy", "order_kind": "Limit", "price": 90, "quantity": 1, "market": "TATA_INR"})
                self.assertEqual(exchange.stop(), 0)
            self.assertGreater(int(self.verified(data_dir)["last_sequence"]), content["sequence"])

    def find_what_they_had(self, exchange, content):
        for email, had in content["users"].items():
            with self.log_in(exchange, email) as user:
                self.assertEqual(amounts(user.ok("GET", "/api/v1/balances")["balances"]), amounts(had["balances"]))
                orders = {order["order_id"]: order for order in user.ok("GET", "/api/v1/orders")["orders"]}
                self.assertEqual({number: order["leaves"] for number, order in orders.items()},
                                 {order["order_id"]: order["leaves"] for order in had["open_orders"]})

    def test_history_tells_what_was_before(self):
        for data_dir, content in itertools.chain(self.each(), self.each("stopped", other_rules=True)):
            with Exchange("--no-demo", data_dir=data_dir) as exchange:
                for _ in ("the first start", "another"):
                    with self.log_in(exchange, "alice@example.com") as alice, self.log_in(exchange, "bob@example.com") as bob:
                        self.tell_the_past(alice, bob)
                        for user, email in ((alice, "alice@example.com"), (bob, "bob@example.com")):
                            self.ledger_adds_up(user, content["users"][email])
                    exchange.restart()

    def tell_the_past(self, alice, bob):
        """What tests/golden/make did, as history and views tell it."""
        trades = alice.ok("GET", "/api/v1/trades?market=TATA_INR")["trades"]
        self.assertEqual([(trade["trade_id"], trade["price"]) for trade in trades][-1], (1, "100.50"))
        fills = alice.ok("GET", "/api/v1/fills")["fills"]
        self.assertEqual({fill["market"] for fill in fills}, {"TATA_INR", "GOLD_INR", "BTC_USDT"})
        self.assertEqual(sorted(fill["trade_id"] for fill in fills if fill["market"] == "TATA_INR"), [trade["trade_id"] for trade in reversed(trades)])
        candles = alice.ok("GET", "/api/v1/candles?market=TATA_INR&interval=1M")["candles"]
        self.assertEqual(sum(candle["trades"] for candle in candles), len(trades))
        first = bob.ok("GET", "/order?client_order_id=first")
        events = bob.ok("GET", f"/api/v1/orders/{first['order_id']}/events")["events"]
        self.assertEqual((events[0]["event"], events[0]["price"]), ("Accepted", "100.50"))
        self.assertIn("Rested", [event["event"] for event in events])
        canceled = [order for order in alice.ok("GET", "/api/v1/orders?status=closed")["orders"] if order["order_status"] == "Canceled"]
        self.assertEqual([order["price"] for order in canceled], ["97.00"])
        again = alice.place("Buy", "99.50", 7, client_order_id="rests")
        self.assertTrue(again["duplicate"])
        deposits = bob.ok("GET", "/api/v1/deposits")["deposits"]
        self.assertEqual({deposit["asset"] for deposit in deposits}, {"TATA", "BTC", "INR", "GOLD"})

    def ledger_adds_up(self, user, had):
        entries = user.ok("GET", "/api/v1/ledger?limit=1000")["entries"]
        sums = collections.defaultdict(decimal.Decimal)
        for entry in entries:
            sums[entry["asset"]] += decimal.Decimal(entry["available_change"]) + decimal.Decimal(entry["held_change"])
        for balance in had["balances"]:
            self.assertEqual(sums[balance["asset"]], decimal.Decimal(balance["available"]) + decimal.Decimal(balance["held"]), balance["asset"])

    def test_candles_of_before_come_from_history_as_from_the_views(self):
        for data_dir, _ in itertools.chain(self.each(), self.each("stopped", other_rules=True)):
            with Exchange("--no-demo", data_dir=data_dir) as exchange:
                with self.log_in(exchange, "bob@example.com") as bob:
                    bob.place("Sell", "99.50", 1)
                    until = int(time.time() * 1000)
                    kept = self.candles(bob, until)
                self.assertGreater(sum(candle["trades"] for candle in kept), 2)
                # Views that remember the newest alone, which is of this test.
                exchange.environment["SAUDA_TEST_CANDLES_KEPT"] = "1"
                exchange.restart()
                with exchange.client() as client:
                    self.assertEqual(self.candles(client, until), kept)

    def candles(self, client, until):
        rows, cursor = [], ""
        while cursor is not None:
            page = client.ok("GET", f"/api/v1/candles?market=TATA_INR&interval=30m&limit=1000&to={until}{cursor}")
            rows = page["candles"] + rows
            cursor = None if page["next_cursor"] is None else f"&cursor={page['next_cursor']}"
        return rows

    def test_backups_of_it_are_restored(self):
        for data_dir, content in self.each("stopped"):
            backup, restored = data_dir + "-backup", data_dir + "-restored"
            for words in (("backup", backup, "--data-dir", data_dir), ("restore", backup, "--data-dir", restored)):
                done = subprocess.run([BINARY, *words], capture_output=True, text=True, timeout=60, check=False)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(figures(done.stdout)["state_hash"], content["state_hash"])

    def ask(self, *words):
        return subprocess.run([BINARY, "journal", *words], capture_output=True, text=True, timeout=60, check=False)

    def test_the_part_of_other_rules_is_told_apart(self):
        for data_dir, content in self.each("stopped", other_rules=True):
            last = content["sequence"]
            rules = rules_version(content["written_by"]).removeprefix("rules_version: ")
            for is_started in (False, True):
                report = self.verified(data_dir)
                self.assertEqual((report["other_rules_through"], report["commands_checked_not_replayed"], report["event_frames_read"]), (str(last),) * 3)
                if not is_started:
                    self.assertEqual((report["state_hash"], report["commands_replayed"]), (content["state_hash"], "0"))
                self.assertEqual(self.ask("dump", data_dir, "--limit", "0").returncode, 0)
                stat = figures(self.ask("stat", data_dir).stdout)
                self.assertGreaterEqual(int(stat["commands"]), last)
                self.assertTrue(stat["rules"].startswith(f"{rules} from 1"), stat["rules"])
                at_the_end = self.ask("at", str(last), "--data-dir", data_dir)
                self.assertIn(content["state_hash"], at_the_end.stdout, at_the_end.stderr)
                before = self.ask("at", str(last - 1), "--data-dir", data_dir)
                self.assertEqual((before.returncode, before.stdout), (1, ""))
                self.assertIn("was written under other rules", before.stderr)
                open_order = content["users"]["alice@example.com"]["open_orders"][0]["order_id"]
                story = self.ask("explain", str(open_order), "--data-dir", data_dir)
                self.assertIn(f"sequence {last}", story.stdout, story.stderr)
                self.assertIn("what happened before cannot be replayed", story.stdout)
                closed = self.ask("explain", "3", "--data-dir", data_dir)
                self.assertIn(f"order 3 was closed by sequence {last} or earlier", closed.stderr)
                if is_started:
                    self.assertIn("trades 2 at 99.50", story.stdout)
                    break
                with Exchange("--no-demo", data_dir=data_dir) as exchange:
                    for _ in range(4):  # snapshots are pruned; that of the upgrade is not
                        exchange.restart()
                        with self.log_in(exchange, "bob@example.com") as bob:
                            bob.place("Sell", "99.50", 2)
                    self.assertEqual(exchange.stop(), 0)
                deep = self.ask("verify", "--deep", data_dir)
                self.assertEqual(deep.returncode, 0, deep.stderr)
                self.assertGreaterEqual(int(figures(deep.stdout)["history_sequence"]), last)

    def test_backups_after_an_upgrade_are_restored(self):
        for data_dir, _ in self.each("stopped", other_rules=True):
            with Exchange("--no-demo", data_dir=data_dir) as exchange:
                with self.log_in(exchange, "bob@example.com") as bob:
                    bob.place("Sell", "99.50", 1)
                for words in (("backup", data_dir + "-backup", "--data-dir", data_dir), ("restore", data_dir + "-backup", "--data-dir", data_dir + "-restored")):
                    done = subprocess.run([BINARY, *words], capture_output=True, text=True, timeout=60, check=False)
                    self.assertEqual(done.returncode, 0, done.stderr)
            self.verified(data_dir + "-restored")
            with Exchange("--no-demo", data_dir=data_dir + "-restored") as exchange:
                with self.log_in(exchange, "alice@example.com") as alice, self.log_in(exchange, "bob@example.com") as bob:
                    self.tell_the_past(alice, bob)

    def test_data_of_other_rules_that_was_killed_is_refused_in_words(self):
        for data_dir, _ in self.each("killed", other_rules=True):
            with self.assertRaisesRegex(RuntimeError, "start the program that wrote it once, and stop it in order"):
                Exchange("--no-demo", data_dir=data_dir).start()


if __name__ == "__main__":
    unittest.main()
