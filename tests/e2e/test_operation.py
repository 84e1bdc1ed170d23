"""An operator's day: admin commands, health, metrics, limits, settings, logs, stopping and starting."""
import json
import os
import signal
import subprocess
import tempfile
import time
import unittest

from harness import BINARY, Exchange, ExchangeTest


class Operating(ExchangeTest):
    def admin(self, *words, ok=True):
        done = self.exchange.admin(*words)
        self.assertEqual(done.returncode == 0, ok, done.stdout + done.stderr)
        return done.stdout if ok else done.stderr

    def test_funds_by_reference(self):
        alice = self.user()
        email = f"user{ExchangeTest._users}@example.com"
        self.admin("deposit", email, "INR", "12.34", "--reference", "one")
        self.assertIn("duplicate", self.admin("deposit", email, "INR", "12.34", "--reference", "one"))
        self.assertIn("reference_conflict", self.admin("deposit", email, "INR", "12.35", "--reference", "one", ok=False))
        self.admin("withdraw", email, "INR", "2.34")
        self.assertEqual(alice.balance("INR"), ("10.0000", "0.0000"))
        self.assertIn("insufficient_funds", self.admin("withdraw", email, "INR", "10.01", ok=False))
        self.assertIn("unknown_user", self.admin("deposit", "nobody@example.com", "INR", "1", ok=False))
        self.assertIn("invalid_amount", self.admin("deposit", email, "INR", "1.00001", ok=False))
        alice.close()

    def test_listing_and_trading_a_new_market(self):
        self.admin("list-asset", "GOLD", "3")
        self.assertIn("duplicate_name", self.admin("list-asset", "GOLD", "3", ok=False))
        self.admin("list-market", "GOLD_INR", "GOLD", "INR", "0.05", "0.01", "--min-notional", "1", "--maker-fee=-0.01", "--taker-fee", "0.1")
        alice, bob = self.user(INR="1000"), self.user(GOLD="1")
        bob.place("Sell", "500.05", "0.02", market="GOLD_INR")
        fill = alice.place("Buy", "500.05", "0.02", market="GOLD_INR")["fills"][0]
        self.assertEqual((fill["quantity"], fill["fee"]), ("0.02", "0.0101"))
        self.admin("halt", "GOLD_INR")
        alice.refused(422, "market_halted", "POST", "/order", {"order_type": "Buy", "order_kind": "Limit", "price": 500, "quantity": "0.01", "market": "GOLD_INR"})
        self.admin("resume", "GOLD_INR")
        resting = bob.place("Sell", "500.00", "0.01", market="GOLD_INR")
        self.admin("cancel-only", "GOLD_INR")
        bob.ok("DELETE", f"/order/{resting['order_id']}")
        self.admin("resume", "GOLD_INR")
        self.admin("set-fees", "GOLD_INR", "--", "-0.02", "0.2")
        markets = {market["market"]: market for market in alice.ok("GET", "/api/v1/markets")["markets"]}
        self.assertEqual((markets["GOLD_INR"]["maker_fee_percent"], markets["GOLD_INR"]["taker_fee_percent"]), ("-0.0200", "0.2000"))
        self.admin("halt-asset", "GOLD")
        self.assertIn("asset_halted", self.admin("deposit", f"user{ExchangeTest._users}@example.com", "GOLD", "1", ok=False))
        self.admin("resume-asset", "GOLD")
        alice.close()
        bob.close()

    def test_freezing(self):
        alice = self.user(INR="1000")
        email = f"user{ExchangeTest._users}@example.com"
        order = alice.place("Buy", "100.00", 1)["order_id"]
        self.admin("freeze", email)
        alice.refused(403, "account_frozen", "POST", "/order", {"order_type": "Buy", "order_kind": "Limit", "price": 100, "quantity": 1, "market": "TATA_INR"})
        alice.ok("DELETE", f"/order/{order}")
        self.admin("unfreeze", email)
        alice.place("Buy", "100.00", 1)
        alice.ok("DELETE", "/api/v1/orders")
        alice.close()

    def test_only_operators_may(self):
        alice = self.user()
        body = {"email": "x@example.com", "asset": "INR", "amount": "1", "reference": "r"}
        alice.refused(403, "forbidden", "POST", "/api/v1/admin/deposit", body)
        anonymous = self.exchange.client()
        self.assertEqual(anonymous.request("POST", "/api/v1/admin/deposit", body)[0], 401)
        self.assertEqual(anonymous.request("POST", "/api/v1/admin/deposit", body, {"Authorization": "Bearer " + "0" * 64})[0], 401)
        anonymous.close()
        alice.close()

    def test_health_and_metrics(self):
        client = self.exchange.client()
        client.ok("GET", "/health/live")
        client.ok("GET", "/health/ready")
        alice = self.user(INR="1000")
        before = self.exchange.metrics()
        alice.place("Buy", "100.00", 1)
        alice.request("POST", "/order", {"order_type": "Buy", "order_kind": "Limit", "price": "100.01", "quantity": 1, "market": "TATA_INR"})
        alice.ok("DELETE", "/api/v1/orders")
        after = self.exchange.metrics()
        for name in ('sauda_orders_total{outcome="placed"}', "sauda_journal_bytes_total", "sauda_engine_commands_total",
                     "sauda_order_seconds_count", "sauda_journal_commit_seconds_count", 'sauda_orders_total{outcome="refused_by_rule"}'):
            self.assertGreater(after[name], before[name], name)
        self.assertGreaterEqual(after['sauda_order_refusals_total{reason="price_off_tick"}'], 1)
        self.assertFalse([name for name in after if "@" in name or "user" in name], "no user's data in labels")
        alice.close()
        client.close()

    def test_a_request_can_be_followed_to_its_sequence(self):
        alice = self.user(INR="1000")
        order = json.dumps({"order_type": "Buy", "order_kind": "Limit", "price": 100, "quantity": 1, "market": "TATA_INR"})
        status, headers, text = alice.raw("POST", "/order", order, {"X-Request-Id": "trace-me-1"})
        self.assertEqual((status, headers["X-Request-Id"]), (200, "trace-me-1"))
        end = time.monotonic() + 5
        found = []
        while not found and time.monotonic() < end:
            lines = [json.loads(line) for line in self.exchange.log().splitlines() if line.startswith("{")]
            found = [line for line in lines if line.get("request_id") == "trace-me-1"]
            time.sleep(0.05)
        self.assertEqual(int(found[0]["sequence"]), json.loads(text)["sequence"])
        self.assertNotIn(alice.token, self.exchange.log())
        alice.ok("DELETE", "/api/v1/orders")
        alice.close()

    def test_a_second_process_is_refused(self):
        done = subprocess.run([BINARY, "run", "--data-dir", self.exchange.data_dir, "--http-port", "0", "--ws-port", "0", "--no-demo"],
                              capture_output=True, text=True, timeout=15, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("Another exchange runs on this data directory", done.stderr)

    def test_secrets_are_private(self):
        for name in ("jwt.secret", "operator.token", "identity.sqlite"):
            mode = os.stat(os.path.join(self.exchange.data_dir, name)).st_mode & 0o777
            self.assertEqual(mode, 0o600, name)


class Stopping(unittest.TestCase):
    def test_signals_stop_cleanly_and_nothing_is_lost(self):
        exchange = Exchange("--no-demo").start()
        try:
            alice = exchange.user("alice@example.com", INR="1000")
            order = alice.place("Buy", "100.00", 2, client_order_id="kept")
            idle = exchange.client()
            idle.ok("GET", "/health/live")  # a connection that stays open and idle
            for number in (signal.SIGTERM, signal.SIGINT):
                started = time.monotonic()
                self.assertEqual(exchange.stop(number), 0)
                self.assertLess(time.monotonic() - started, 5)
                self.assertIn("stopped_cleanly: yes", exchange.journal("stat").stdout)
                self.assertFalse(os.path.exists(os.path.join(exchange.data_dir, "runtime.json")))
                self.assertIn("no exchange runs", exchange.admin("halt", "TATA_INR").stderr)
                exchange.start()
                alice.connection.port = exchange.http_port
                alice.close()
                self.assertEqual(alice.ok("GET", f"/order/{order['order_id']}")["client_order_id"], "kept")
                self.assertEqual(alice.balance("INR"), ("799.8000", "200.2000"))
            newer = alice.place("Buy", "100.00", 1)
            self.assertGreater(newer["order_id"], order["order_id"])
            alice.close()
            idle.close()
            self.assertEqual(exchange.stop(), 0)
            dump = exchange.journal("dump").stdout
            self.assertIn("client_order_id=kept", dump)
            self.assertIn("verified: yes", exchange.journal("verify").stdout)
        finally:
            exchange.close()

    def test_damage_is_refused_with_its_place(self):
        exchange = Exchange("--no-demo").start()
        try:
            exchange.user("alice@example.com", INR="1000").close()
            self.assertEqual(exchange.stop(), 0)
            folder = os.path.join(exchange.data_dir, "journal")
            segment = os.path.join(folder, sorted(name for name in os.listdir(folder) if name.endswith(".seg"))[0])
            with open(segment, "r+b") as file:
                file.seek(4096 + 70)
                byte = file.read(1)
                file.seek(4096 + 70)
                file.write(bytes([byte[0] ^ 1]))
            verified = exchange.journal("verify")
            self.assertNotEqual(verified.returncode, 0)
            self.assertIn(os.path.basename(segment), verified.stderr)
        finally:
            exchange.close()


class Limits(unittest.TestCase):
    def test_rates_are_enforced_with_retry_after(self):
        with Exchange("--no-demo", "--rate-orders-per-second-account", "1", "--rate-order-burst-account", "2",
                      "--rate-logins-per-minute-ip", "6", "--rate-requests-per-second-ip", "1", "--rate-request-burst-ip", "40") as exchange:
            alice = exchange.user("alice@example.com", INR="1000")
            order = json.dumps({"order_type": "Buy", "order_kind": "Limit", "price": 100, "quantity": 1, "market": "TATA_INR"})
            results = [alice.raw("POST", "/order", order) for _ in range(3)]
            self.assertEqual([status for status, _, _ in results], [200, 200, 429])
            self.assertGreaterEqual(int(results[2][1]["Retry-After"]), 1)
            self.assertEqual(json.loads(results[2][2])["code"], "rate_limited")
            self.assertEqual(alice.ok("DELETE", "/api/v1/orders")["canceled"], 2, "cancels are not limited as orders are")
            statuses = [alice.request("POST", "/login", {"email": "a@b.example", "password": "wrong password"})[0] for _ in range(6)]
            self.assertEqual(statuses[-1], 429)
            statuses = [alice.request("GET", "/api/v1/markets")[0] for _ in range(50)]
            self.assertIn(429, statuses)
            alice.ok("GET", "/health/live")
            alice.close()


class Settings(unittest.TestCase):
    def test_later_layers_outweigh_earlier_ones(self):
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
            file.write('http.port = 4001\n[ws]\nport = 4002\n[log]\nlevel = "debug"\n')
            file.flush()
            environment = {**os.environ, "SAUDA_WS_PORT": "4003", "SAUDA_IDENTITY_JWT_SECRET": "s" * 10 + "ecret value of length 40"}
            done = subprocess.run([BINARY, "run", "--print-config", "--config", file.name, "--log-level", "error"],
                                  capture_output=True, text=True, env=environment, check=True)
        self.assertIn("http.port = 4001", done.stdout)
        self.assertIn("ws.port = 4003", done.stdout)
        self.assertIn('log.level = "error"', done.stdout)
        self.assertNotIn("ecret value", done.stdout)

    def test_mistakes_name_the_setting(self):
        for arguments, part in ((["--http-port", "70000"], "http.port"), (["--journal-durability", "maybe"], "fdatasync, os"),
                                (["--bind", "localhost"], "numeric address")):
            done = subprocess.run([BINARY, "run", *arguments], capture_output=True, text=True, timeout=15, check=False)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(part, done.stderr)

    def test_help_and_version(self):
        for words in ((), ("run",), ("admin",), ("admin", "deposit"), ("journal",), ("journal", "dump"), ("bench",), ("bench", "engine")):
            done = subprocess.run([BINARY, *words, "--help"], capture_output=True, text=True, check=True)
            self.assertGreater(len(done.stdout), 100, words)
        self.assertIn("sauda 0.", subprocess.run([BINARY, "version"], capture_output=True, text=True, check=True).stdout)


if __name__ == "__main__":
    unittest.main()
