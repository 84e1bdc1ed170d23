"""`./run services` itself: what it starts, watches over, keeps private and leaves behind."""
import json
import os
import re
import signal
import socket
import stat
import subprocess
import tempfile
import time
import unittest

from harness import BINARY, PATIENCE_S, ROOT, RUN_SERVICES, OneProcess, Services, receive_until, run, wait_until

NAMES = {"redis", "postgresql", "engine", "history-writer", "api-server-1", "api-server-2", "event-broadcaster-1", "event-broadcaster-2",
         "haproxy"}


def documented(name, command):
    """Lines of a document's blocks that begin with `command`, without their comments."""
    with open(os.path.join(ROOT, name), encoding="utf-8") as file:
        return [line.partition("  #")[0].strip() for line in re.findall(rf"^    ({re.escape(command)}.*)$", file.read(), re.MULTILINE)]


class RunServices(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="sauda-test-")
        self.addCleanup(self.folder.cleanup)
        self.data_dir = os.path.join(self.folder.name, "data")

    def services(self, *flags, store="sqlite"):
        exchange = Services(*flags, data_dir=self.data_dir, store=store)
        self.addCleanup(exchange.close)
        return exchange

    def refused(self, *flags):
        done = subprocess.run([RUN_SERVICES, "--data-dir", self.data_dir, *flags], capture_output=True, text=True,
                              timeout=PATIENCE_S, check=False)
        self.assertEqual(done.returncode, 2, done)
        return done.stderr

    def test_all_programs_run_and_none_is_left_behind(self):
        exchange = self.services("--no-demo", "--api-servers", "3", store="own").start()
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

    def test_one_process_goes_on_where_services_stopped_and_back(self):
        with self.services("--no-demo") as exchange:
            alice = exchange.user("alice@example.com", INR=1000)
            order = alice.place("Buy", "90", 1)["order_id"]
            self.assertEqual(exchange.stop(), 0)
            for kind in (OneProcess, Services):
                more = {"store": "sqlite"} if kind is Services else {}
                with kind("--no-demo", data_dir=self.data_dir, **more) as again:
                    self.assertEqual(alice.moved_to(again).ok("GET", f"/order/{order}")["order_status"], "New")
                    self.assertEqual(again.stop(), 0, again.log())

    def test_a_redis_of_ones_own_is_used_and_left_running(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = str(probe.getsockname()[1])
        words = ["setpriv", "--pdeathsig", "KILL", "redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "", "--dir",
                 self.folder.name, "--requirepass", "its own"]
        with subprocess.Popen(words, stdout=subprocess.DEVNULL) as redis:
            self.addCleanup(redis.kill)
            exchange = self.services("--no-demo", "--redis-url", f"redis://127.0.0.1:{port}")
            exchange.environment["SAUDA_REDIS_PASSWORD"] = "its own"
            exchange.start()
            self.assertNotIn("redis", exchange.programs())
            alice = exchange.user("alice@example.com", INR=1000)
            self.assertEqual(alice.place("Buy", "90", 1)["order_status"], "New")
            self.assertEqual(exchange.stop(), 0, exchange.log())
            self.assertIsNone(redis.poll())
            redis.kill()

    def test_none_outlives_a_kill(self):
        exchange = self.services("--no-demo", store="own").start()
        programs = exchange.programs()
        exchange.process.kill()
        wait_until(lambda: not exchange.running(programs), "children end with who started them")
        exchange.process.wait()
        exchange.start()
        self.assertEqual(exchange.stop(), 0, exchange.log())

    def test_who_dies_is_started_again_and_the_exchange_goes_on(self):
        exchange = self.services("--no-demo", store="own").start()
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
        exchange = self.services("--no-demo", store="own").start()
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
        self.assertEqual(exchange.refusals_of_redis(), "")
        unknown = subprocess.run(["redis-cli", "-p", str(redis["port"]), "xlen", "sauda:{main}:commands"], capture_output=True,
                                 text=True, check=True)
        self.assertIn("NOPERM", unknown.stdout + unknown.stderr, "who shows no password")
        exchange.stop()

    def test_bad_settings_are_refused_before_anything_starts(self):
        self.assertIn("there is no setting --colour", self.refused("--colour", "blue"))
        self.assertIn("whole number from 0 to 65535", self.refused("--http-port", "eighty"))
        self.assertIn("--http-port needs a value", self.refused("--http-port"))
        self.assertIn("set by ./run services itself", self.refused("--engine-url", "http://127.0.0.1:3100"))
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

    def test_settings_are_read_again_and_logs_opened_anew(self):
        config = os.path.join(self.folder.name, "sauda.toml")
        with open(config, "w", encoding="utf-8") as file:
            file.write('rate.orders-per-second-account = 1\nrate.order-burst-account = 1\n')
        exchange = self.services("--no-demo", "--config", config).start()
        alice = exchange.user("alice@example.com", INR=10_000_000)
        order = {"order_type": "Buy", "order_kind": "Limit", "price": "1", "quantity": "100", "market": "TATA_INR"}
        wait_until(lambda: alice.request("POST", "/order", order)[0] == 429, "the rate holds")
        with open(config, "w", encoding="utf-8") as file:
            file.write('rate.orders-per-second-account = 10000\nrate.order-burst-account = 10000\n')
        logs = [os.path.join(self.data_dir, "logs", f"{name}.log") for name in sorted(NAMES - {"redis", "postgresql", "haproxy"})]
        for log in logs:
            os.rename(log, log + ".moved")
        exchange.process.send_signal(signal.SIGHUP)
        wait_until(lambda: all(os.path.exists(log) for log in logs), "logs are opened anew")
        wait_until(lambda: all(alice.request("POST", "/order", order)[0] == 200 for _ in range(20)), "the new rate holds")
        self.assertEqual(exchange.stop(), 0, exchange.log())

    def test_the_ways_to_start_it_that_are_documented(self):
        lines = [line for name in ("README.md", "docs/operating.md") for line in documented(name, "./run services")]
        self.assertGreaterEqual(len(lines), 2)
        for number, words in enumerate({tuple(line.split()[2:]) for line in lines}):
            # As typed in the repository, each on an exchange of its own.
            words = [os.path.join(ROOT, word) if os.path.exists(os.path.join(ROOT, word)) else word for word in words]
            self.data_dir = os.path.join(self.folder.name, f"data-{number}")
            with self.services(*words, store="own") as exchange:
                self.assertEqual(exchange.stop(), 0, words)

    def test_how_an_operator_asks_redis(self):
        (line,) = documented("docs/operating.md", "REDISCLI_AUTH=")
        with self.services("--no-demo") as exchange:
            line = line.replace("D/", self.data_dir + "/").replace("PORT", str(exchange.programs()["redis"]["port"]))
            done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=PATIENCE_S, check=True)
            for name in ("engine", "api-server", "event-broadcaster", "history-writer"):
                self.assertIn(f"name=sauda-{name}", done.stdout)

    def test_files_of_its_data_directory_are_documented(self):
        with open(os.path.join(ROOT, "docs", "operating.md"), encoding="utf-8") as file:
            table = set(re.findall(r"^\| `([^`]+)`", file.read(), re.MULTILINE))
        with self.services("--no-demo", store="own"):
            there = {name + ("/" if os.path.isdir(os.path.join(self.data_dir, name)) else "") for name in os.listdir(self.data_dir)}
        self.assertEqual({name for name in there - table if ".sqlite-" not in name}, set())

    def test_market_data_is_public_in_redis(self):
        with self.services("--demo") as exchange:
            port = str(exchange.programs()["redis"]["port"])
            with subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "redis-cli", "-p", port, "subscribe", "market.TATA_INR.trades"],
                                  stdout=subprocess.PIPE, text=True) as listener:
                while "subscribe" not in listener.stdout.readline():
                    pass
                trader = exchange.client()
                trader.token = trader.ok("POST", "/login", {"email": "trader@example.com", "password": "secure123"})["token"]
                wait_until(lambda: trader.place("Buy", "100.50", 10)["order_status"] == "Filled", "quotes are there")
                trade = next(line for line in listener.stdout if line.startswith("{"))
                self.assertEqual(json.loads(trade)["market"], "TATA_INR")
                listener.kill()

    def test_admin_finds_the_exchange(self):
        exchange = self.services("--no-demo").start()
        exchange.user("alice@example.com")
        done = exchange.admin("deposit", "alice@example.com", "INR", "10")
        self.assertEqual(done.returncode, 0, done)
        with open(os.path.join(self.data_dir, "runtime.json"), encoding="utf-8") as file:
            self.assertEqual(json.load(file)["process"], exchange.process.pid)
        exchange.stop()



class Alone(unittest.TestCase):
    def test_who_waits_for_the_others_says_so_and_ends_when_asked(self):
        nobody = ("--engine-url", "http://127.0.0.1:2", "--redis-url", "redis://127.0.0.1:2")
        for program, port in (("api-server", "--http-port"), ("event-broadcaster", "--ws-port"), ("history-writer", "--http-port")):
            with self.subTest(program), tempfile.TemporaryDirectory() as folder:
                words = [BINARY, program, "--data-dir", os.path.join(folder, "data"), port, "0", *nobody]
                log = os.path.join(folder, "log")
                with open(log, "wb") as output, subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *words], stdout=output, stderr=output) as process:
                    wait_until(lambda: "the engine is not reached" in open(log, encoding="utf-8").read(), "it says what it waits for")
                    process.send_signal(signal.SIGTERM)
                    self.assertEqual(process.wait(5), 0)


if __name__ == "__main__":
    unittest.main()
