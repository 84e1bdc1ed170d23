"""An operator's day: admin commands, health, metrics, limits, settings, logs, stopping and starting."""
import concurrent.futures
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

import websockets

from harness import BINARY, Exchange, ExchangeTest, ask, authenticate, of_one_process, receive, run


class Operating(ExchangeTest):
    def admin(self, *words, ok=True):
        done = self.exchange.admin(*words)
        self.assertEqual(done.returncode == 0, ok, done.stdout + done.stderr)
        return done.stdout if ok else done.stderr

    def test_funds_by_reference(self):
        alice = self.user()
        email = alice.email
        self.admin("deposit", email, "INR", "12.34", "--reference", "one")
        self.assertIn("duplicate", self.admin("deposit", email, "INR", "12.34", "--reference", "one"))
        self.assertIn("reference_conflict", self.admin("deposit", email, "INR", "12.35", "--reference", "one", ok=False))
        self.admin("withdraw", email, "INR", "2.34")
        self.assertEqual(alice.balance("INR"), ("10.0000", "0.0000"))
        refused = self.admin("withdraw", email, "INR", "10.01", ok=False)
        self.assertIn("insufficient_funds", refused)
        self.assertNotIn("this order", refused)
        self.assertIn("unknown_account", self.admin("deposit", "nobody@example.com", "INR", "1", ok=False))
        self.assertIn("invalid_amount", self.admin("deposit", email, "INR", "1.00001", ok=False))
        for _ in range(2):
            self.admin("deposit", email, "USDT", "0.00000001")
        self.assertEqual(alice.balance("USDT"), ("0.00000002", "0.00000000"), "without a reference each is one of its own")
        alice.close()

    def test_an_exchange_is_reached_by_url_and_token_file(self):
        alice = self.user()
        token_file = os.path.join(self.exchange.data_dir, "operator.token")

        def admin(url, token):
            return subprocess.run([BINARY, "admin", "--url", url, "--token-file", token, "deposit", alice.email, "INR", "1"],
                                  capture_output=True, text=True, timeout=30, check=False)

        url = f"http://127.0.0.1:{self.exchange.http_port}"
        self.assertEqual(admin(url, token_file).returncode, 0)
        for bad_url, bad_token in (("ftp://x", token_file), ("http://127.0.0.1:1", token_file), (url, token_file + ".none")):
            done = admin(bad_url, bad_token)
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertIn("sauda admin: ", done.stderr)
        self.assertEqual(alice.balance("INR"), ("1.0000", "0.0000"))
        alice.close()

    def test_negative_fees_need_no_quoting(self):
        self.admin("list-asset", "TIN", "3")
        self.admin("list-market", "TIN_INR", "TIN", "INR", "0.05", "0.01", "--maker-fee", "-0.01", "--taker-fee", "0.1")
        self.admin("set-fees", "TIN_INR", "-0.03", "0.2")
        with self.exchange.client() as client:
            markets = {market["market"]: market for market in client.ok("GET", "/api/v1/markets")["markets"]}
        self.assertEqual((markets["TIN_INR"]["maker_fee_percent"], markets["TIN_INR"]["taker_fee_percent"]), ("-0.0300", "0.2000"))
        self.assertIn("invalid_fee_rates", self.admin("set-fees", "TIN_INR", "-0.3", "0.2", ok=False))
        self.assertIn("unknown_market", self.admin("halt", "NO_SUCH", ok=False))
        self.assertIn("settlement_would_round", self.admin("list-market", "TIN_USDT", "TIN", "INR", "0.0001", "0.001", ok=False))

    def test_fees_hold_for_orders_accepted_from_then_on(self):
        self.admin("list-asset", "ZINC", "0")
        self.admin("list-market", "ZINC_INR", "ZINC", "INR", "0.05", "1", "--taker-fee", "0.1")
        alice, bob = self.user(INR="1000"), self.user(ZINC="10")
        bob.place("Sell", "100.00", 2, market="ZINC_INR")
        self.assertEqual(alice.place("Buy", "100.00", 1, market="ZINC_INR")["fills"][0]["fee"], "0.1000")
        self.admin("set-fees", "ZINC_INR", "0", "0.2")
        self.assertEqual(alice.place("Buy", "100.00", 1, market="ZINC_INR")["fills"][0]["fee"], "0.2000")
        alice.close()
        bob.close()

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
        self.assertIn("asset_halted", self.admin("deposit", bob.email, "GOLD", "1", ok=False))
        self.admin("resume-asset", "GOLD")
        alice.close()
        bob.close()

    def test_freezing(self):
        alice = self.user(INR="1000")
        email = alice.email
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

    def test_accounts_that_are_not_there_are_unknown(self):
        operator = self.exchange.operator()
        transfer = {"asset": "INR", "amount": "1", "reference": "nobody"}
        for who in ({"account": 4_000_000}, {"email": "nobody@example.com"}):
            for path, body in (("deposit", transfer), ("withdraw", transfer), ("accounts/state", {"frozen": True})):
                operator.refused(404, "unknown_account", "POST", f"/api/v1/admin/{path}", {**who, **body})
        operator.refused(404, "unknown_account", "POST", "/api/v1/admin/operators", {"email": "nobody@example.com"})
        operator.close()

    def test_a_user_may_be_made_an_operator_and_is_named_in_the_journal(self):
        alice, mallory = self.user(), self.user()
        credentials = {"email": "desk@example.com", "password": "correct horse"}
        desk = self.exchange.client()
        user_id = desk.ok("POST", "/register", credentials)["user_id"]
        desk.token = desk.ok("POST", "/login", credentials)["token"]
        deposit = {"email": alice.email, "asset": "INR", "amount": "1", "reference": "by-desk"}
        desk.refused(403, "forbidden", "POST", "/api/v1/admin/deposit", deposit)
        self.admin("grant-operator", "desk@example.com")
        desk.ok("POST", "/api/v1/admin/deposit", deposit)
        self.assertEqual(alice.balance("INR")[0], "1.0000")
        for client in (desk, mallory):
            client.refused(403, "forbidden", "POST", "/api/v1/admin/operators", {"email": mallory.email})
        self.admin("revoke-operator", "desk@example.com")
        desk.refused(403, "forbidden", "POST", "/api/v1/admin/deposit", {**deposit, "reference": "again"})
        dump = self.exchange.journal("dump")
        self.assertEqual(dump.returncode, 0, dump.stderr)
        line = next(line for line in dump.stdout.splitlines() if "by-desk" in line)
        self.assertIn("operator=" + user_id.replace("-", ""), line)
        for client in (alice, mallory, desk):
            client.close()

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
        for secret in (alice.token, "correct horse", alice.email):
            self.assertNotIn(secret, self.exchange.log(), "nothing secret or personal is logged")
        alice.ok("DELETE", "/api/v1/orders")
        alice.close()

    def test_request_ids_are_echoed_or_made_but_never_believed(self):
        with self.exchange.client() as client:
            for method, path in (("GET", "/nowhere"), ("PUT", "/order"), ("GET", "/api/v1/balances"), ("GET", "/metrics")):
                self.assertEqual(client.raw(method, path, headers={"X-Request-Id": "abc-1"})[1]["X-Request-Id"], "abc-1", path)
            made = {client.raw("GET", "/health/live")[1]["X-Request-Id"] for _ in range(3)}
            self.assertEqual((len(made), None in made), (3, False))
            for hostile in ('a"b', "a b", "x" * 500, "a\tb"):
                self.assertNotEqual(client.raw("GET", "/", headers={"X-Request-Id": hostile})[1]["X-Request-Id"], hostile)

    def test_the_metrics_page_is_what_prometheus_reads(self):
        with self.exchange.client() as client:
            status, headers, text = client.raw("GET", "/metrics")
        self.assertEqual((status, headers["Content-Type"].split(";")[0]), (200, "text/plain"))
        types, seen = {}, set()
        for line in text.splitlines():
            if line.startswith("# TYPE "):
                _, _, name, kind = line.split(" ")
                self.assertNotIn(name, types, "each family once")
                types[name] = kind
            elif not line.startswith("#"):
                sample, value = line.rsplit(" ", 1)
                float(value)
                self.assertNotIn(sample, seen)
                seen.add(sample)
                name = re.sub("(_bucket|_sum|_count)$", "", sample.split("{")[0])
                self.assertTrue(name in types or sample.split("{")[0] in types, line)
        self.assertEqual(set(types.values()), {"counter", "gauge", "histogram"})

    def test_a_second_process_is_refused(self):
        done = subprocess.run([BINARY, "run", "--data-dir", self.exchange.data_dir, "--http-port", "0", "--ws-port", "0", "--no-demo"],
                              capture_output=True, text=True, timeout=15, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("Another exchange runs on this data directory", done.stderr)

    def test_secrets_are_private(self):
        for name in ("jwt.secret", "operator.token", "identity.sqlite"):
            mode = os.stat(os.path.join(self.exchange.data_dir, name)).st_mode & 0o777
            self.assertEqual(mode, 0o600, name)


class Disk(unittest.TestCase):
    def test_with_little_disk_left_only_cancels_are_taken(self):
        with Exchange("--no-demo") as exchange:
            alice = exchange.user("alice@example.com", INR="1000")
            order = alice.place("Buy", "100.00", 1)["order_id"]
            exchange.stop()
            exchange.flags += ["--journal-disk-reserve-mib", "1000000"]
            exchange.start()
            alice.moved_to(exchange)
            end = time.monotonic() + 10
            while alice.request("GET", "/health/ready")[0] == 200 and time.monotonic() < end:
                time.sleep(0.05)
            self.assertIn("disk", alice.refused(503, "not_ready", "GET", "/health/ready")["error"])
            alice.ok("GET", "/health/live")
            status, answer = alice.request("POST", "/order", {"order_type": "Buy", "order_kind": "Limit", "price": 90, "quantity": 1, "market": "TATA_INR"})
            self.assertEqual((status, answer["status"]), (503, "Error"))
            self.assertEqual(alice.ok("DELETE", f"/order/{order}")["order_status"], "Canceled")
            self.assertEqual(alice.balance("INR"), ("1000.0000", "0.0000"))
            alice.close()


class Starting(unittest.TestCase):
    def refused(self, *flags):
        with self.assertRaises(RuntimeError) as refused:
            Exchange("--no-demo", *flags).start()
        return str(refused.exception)

    def test_ports_and_folders_that_cannot_be_had_are_named(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = str(taken.getsockname()[1])
            self.assertIn(port, self.refused("--http-port", port))
            self.assertIn(port, self.refused("--ws-port", port))
        with tempfile.TemporaryDirectory() as folder:
            missing = os.path.join(folder, "no", "where")
            self.assertIn(missing, self.refused("--data-dir", missing))
            file = os.path.join(folder, "file")
            with open(file, "w", encoding="utf-8"):
                pass
            self.assertIn(file, self.refused("--data-dir", file))


    @of_one_process("the engine among several programs is given its CPU in the same place")
    @unittest.skipIf(len(os.sched_getaffinity(0)) < 2, "needs two CPUs")
    def test_the_sequencer_may_have_a_cpu_to_itself(self):
        cpu, *others = sorted(os.sched_getaffinity(0))
        with Exchange("--no-demo", "--engine-sequencer-cpu", str(cpu)) as exchange:
            with exchange.user("alice@example.com", INR="1000") as alice:
                alice.place("Buy", "100.00", 1)
            tasks = os.listdir(f"/proc/{exchange.process.pid}/task")
            places = [os.sched_getaffinity(int(task)) for task in tasks]
        self.assertEqual(places.count({cpu}), 1, "the sequencer's thread")
        self.assertEqual([place for place in places if place not in ({cpu}, set(others))], [], "all others keep off it")
        self.assertIn("sequencer-cpu must be none, auto or the number of a CPU", self.refused("--engine-sequencer-cpu", "fastest"))


class Logs(unittest.TestCase):
    @of_one_process("each of several programs has a log file of its own: ./run services sets --log-file")
    def test_every_line_of_the_log_is_json_with_time_level_and_message(self):
        with tempfile.TemporaryDirectory() as folder:
            log = os.path.join(folder, "sauda.log")
            with Exchange("--no-demo", "--log-file", log, "--log-level", "debug") as exchange:
                with exchange.user("alice@example.com", INR="1000") as alice:
                    alice.request("POST", "/order", {"order_type": 'Bu"y\n', "market": "\u2028"}, {"X-Request-Id": "odd-1"})
                    alice.place("Buy", "100.00", 1)
                self.assertEqual(exchange.stop(), 0)
            with open(log, encoding="utf-8") as file:
                lines = [json.loads(line) for line in file]
        self.assertGreater(len(lines), 4)
        for line in lines:
            self.assertTrue({"time", "level", "message"} <= set(line), line)
        self.assertEqual([line["message"] for line in lines].count("stopping"), 1)


class Stopping(unittest.TestCase):
    def test_stopping_amid_traffic_answers_what_was_taken(self):
        with Exchange(*ExchangeTest.flags) as exchange:
            users = [exchange.user(f"user{i}@example.com", INR="1000000") for i in range(4)]
            answered = [[] for _ in users]

            def trade(user, orders):
                try:
                    while True:
                        orders.append(user.place("Buy", "90.00", 1)["order_id"])
                except (OSError, http.client.HTTPException, AssertionError):
                    pass  # stopped

            async def listen_until_closed():
                async with exchange.socket() as socket:
                    await authenticate(socket, users[0])
                    listening.set()
                    try:
                        while True:
                            await receive(socket)
                    except websockets.ConnectionClosed:
                        pass
                    return socket.close_code

            listening = threading.Event()
            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                listener = pool.submit(run, listen_until_closed())
                listening.wait(10)
                traders = [pool.submit(trade, *pair) for pair in zip(users, answered)]
                while min(len(orders) for orders in answered) < 20:
                    time.sleep(0.01)
                started = time.monotonic()
                self.assertEqual(exchange.stop(), 0)
                self.assertLess(time.monotonic() - started, 5)
                for trader in traders:
                    trader.result(10)
                self.assertEqual(listener.result(10), 1001, "going away")
            self.assertIn("stopped_cleanly: yes", exchange.journal("stat").stdout)
            exchange.start()
            for user, orders in zip(users, answered):
                user.moved_to(exchange)
                for order in (orders[0], orders[-1]):
                    self.assertEqual(user.ok("GET", f"/order/{order}")["order_status"], "New", "what was answered is there")
                user.close()

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
                stat = dict(line.split(": ") for line in exchange.journal("stat").stdout.splitlines())
                self.assertEqual(stat["stopped_cleanly"], "yes")
                self.assertEqual(stat["newest_snapshot"], stat["last_sequence"], "a snapshot of the end makes the next start quick")
                self.assertFalse(os.path.exists(os.path.join(exchange.data_dir, "runtime.json")))
                self.assertIn("no exchange runs", exchange.admin("halt", "TATA_INR").stderr)
                exchange.start()
                alice.moved_to(exchange)
                self.assertEqual(alice.ok("GET", f"/order/{order['order_id']}")["client_order_id"], "kept")
                self.assertEqual(alice.balance("INR"), ("799.8000", "200.2000"))
            newer = alice.place("Buy", "100.00", 1)
            self.assertGreater(newer["order_id"], order["order_id"])
            alice.close()
            idle.close()
            self.assertEqual(exchange.stop(), 0)
            dump = exchange.journal("dump").stdout.splitlines()
            self.assertEqual([int(line.split()[0]) for line in dump], list(range(1, len(dump) + 1)))
            self.assertEqual(sum("client_order_id=kept" in line for line in dump), 1)
            self.assertEqual(exchange.journal("dump", "--from", "5", "--limit", "3").stdout.splitlines(), dump[4:7])
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

    @of_one_process("servers hear of each other's grants ten times a second, and until then one may grant its own burst")
    def test_a_batch_counts_its_orders_and_the_websocket_shares_the_rate(self):
        with Exchange("--no-demo", "--rate-orders-per-second-account", "1", "--rate-order-burst-account", "10") as exchange:
            alice = exchange.user("alice@example.com", INR="10000")
            order = {"order_type": "Buy", "order_kind": "Limit", "price": 100, "quantity": 1, "market": "TATA_INR"}
            alice.ok("POST", "/api/v1/orders/batch", {"orders": [order] * 8})
            status, headers, _ = alice.raw("POST", "/api/v1/orders/batch", json.dumps({"orders": [order] * 8}))
            self.assertEqual(status, 429)
            self.assertGreaterEqual(int(headers["Retry-After"]), 1)

            async def scenario():
                async with exchange.socket() as socket:
                    await authenticate(socket, alice)
                    answers = [await ask(socket, {"PlaceOrder": order}, i) for i in range(6)]
                    self.assertEqual((answers[-1]["http_status"], answers[-1]["code"]), (429, "rate_limited"))
                    self.assertEqual((await ask(socket, {"CancelAll": {}}, "all"))["http_status"], 200)

            run(scenario())
            self.assertEqual(alice.balance("INR"), ("10000.0000", "0.0000"))
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
        self.assertIn("identity.jwt-secret is set", done.stdout)

    def settings(self, *flags, file=None, environment=None):
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as config:
            config.write(file or "")
            config.flush()
            clean = {name: value for name, value in os.environ.items() if not name.startswith("SAUDA_")}
            return subprocess.run([BINARY, "run", "--print-config", "--config", config.name, *flags], capture_output=True, text=True,
                                  timeout=15, env={**clean, **(environment or {})}, check=False)

    def test_one_setting_through_every_layer(self):
        line = re.compile("^http.port = (.*)$", re.MULTILINE)
        layers = ((None, {}, (), "3000"), ("http.port = 1", {}, (), "1"), ("http.port = 1", {"SAUDA_HTTP_PORT": "2"}, (), "2"),
                  ("http.port = 1", {"SAUDA_HTTP_PORT": "2"}, ("--http-port", "3"), "3"))
        for file, environment, flags, wanted in layers:
            self.assertEqual(line.search(self.settings(*flags, file=file, environment=environment).stdout)[1], wanted)
        demo = re.compile("^demo = (.*)$", re.MULTILINE)
        self.assertEqual(demo.search(self.settings("--no-demo", file="demo = true", environment={"SAUDA_DEMO": "true"}).stdout)[1], "false")
        self.assertEqual(demo.search(self.settings("--demo", environment={"SAUDA_DEMO": "false"}).stdout)[1], "true")

    def test_what_is_printed_can_be_read_again(self):
        first = self.settings("--http-port", "4242", "--log-level", "error", "--no-demo")
        self.assertEqual(first.returncode, 0, first.stderr)
        self.assertEqual(self.settings(file=first.stdout).stdout, first.stdout)

    def test_a_bad_file_or_environment_is_told_with_its_place(self):
        for file, environment, parts in (("http.prot = 1", {}, ("http.prot",)), ("a = 1\nb = [", {}, (".toml:2",)), ("http.port = 1.5", {}, ("http.port",)),
                                         ('http.port = "many"', {}, ("http.port", "whole number")), ("demo = 7", {}, ("demo", "true or false")),
                                         ("", {"SAUDA_LOG_LEVEL": "loud"}, ("log.level", "SAUDA_LOG_LEVEL", "debug, info")),
                                         ("", {"SAUDA_WS_PORT": ""}, ("ws.port", "SAUDA_WS_PORT"))):
            done = self.settings(file=file, environment=environment)
            self.assertEqual((done.returncode, done.stdout), (2, ""), (file, environment))
            for part in parts:
                self.assertIn(part, done.stderr)

    def test_mistakes_name_the_setting(self):
        for arguments, part in ((["--http-port", "70000"], "http.port"), (["--journal-durability", "maybe"], "fdatasync, os"),
                                (["--engine-open-orders-reserved", "50000001"], "engine.open-orders-reserved"),
                                (["--engine-open-orders-reserved=-1"], "engine.open-orders-reserved"),
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
