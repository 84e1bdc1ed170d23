"""SIGHUP: logs are opened anew, and settings that may change while the exchange runs are read again."""
import json
import os
import signal
import tempfile
import time
import unittest

from harness import Exchange

PATIENCE_S = 15


class Reloads(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="sauda-test-")
        self.log = os.path.join(self.folder.name, "sauda.log")
        self.config = os.path.join(self.folder.name, "sauda.toml")
        self.write("")

    def tearDown(self):
        self.folder.cleanup()

    def write(self, text):
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(text)

    def start(self, *flags):
        return Exchange("--no-demo", "--config", self.config, "--log-file", self.log, *flags)

    def lines(self, path=None):
        try:
            with open(path or self.log, encoding="utf-8") as file:
                return [json.loads(line) for line in file]
        except FileNotFoundError:
            return []

    def hang_up(self, exchange, message="settings read again"):
        """Sends SIGHUP and waits until it has been acted upon; the lines of the log since then."""
        before = sum(line["message"] == message for line in self.lines())
        exchange.process.send_signal(signal.SIGHUP)
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            lines = self.lines()
            if sum(line["message"] == message for line in lines) > before:
                return lines
            time.sleep(0.02)
        self.fail("nothing was read again")

    def test_a_log_that_was_moved_away_is_opened_anew(self):
        with self.start() as exchange:
            moved = self.log + ".moved"
            os.rename(self.log, moved)
            lines = self.hang_up(exchange)
            self.assertNotIn("ready", [line["message"] for line in lines])
            self.assertIn("ready", [line["message"] for line in self.lines(moved)])
            exchange.user("alice@example.com").close()
            self.assertEqual(exchange.stop(), 0)
            self.assertIn("user registered", [line["message"] for line in self.lines()])
            self.assertNotIn("user registered", [line["message"] for line in self.lines(moved)])

    def test_logs_are_rotated_by_size_and_count(self):
        with self.start("--log-rotate-mib", "1", "--log-rotate-files", "2", "--log-level", "debug", "--rate-requests-per-second-ip", "100000",
                        "--rate-request-burst-ip", "1000000", "--rate-orders-per-second-account", "100000", "--rate-order-burst-account", "100000") as exchange:
            alice = exchange.user("alice@example.com", INR="1000")
            orders = [{"order_type": "Buy", "order_kind": "Limit", "price": 1, "quantity": 1, "market": "NO_SUCH"}] * 100
            third = os.path.join(self.folder.name, "sauda.2.log")
            end = time.monotonic() + 60
            while not os.path.exists(third) and time.monotonic() < end:
                for _ in range(100):
                    alice.request("POST", "/order", orders[0])
            self.assertTrue(os.path.exists(third))
            alice.close()
            self.assertEqual(exchange.stop(), 0)
        names = sorted(name for name in os.listdir(self.folder.name) if name.endswith(".log"))
        self.assertEqual(names, ["sauda.1.log", "sauda.2.log", "sauda.log"])
        for name in names:
            self.assertLessEqual(os.path.getsize(os.path.join(self.folder.name, name)), 1 << 20)

    def test_rates_and_level_are_taken_and_the_rest_is_told(self):
        self.write("[rate]\norder-burst-account = 1\norders-per-second-account = 1\n")
        with self.start() as exchange:
            alice = exchange.user("alice@example.com", INR="1000")
            orders = {"orders": [{"order_type": "Buy", "order_kind": "Limit", "price": 90, "quantity": 1, "market": "TATA_INR"}] * 5}
            alice.refused(429, "rate_limited", "POST", "/api/v1/orders/batch", orders)
            self.write('[rate]\norder-burst-account = 100\norders-per-second-account = 100000\n[log]\nlevel = "debug"\n[engine]\nqueue-frames = 70000\n')
            lines = self.hang_up(exchange)
            end = time.monotonic() + PATIENCE_S
            while alice.request("POST", "/api/v1/orders/batch", orders)[0] == 429 and time.monotonic() < end:
                time.sleep(0.05)
            self.assertEqual(alice.cancel_all()["canceled"], 5)
            told = {line["setting"]: line["level"] for line in lines if "setting" in line}
            self.assertEqual(told, {"rate.order-burst-account": "info", "rate.orders-per-second-account": "info", "log.level": "info", "engine.queue-frames": "warning"})
            alice.close()
            self.assertEqual(exchange.stop(), 0)

    def test_settings_that_cannot_be_read_change_nothing(self):
        self.write("[rate]\norder-burst-account = 1\norders-per-second-account = 1\n")
        with self.start() as exchange:
            self.write("[rate]\norder-burst-account = 100\nno-such = 1\n")
            lines = self.hang_up(exchange, "the settings cannot be read; those before stay")
            self.assertIn("rate.no-such", lines[-1]["reason"])
            alice = exchange.user("alice@example.com", INR="1000")
            orders = {"orders": [{"order_type": "Buy", "order_kind": "Limit", "price": 90, "quantity": 1, "market": "TATA_INR"}] * 5}
            alice.refused(429, "rate_limited", "POST", "/api/v1/orders/batch", orders)
            alice.close()
            self.assertEqual(exchange.stop(), 0)

    def test_flags_outweigh_the_file_on_a_reload_too(self):
        with self.start("--log-level", "info") as exchange:
            self.write('[log]\nlevel = "error"\n')
            lines = self.hang_up(exchange)
            self.assertEqual([line for line in lines if "setting" in line], [])
            self.assertEqual(exchange.stop(), 0)


if __name__ == "__main__":
    unittest.main()
