"""Backups of a running exchange, and exchanges that are started from them."""
import concurrent.futures
import decimal
import fcntl
import json
import os
import stat
import subprocess
import tempfile
import threading
import time
import unittest

from harness import BINARY, Exchange, ExchangeTest

# What a loaded machine may need: a backup stands back behind everything else.
PATIENCE_S = 120


def sauda(*words):
    return subprocess.run([BINARY, *words], capture_output=True, text=True, timeout=PATIENCE_S, check=False)


def figures(text):
    return dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)


class Backups(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="sauda-test-")
        self.backup = os.path.join(self.folder.name, "backup")
        self.restored = os.path.join(self.folder.name, "restored")

    def tearDown(self):
        self.folder.cleanup()

    def done(self, *words):
        done = sauda(*words)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done

    def refused(self, sentence, *words):
        done = sauda(*words)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn(sentence, done.stderr)

    def test_under_load_all_that_was_acknowledged_is_there_after_the_restore(self):
        with Exchange(*ExchangeTest.flags, "--journal-segment-mib", "1") as exchange:
            users = [exchange.user(f"user{i}@example.com", INR="100000000", TATA="1000000") for i in range(4)]
            answered = [[] for _ in users]
            is_over = threading.Event()

            def trade(user, orders, side):
                while not is_over.is_set():
                    orders.append(user.place(side, "100.00", 3)["order_id"])

            with concurrent.futures.ThreadPoolExecutor(4) as pool:
                traders = [pool.submit(trade, user, orders, ("Buy", "Sell")[i % 2]) for i, (user, orders) in enumerate(zip(users, answered))]
                try:
                    while min(len(orders) for orders in answered) < 300:
                        time.sleep(0.01)
                    before = [list(orders) for orders in answered]
                    made = self.done("backup", self.backup, "--data-dir", exchange.data_dir, "--urgent")
                    after = [len(orders) for orders in answered]
                finally:
                    is_over.set()
                for trader in traders:
                    trader.result(10)
            self.assertGreater(sum(after), sum(len(orders) for orders in before), "trading went on meanwhile")
            self.assertIn("journal/", made.stderr, "progress is told")
            for name in ("jwt.secret", "operator.token", "identity.sqlite"):
                self.assertEqual(stat.S_IMODE(os.stat(os.path.join(self.backup, name)).st_mode), 0o600, name)
            self.assertEqual(stat.S_IMODE(os.stat(self.backup).st_mode), 0o700)
            self.assertEqual(exchange.stop(), 0)
            self.assertIn("verified: yes", exchange.journal("verify").stdout, "the original is as it was")

        restored = figures(self.done("restore", self.backup, "--data-dir", self.restored).stdout)
        self.assertEqual((restored["verified"], restored["state_hash"]), ("yes", figures(made.stdout)["state_hash"]))
        with Exchange(*ExchangeTest.flags, data_dir=self.restored) as exchange:
            for user, orders in zip(users, before):
                user.moved_to(exchange)
                for order in orders:
                    self.assertIn(user.ok("GET", f"/order/{order}")["order_status"], ("New", "PartiallyFilled", "Filled"))
            self.conserves(exchange, users)
            self.assertGreater(users[0].place("Buy", "90.00", 1)["order_id"], max(max(orders) for orders in before))
            for user in users:
                user.close()
            self.assertEqual(exchange.stop(), 0)
            verified = figures(exchange.journal("verify").stdout)
        self.assertEqual(verified["verified"], "yes")
        self.assertEqual(verified["event_frames_compared"], verified["commands_replayed"])

    def conserves(self, exchange, users):
        """What came in is what users have and what the exchange earned, to the last unit."""
        rows = [json.loads(line) for line in exchange.admin("balances", "--json").stdout.splitlines()]
        sums = {}
        for row in rows:
            sums[row["asset"]] = sums.get(row["asset"], 0) + decimal.Decimal(row["available"]) + decimal.Decimal(row["held"])
        self.assertEqual(sums, {"INR": 0, "TATA": 0})
        came_in = {row["asset"]: -decimal.Decimal(row["available"]) for row in rows if row["owner"] == "external"}
        self.assertEqual(came_in, {"INR": len(users) * 100_000_000, "TATA": len(users) * 1_000_000})

    def test_who_registers_meanwhile_can_log_in_after_the_restore(self):
        with Exchange(*ExchangeTest.flags) as exchange:
            registered = []
            is_over = threading.Event()

            def register(name):
                with exchange.client() as client:
                    while not is_over.is_set():
                        email = f"{name}{len(registered)}@example.com"
                        client.ok("POST", "/register", {"email": email, "password": "correct horse"})
                        registered.append(email)

            with concurrent.futures.ThreadPoolExecutor(2) as pool:
                writers = [pool.submit(register, name) for name in ("left", "right")]
                try:
                    while len(registered) < 4:
                        time.sleep(0.01)
                    before = list(registered)
                    self.done("backup", self.backup, "--data-dir", exchange.data_dir, "--urgent")
                finally:
                    is_over.set()
                for writer in writers:
                    writer.result(10)
        self.done("restore", self.backup, "--data-dir", self.restored)
        with Exchange(*ExchangeTest.flags, data_dir=self.restored) as exchange:
            self.assertNotIn("disagree", exchange.log())
            for email in registered:
                with exchange.client() as client:
                    status, answer = client.request("POST", "/login", {"email": email, "password": "correct horse"})
                    self.assertEqual(status, 200 if email in before or status == 200 else 401, answer)
                    if status == 200:
                        client.token = answer["token"]
                        self.assertEqual(client.balance("INR"), ("0.0000", "0.0000"))

    def test_nothing_is_overwritten_and_nothing_half_made_is_taken(self):
        with Exchange("--no-demo") as exchange:
            exchange.user("alice@example.com", INR="1000").close()
            words = ("backup", self.backup, "--data-dir", exchange.data_dir, "--quiet")
            self.assertEqual(self.done(*words).stderr, "")
            self.refused("nothing is overwritten", *words)
            self.refused("nothing is overwritten", "restore", self.backup, "--data-dir", exchange.data_dir)
            self.refused("is no data directory", "backup", self.restored, "--data-dir", self.folder.name)
        with open(os.path.join(self.backup, "identity.sqlite"), "r+b") as file:
            file.seek(5000)
            file.write(b"rotten")
        self.refused("identity.sqlite is not what was backed up", "restore", self.backup, "--data-dir", self.restored)
        self.assertEqual(os.listdir(self.restored), [])
        self.refused("left of a restore that failed", "restore", self.backup, "--data-dir", self.restored)
        os.remove(os.path.join(self.backup, "MANIFEST"))
        self.refused("no whole backup", "restore", self.backup, "--data-dir", self.restored + "-again")

    def test_of_a_stopped_exchange_and_users_log_in_after_the_restore(self):
        with Exchange("--no-demo") as exchange:
            exchange.user("alice@example.com", INR="1000").close()
            exchange.stop()
            self.done("backup", self.backup, "--data-dir", exchange.data_dir)
        self.done("restore", self.backup, "--data-dir", self.restored + "/")
        with Exchange("--no-demo", data_dir=self.restored) as exchange:
            with exchange.client() as client:
                client.token = client.ok("POST", "/login", {"email": "alice@example.com", "password": "correct horse"})["token"]
                self.assertEqual(client.balance("INR"), ("1000.0000", "0.0000"))

    def test_of_an_exchange_that_was_killed(self):
        with Exchange("--no-demo") as exchange:
            with exchange.user("alice@example.com", INR="1000") as alice:
                order = alice.place("Buy", "90.00", 1)["order_id"]
                exchange.kill()
                self.done("backup", self.backup, "--data-dir", exchange.data_dir)
                self.done("restore", self.backup, "--data-dir", self.restored)
                with Exchange("--no-demo", data_dir=self.restored) as restored:
                    alice.moved_to(restored)
                    self.assertEqual(alice.ok("GET", f"/order/{order}")["order_status"], "New")
                # Held by something that does not serve: the file of the killed one names nobody.
                with open(os.path.join(exchange.data_dir, "LOCK"), "a", encoding="utf-8") as lock:
                    fcntl.flock(lock, fcntl.LOCK_EX)
                    self.refused("starting or stopping", "backup", self.backup + "-again", "--data-dir", exchange.data_dir)


if __name__ == "__main__":
    unittest.main()
