"""`./run services` itself: what it starts, watches over, keeps private and leaves behind."""
import json
import os
import signal
import stat
import subprocess
import tempfile
import time
import unittest

from harness import PATIENCE_S, RUN_SERVICES, Services, receive_until, run

NAMES = {"redis", "engine", "history-writer", "api-server-1", "api-server-2", "event-broadcaster-1", "event-broadcaster-2",
         "haproxy"}


def wait_until(condition, what):
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.02)


class RunServices(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="sauda-test-")
        self.addCleanup(self.folder.cleanup)
        self.data_dir = os.path.join(self.folder.name, "data")

    def services(self, *flags):
        exchange = Services(*flags, data_dir=self.data_dir)
        self.addCleanup(exchange.close)
        return exchange

    def refused(self, *flags):
        done = subprocess.run([RUN_SERVICES, "--data-dir", self.data_dir, *flags], capture_output=True, text=True,
                              timeout=PATIENCE_S, check=False)
        self.assertEqual(done.returncode, 2, done)
        return done.stderr

    def test_all_programs_run_and_none_is_left_behind(self):
        exchange = self.services("--no-demo", "--api-servers", "3").start()
        programs = exchange.programs()
        self.assertEqual(set(programs), NAMES | {"api-server-3"})
        alice = exchange.user("alice@example.com", INR=1000)
        self.assertEqual(alice.place("Buy", "90", 1)["order_status"], "New")
        self.assertEqual(exchange.stop(), 0, exchange.log())
        self.assertFalse(exchange.running(programs))
        self.assertFalse(os.path.exists(os.path.join(self.data_dir, "runtime.json")))
        self.assertIn("verified: yes", exchange.journal("verify").stdout)
        exchange.start()
        self.assertEqual(alice.moved_to(exchange).balance("INR")[1], "90.0900", "with its fee")
        exchange.stop(signal.SIGINT)

    def test_none_outlives_a_kill(self):
        exchange = self.services("--no-demo").start()
        programs = exchange.programs()
        exchange.process.kill()
        wait_until(lambda: not exchange.running(programs), "children end with who started them")
        exchange.process.wait()
        exchange.start()
        self.assertEqual(exchange.stop(), 0, exchange.log())

    def test_who_dies_is_started_again_and_the_exchange_goes_on(self):
        exchange = self.services("--no-demo").start()
        alice = exchange.user("alice@example.com", INR=100000)
        for name in sorted(NAMES):
            with self.subTest(name):
                before = exchange.programs()[name]
                os.kill(before["process"], signal.SIGKILL)
                wait_until(lambda: exchange.programs()[name]["restarts"] > before["restarts"], name)
                wait_until(lambda: self.trades(exchange, alice), f"orders are taken after {name} was ended")
        self.assertEqual(exchange.stop(), 0, exchange.log())

    @staticmethod
    def trades(exchange, client):
        try:
            client.close()
            order = {"order_type": "Buy", "order_kind": "Limit", "price": "1", "quantity": "100", "market": "TATA_INR"}
            return client.request("POST", "/order", order)[0] == 200
        except (OSError, ValueError):
            return False

    def test_data_is_private(self):
        exchange = self.services("--no-demo").start()
        for folder, _, names in os.walk(self.data_dir):
            self.assertEqual(stat.S_IMODE(os.stat(folder).st_mode), 0o700, folder)
            for name in names:
                path = os.path.join(folder, name)
                self.assertEqual(stat.S_IMODE(os.stat(path).st_mode) & 0o077, 0, path)
        for name, program in exchange.programs().items():
            with open(f"/proc/{program['process']}/cmdline", encoding="utf-8") as words:
                self.assertNotIn("password", words.read(), name)
        exchange.stop()

    def test_the_programs_have_all_the_rights_in_redis_that_they_need(self):
        exchange = self.services("--demo").start()
        trader = exchange.client()
        trader.token = trader.ok("POST", "/login", {"email": "trader@example.com", "password": "secure123"})["token"]
        trader.place("Buy", "100.50", 10)

        async def subscribe():
            async with exchange.socket() as socket:
                await socket.send('{"SubscribeOrderbook":"TATA_INR"}')
                await receive_until(socket, lambda message: "bids" in message)

        run(subscribe())
        redis = exchange.programs()["redis"]
        with open(os.path.join(self.data_dir, "redis", "operator.password"), encoding="utf-8") as file:
            environment = {**os.environ, "REDISCLI_AUTH": file.read()}
        words = ["redis-cli", "-p", str(redis["port"]), "--user", "operator", "acl", "log"]
        log = subprocess.run(words, capture_output=True, text=True, env=environment, check=True)
        self.assertEqual(log.stdout.strip(), "", "refusals")
        unknown = subprocess.run(["redis-cli", "-p", str(redis["port"]), "xlen", "sauda:{main}:commands"], capture_output=True,
                                 text=True, check=True)
        self.assertIn("NOPERM", unknown.stdout + unknown.stderr, "who shows no password")
        exchange.stop()

    def test_bad_settings_are_refused_before_anything_starts(self):
        self.assertIn("there is no setting --colour", self.refused("--colour", "blue"))
        self.assertIn("whole number from 0 to 65535", self.refused("--http-port", "eighty"))
        self.assertIn("--http-port needs a value", self.refused("--http-port"))
        self.assertIn("set by ./run services itself", self.refused("--redis-url", "redis://127.0.0.1:6379"))
        self.assertIn("from 1 to 64", self.refused("--api-servers", "0"))
        self.assertIn("--no-demo", self.refused("--bind", "0.0.0.0"))
        self.assertFalse(os.path.exists(self.data_dir))

    def test_one_at_a_time_on_a_directory(self):
        exchange = self.services("--no-demo").start()
        self.assertIn("run on", self.refused("--http-port", "0", "--ws-port", "0"))
        exchange.stop()

    def test_a_program_that_cannot_start_says_why(self):
        exchange = self.services("--no-demo").start()
        exchange.stop()
        with open(os.path.join(self.data_dir, "jwt.secret"), "w", encoding="utf-8") as file:
            file.write("short")
        with self.assertRaises(RuntimeError) as failed:
            exchange.start()
        self.assertIn("jwt.secret", str(failed.exception))

    def test_admin_finds_the_exchange(self):
        exchange = self.services("--no-demo").start()
        exchange.user("alice@example.com")
        done = exchange.admin("deposit", "alice@example.com", "INR", "10")
        self.assertEqual(done.returncode, 0, done)
        with open(os.path.join(self.data_dir, "runtime.json"), encoding="utf-8") as file:
            self.assertEqual(json.load(file)["process"], exchange.process.pid)
        exchange.stop()


if __name__ == "__main__":
    unittest.main()
