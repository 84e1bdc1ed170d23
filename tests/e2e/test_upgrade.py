"""Data that earlier commits wrote (tests/golden): today's binary opens it, verifies it and serves from it.

Where the trading rules were of another version, what today's binary does is refuse, and say why: see docs/operating.md.
There is golden data of today's version, or these tests fail: whoever raises rules_version adds some (tests/golden/make).
"""
import glob
import json
import os
import subprocess
import tarfile
import tempfile
import unittest

from harness import BINARY, ROOT, Exchange

GOLDEN = os.path.join(ROOT, "tests", "golden")


def figures(text):
    return dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)


def rules_version(lines):
    return next(line for line in lines if line.startswith("rules_version: "))


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
        for data_dir, content in self.each():
            with Exchange("--no-demo", data_dir=data_dir) as exchange:
                for email, had in content["users"].items():
                    with self.log_in(exchange, email) as user:
                        self.assertEqual(user.ok("GET", "/api/v1/balances")["balances"], had["balances"])
                        orders = {order["order_id"]: order for order in user.ok("GET", "/api/v1/orders")["orders"]}
                        self.assertEqual({number: order["leaves"] for number, order in orders.items()},
                                         {order["order_id"]: order["leaves"] for order in had["open_orders"]})
                with self.log_in(exchange, "bob@example.com") as bob, self.log_in(exchange, "alice@example.com") as alice:
                    fill = bob.place("Sell", "99.50", 2)
                    self.assertEqual((fill["order_status"], fill["fills"][0]["price"]), ("Filled", "99.50"))
                    self.assertEqual(alice.ok("GET", "/order?client_order_id=rests")["filled"], "2")
                with self.log_in(exchange, "carol@example.com") as carol:
                    carol.refused(403, "account_frozen", "POST", "/order", {"order_type": "Buy", "order_kind": "Limit", "price": 90, "quantity": 1, "market": "TATA_INR"})
                self.assertEqual(exchange.stop(), 0)
            self.assertGreater(int(self.verified(data_dir)["last_sequence"]), content["sequence"])

    def test_backups_of_it_are_restored(self):
        for data_dir, content in self.each("stopped"):
            backup, restored = data_dir + "-backup", data_dir + "-restored"
            for words in (("backup", backup, "--data-dir", data_dir), ("restore", backup, "--data-dir", restored)):
                done = subprocess.run([BINARY, *words], capture_output=True, text=True, timeout=60, check=False)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(figures(done.stdout)["state_hash"], content["state_hash"])

    def test_data_of_other_rules_is_refused_in_words(self):
        for data_dir, _ in self.each(other_rules=True):
            done = subprocess.run([BINARY, "journal", "verify", data_dir], capture_output=True, text=True, timeout=60, check=False)
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertIn("another rules version", done.stderr)
            with self.assertRaisesRegex(RuntimeError, "another rules version|no event frame of this version"):
                Exchange("--no-demo", data_dir=data_dir).start()


if __name__ == "__main__":
    unittest.main()
