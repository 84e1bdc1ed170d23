"""One thing fails of `./run services`, and clients are told the truth: what is refused, what goes on, what comes back by
itself. (tests/crash/services_campaign.py does the same at random, under load.)"""
import asyncio
import json
import os
import signal
import subprocess
import tempfile
import threading
import time
import unittest
from socket import create_connection

from forwarder import Forwarder
from harness import BINARY, PATIENCE_S, BookCopy, Client, Services, authenticate, catch_up, receive, receive_until, run, wait_until
from service_test import NO_LIMITS, ServicesTest, find, is_healthy, order, start_server, token_id


class RedisStops(ServicesTest):
    def test_orders_are_refused_before_acceptance_and_taken_again(self):
        alice = self.user(INR=100000)
        resting = alice.place("Buy", "40.00", 1)["order_id"]
        told = {}

        def place(key):
            with Client(self.exchange.http_port, alice.token) as client:
                told[key] = client.request("POST", "/order", order(client_order_id=key))

        flights = [threading.Thread(target=place, args=(f"flight{i}",)) for i in range(8)]
        with self.stopped("redis"):
            stopped = time.monotonic()
            for flight in flights:
                flight.start()
            # Nobody is made to wait for Redis longer than a breaker needs: a second, here with room for a busy machine.
            wait_until(lambda: not any(self.are_reached()), "the servers give Redis up")
            self.assertLess(time.monotonic() - stopped, 5)
            for i in range(20):
                place(f"refused{i}")
                self.assertEqual(told[f"refused{i}"][0], 503, told)
            self.assertEqual(told["refused0"][1]["code"], "engine_down")
            status, answer = alice.request("DELETE", f"/order/{resting}")
            self.assertEqual((status, answer["code"]), (503, "engine_down"), "cancels too")
            for flight in flights:
                flight.join()
        going_on = time.monotonic()
        wait_until(lambda: all(self.are_reached()), "the servers have Redis again")
        self.assertLess(time.monotonic() - going_on, 5)
        wait_until(lambda: self.taken(alice), "orders are taken again")
        for key, (status, answer) in told.items():
            self.assertIn(status, (200, 503, 504), (key, answer))
            if status == 504:
                self.assertEqual(answer["code"], "outcome_unknown")
            self.check_truth(alice, key, status)
        alice.ok("DELETE", f"/order/{resting}")

    def are_reached(self):
        """Whether Redis is, by each API server."""
        ports = [program["port"] for name, program in self.exchange.programs().items() if name.startswith("api-server")]
        return ["sauda_redis_reachable 1\n" in self.exchange.metrics_page(port) for port in ports]

    def check_truth(self, client, key, told):
        """What asking by client order id says is so: the order that is there is not placed again."""
        found, answer = find(client, key)
        self.assertIn(found, (200, 404), answer)
        if told == 503:
            self.assertEqual(found, 404, f"{key} was refused")
        if told == 200:
            self.assertEqual(found, 200, f"{key} was accepted")
        again = client.ok("POST", "/order", order(client_order_id=key))
        self.assertEqual(again.get("duplicate", False), found == 200, key)
        if found == 200:
            self.assertEqual(again["order_id"], answer["order_id"])

    def test_an_engine_that_stops_leaves_outcomes_unknown_and_none_is_executed_late(self):
        alice = self.user(INR=100000)
        told = {}

        def place(key):
            with Client(self.exchange.http_port, alice.token) as client:
                told[key] = client.request("POST", "/order", order(client_order_id=key))

        flights = [threading.Thread(target=place, args=(f"late{i}",)) for i in range(4)]
        with self.stopped("engine"):
            for flight in flights:
                flight.start()
            for flight in flights:
                flight.join()
            time.sleep(1)  # past the deadline of those that wait in the stream
        for key, (status, answer) in told.items():
            self.assertIn(status, (503, 504), answer)
        wait_until(lambda: self.taken(alice), "orders are taken again")
        for key in told:
            self.assertEqual(find(alice, key)[0], 404, "its deadline was over when the engine read it")


class EngineNotReached(ServicesTest):
    """A server that finds the engine over Redis alone."""

    def test_a_repetition_whose_report_is_old_is_to_be_sent_again(self):
        alice = self.user(INR=100000)
        first = alice.ok("POST", "/order", order(client_order_id="old"))
        forwarder = Forwarder(self.exchange.programs()["engine"]["port"])
        self.addCleanup(forwarder.close)
        port = start_server(self, self.exchange, "api-server", *self.flags, "--engine-url", f"http://127.0.0.1:{forwarder.port}")
        with Client(port, alice.token) as server:
            wait_until(lambda: is_healthy(port), "the server is ready")
            forwarder.cut()
            server.refused(503, "report_unavailable", "POST", "/order", order(client_order_id="old"))
            fresh = server.ok("POST", "/order", order(client_order_id="fresh"))
            again = server.ok("POST", "/order", order(client_order_id="fresh"))
            self.assertEqual({**again, "duplicate": False}, {"duplicate": False, **fresh}, "what came since is at hand")
            forwarder.mend()
            again = server.ok("POST", "/order", order(client_order_id="old"))
            self.assertEqual((again["duplicate"], again["order_id"], again["fills"]), (True, first["order_id"], []))


class EnginesThatRefuse(ServicesTest):
    def engine(self, data_dir):
        """What another engine on the same Redis says when it ends."""
        with open(os.path.join(self.exchange.data_dir, "redis", "operator.password"), encoding="utf-8") as file:
            environment = {**self.exchange.environment, "SAUDA_REDIS_PASSWORD": file.read()}
        port = self.exchange.programs()["redis"]["port"]
        words = ["setpriv", "--pdeathsig", "KILL", BINARY, "orderbook-engine", "--data-dir", data_dir, "--engine-port", "0",
                 "--redis-url", f"redis://operator@127.0.0.1:{port}"]
        done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
        self.assertNotEqual(done.returncode, 0, done)
        return done.stderr

    def test_another_journal_is_refused_with_a_sentence_that_names_the_fix(self):
        with tempfile.TemporaryDirectory(prefix="sauda-test-") as other:
            told = self.engine(os.path.join(other, "data"))
        self.assertIn("Redis holds the streams of journal", told)
        self.assertIn("start it on the other data directory, give it another shard name", told)
        self.assertTrue(self.taken(self.user(INR=1000)), "the exchange has not noticed")

    def test_a_second_engine_on_the_data_directory_is_refused(self):
        self.assertIn("another process has this data directory open", self.engine(self.exchange.data_dir))
        self.assertTrue(self.taken(self.user(INR=1000)), "the exchange has not noticed")


class HistoryStops(ServicesTest):
    store = "shared"

    def setUp(self):
        self.alice = self.user(INR=100000000)
        self.bob = self.user(TATA=1000000)  # more than a fast machine trades in check_database_gone()

    def trade(self, times):
        for _ in range(times):
            self.bob.place("Sell", "100.00", 1)
            filled = self.alice.place("Buy", "100.00", 1)
            self.assertEqual(filled["order_status"], "Filled")

    async def trade_and_hear(self, times):
        """Public market data tells of every trade meanwhile."""
        async with self.exchange.socket() as socket:
            await socket.send('{"SubscribeTrades":"TATA_INR"}')
            await receive(socket)
            await asyncio.to_thread(self.trade, times)
            for _ in range(times):
                await receive_until(socket, lambda message: message.get("event_type") == "Trade")

    def test_a_history_writer_that_stops_delays_questions_about_the_past_alone(self):
        self.trade(5)
        with self.stopped("history-writer"):
            run(self.trade_and_hear(30))
            self.alice.refused(503, "history_behind", "GET", "/api/v1/fills")
            self.assertEqual(self.alice.balance("TATA")[0], "35")
        wait_until(lambda: self.alice.request("GET", "/api/v1/fills")[0] == 200, "history catches up")
        self.assertEqual(len(self.alice.ok("GET", "/api/v1/fills?limit=100")["fills"]), 35)

    def test_a_postgresql_that_dies_delays_logins_and_history_alone(self):
        self.check_database_gone(Services._postgres.kill, Services._postgres.start)  # pylint: disable=protected-access

    def test_a_postgresql_that_does_not_answer_delays_logins_and_history_alone(self):
        server = Services._postgres  # pylint: disable=protected-access
        self.check_database_gone(lambda: server.freeze(True), lambda: server.freeze(False))

    def test_a_postgresql_that_was_started_again_has_nobody_refused(self):
        server = Services._postgres  # pylint: disable=protected-access
        unknown = [self.user(INR=10) for _ in range(4)]  # to the servers that they did not come by

        async def show_token(name, client):
            async with self.exchange.socket(port=self.exchange.programs()[name]["port"]) as socket:
                await authenticate(socket, client)

        time.sleep(1.1)  # what was read of a session is good for a second
        server.kill()
        server.start()
        for number in (1, 2):
            run(show_token(f"event-broadcaster-{number}", unknown[0]))
            for client in unknown:
                with self.at(f"api-server-{number}", client) as api:
                    api.ok("GET", "/api/v1/balances")
            login = {"email": self.alice.email, "password": "correct horse"}
            with self.at(f"api-server-{number}", self.alice) as api:
                wait_until(lambda: api.request("POST", "/login", login)[0] == 200, "logins work again")

    def test_a_session_that_is_said_to_have_ended_is_not_good_while_nobody_can_tell(self):
        server = Services._postgres  # pylint: disable=protected-access
        other = self.user(INR=10)
        with self.at("api-server-1", self.alice) as alice, self.at("api-server-1", other) as bob:
            for client in (alice, bob):
                client.ok("GET", "/api/v1/balances")
            server.freeze(True)
            try:
                end = time.monotonic() + 2.5
                while time.monotonic() < end:
                    for client in (alice, bob):
                        client.ok("GET", "/api/v1/balances")
                # As a server says that still reaches the database.
                self.exchange.ask_redis("publish", "sauda:{main}:session-ended", token_id(alice.token))
                wait_until(lambda: alice.request("GET", "/api/v1/balances")[0] == 503, "it has to be looked up")
                bob.ok("GET", "/api/v1/balances")
            finally:
                server.freeze(False)
            wait_until(lambda: alice.request("GET", "/api/v1/balances")[0] == 200, "it had not ended")

    def check_database_gone(self, take, give_back):
        self.trade(5)
        catch_up(self.exchange)
        take()
        try:
            end = time.monotonic() + 3  # longer than a session is trusted without a look
            while time.monotonic() < end:
                run(self.trade_and_hear(5))
                self.traded = getattr(self, "traded", 5) + 5
            self.assertEqual(self.alice.request("GET", "/api/v1/fills")[0], 503)
            login = {"email": self.alice.email, "password": "correct horse"}
            with self.exchange.client() as client:
                self.assertEqual(client.request("POST", "/login", login)[0], 503)
        finally:
            give_back()
        wait_until(lambda: self.alice.request("GET", "/api/v1/fills")[0] == 200, "history catches up")
        self.assertEqual(self.alice.balance("TATA")[0], str(self.traded))
        with self.exchange.client() as client:
            wait_until(lambda: client.request("POST", "/login", login)[0] == 200, "logins work again")


class SeveralServers(ServicesTest):
    """What one server does holds on the others."""

    def test_after_an_api_server_was_killed_the_next_request_succeeds_on_the_other(self):
        alice = self.user(INR=100000)
        for name in ("api-server-1", "api-server-2"):
            before = self.exchange.programs()[name]
            placed = alice.place("Buy", "50.00", 1)
            os.kill(before["process"], signal.SIGKILL)
            wait_until(lambda: name not in self.exchange.running({name: before}), "it is gone")
            with Client(self.exchange.http_port, alice.token) as client:
                self.assertEqual(client.ok("GET", f"/order/{placed['order_id']}")["order_status"], "New")
                client.ok("DELETE", f"/order/{placed['order_id']}")
            wait_until(lambda: self.exchange.programs()[name]["restarts"] > before["restarts"], f"{name} starts again")
            wait_until(lambda: self.is_ready(name), f"{name} is ready again")
            alice.close()

    def test_a_logout_ends_the_session_everywhere(self):
        alice = self.user(INR=10)
        servers = [self.at(f"api-server-{i}", alice) for i in (1, 2)]
        for server in servers:
            server.ok("GET", "/api/v1/balances")

        async def scenario():
            ports = [self.exchange.programs()[f"event-broadcaster-{i}"]["port"] for i in (1, 2)]
            async with self.exchange.socket(port=ports[0]) as first, self.exchange.socket(port=ports[1]) as second:
                for socket in (first, second):
                    await authenticate(socket, alice)
                await asyncio.to_thread(servers[0].ok, "POST", "/logout")
                for socket in (first, second):
                    await asyncio.wait_for(socket.wait_closed(), PATIENCE_S)
                    self.assertEqual((socket.close_code, socket.close_reason), (1008, "session_ended"))

        run(scenario())
        for server in servers:
            wait_until(lambda: server.request("GET", "/api/v1/balances")[0] == 401, "the session has ended there")
            server.close()

    @staticmethod
    def key_of(client):
        """Of what Redis holds of a session."""
        return "sauda:{main}:session:" + token_id(client.token)

    def lookups(self):
        metrics = self.exchange.metrics()
        return [metrics[f'sauda_session_lookups_total{{in="{place}"}}'] for place in ("store", "redis")]

    def test_servers_read_a_session_once_a_second_together(self):
        alice = self.user(INR=10)
        servers = [self.at(f"api-server-{i}", alice) for i in (1, 2)]
        in_store, in_redis = self.lookups()
        begun = time.monotonic()
        while time.monotonic() < begun + 4:
            for server in servers:
                server.ok("GET", "/api/v1/balances")
        elapsed = time.monotonic() - begun
        in_store, in_redis = self.lookups()[0] - in_store, self.lookups()[1] - in_redis
        self.assertGreater(in_redis, 0)
        self.assertLessEqual(in_store, 1.5 * elapsed + 2, "each alone would read it so often")
        for server in servers:
            server.close()

    def test_what_redis_holds_of_a_session_cannot_be_forged(self):
        alice, bob = self.user(INR=10), self.user(INR=10)
        with self.at("api-server-1", alice) as one, self.at("api-server-2", alice) as other:
            for text in ("", "1", "9" * 5000):
                self.exchange.ask_redis("set", self.key_of(alice), text, "px", "1000")
                for server in (one, other):
                    server.ok("GET", "/api/v1/balances")
            wait_until(lambda: bob.ok("GET", "/api/v1/balances") and self.exchange.ask_redis("get", self.key_of(bob)), "a note")
            note = self.exchange.ask_redis("get", self.key_of(bob))
            one.ok("POST", "/logout")
            ended = time.monotonic()
            while other.request("GET", "/api/v1/balances")[0] != 401:
                self.exchange.ask_redis("set", self.key_of(alice), note, "px", "1000")
                self.assertLess(time.monotonic() - ended, 5, "another session's does not keep it alive")
            self.assertEqual(one.request("GET", "/api/v1/balances")[0], 401)

    def test_a_ticket_opens_one_socket_once_at_any_broadcaster(self):
        alice = self.user(INR=10)
        ports = [self.exchange.programs()[f"event-broadcaster-{i}"]["port"] for i in (1, 2)]

        async def open_with(ticket, port):
            async with self.exchange.socket("/ws?ticket=" + ticket, port=port) as socket:
                return await receive(socket)

        for issuer in (1, 2):
            for first, second in (ports, ports[::-1], (ports[0], ports[0])):
                with self.at(f"api-server-{issuer}", alice) as server:
                    ticket = server.ok("POST", "/api/v1/ws-ticket")["ticket"]
                self.assertEqual(run(open_with(ticket, first)).get("action"), "authenticated")
                self.assertEqual(run(open_with(ticket, second)).get("code"), "bad_ticket")


class StrangersAtRedis(ServicesTest):
    def test_one_cannot_fill_its_memory(self):
        alice = self.user(INR=100000)
        with create_connection(("127.0.0.1", self.exchange.programs()["redis"]["port"]), timeout=PATIENCE_S) as stranger:
            # Redis makes room for all of it at once, which would leave no other command any.
            stranger.sendall(b"*2\r\n$9\r\nSUBSCRIBE\r\n$%d\r\n" % (510 << 20))
            for _ in range(20):
                alice.place("Buy", "40.00", 1)
                time.sleep(0.05)
            with self.assertRaises(ConnectionError):
                while True:
                    stranger.sendall(bytes(1 << 16))


class SharedRates(ServicesTest):
    burst = 20
    flags = (*NO_LIMITS[:-4], "--rate-orders-per-second-account", "1", "--rate-order-burst-account", str(burst))

    def test_two_servers_grant_together_what_one_may(self):
        alice = self.user(INR=100000)
        servers = [self.at(f"api-server-{i}", alice) for i in (1, 2)]
        granted = 0
        begun = time.monotonic()
        for i in range(4 * self.burst):
            status, answer = servers[i % 2].request("POST", "/order", order(time_in_force="IOC"))
            self.assertIn(status, (200, 429), answer)
            granted += status == 200
            time.sleep(0.04)
        elapsed = time.monotonic() - begun
        # Each server alone would have granted as much.
        self.assertLessEqual(granted, self.burst + elapsed + self.burst // 3)
        self.assertGreaterEqual(granted, self.burst)
        for server in servers:
            server.close()


class PublicMarketData(ServicesTest):
    def test_any_client_of_redis_can_follow_a_market(self):
        alice, bob = self.user(INR=10000000), self.user(TATA=100000)
        channels = [f"market.TATA_INR.{name}" for name in ("orderbook", "trades", "ticker")]
        port = str(self.exchange.programs()["redis"]["port"])
        words = ["setpriv", "--pdeathsig", "KILL", "redis-cli", "-p", port, "subscribe", *channels]
        heard = {channel: [] for channel in channels}
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as listener:
            listening = threading.Thread(target=self.listen, args=(listener.stdout, heard), daemon=True)
            listening.start()
            wait_until(lambda: any("first_sequence" not in message for message in heard[channels[0]]), "a snapshot comes")
            sold = 0
            # Snapshots come every few seconds: the stream is to be whole over two more.
            while sum("first_sequence" not in message for message in list(heard[channels[0]])) < 3:
                bob.place("Sell", f"{100 + sold % 7}.00", 2)
                alice.place("Buy", f"{100 + sold % 5}.00", 1)
                sold += 1
            depth = alice.ok("GET", "/api/v1/depth?market=TATA_INR&limit=1000")
            newest = alice.ok("GET", "/api/v1/trades?market=TATA_INR&limit=1")["trades"][0]["trade_id"]
            wait_until(lambda: self.sequence_of(heard[channels[0]][-1]) >= depth["sequence"], "the last update comes")
            wait_until(lambda: heard[channels[1]][-1]["trade_id"] >= newest, "the last trade comes")
            listener.kill()
        listening.join(PATIENCE_S)
        self.check_book(heard[channels[0]], depth)
        told = [message["trade_id"] for message in heard[channels[1]]]
        self.assertEqual(told, list(range(told[0], newest + 1)), "gapless")
        self.assertEqual(heard[channels[2]][-1]["market"], "TATA_INR")

    @staticmethod
    def listen(lines, heard):
        """redis-cli tells a message in three lines: what it is, its channel, its text."""
        for line in lines:
            if line.strip() == "message":
                heard[next(lines).strip()].append(json.loads(next(lines)))

    @staticmethod
    def sequence_of(message):
        return message.get("last_sequence", message.get("sequence"))

    def check_book(self, messages, depth):
        first = next(i for i, message in enumerate(messages) if "first_sequence" not in message)
        book = BookCopy()
        for message in messages[first:]:
            if book.sequence is not None and "first_sequence" not in message:
                self.assertEqual(message["sequence"], book.sequence, "a snapshot continues what was told before it")
            book.take(message)
        self.assertGreater(book.updates, 10)
        levels = [[list(level) for level in book.best(side)] for side in ("bids", "asks")]
        self.assertEqual(levels, [depth["bids"], depth["asks"]])


if __name__ == "__main__":
    unittest.main()
