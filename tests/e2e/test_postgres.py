"""Users and history in PostgreSQL: the same answers, and nobody who trades notices what becomes of the server."""
import time
import unittest

import test_history
from harness import IS_SERVICES, PATIENCE_S, Exchange, ExchangeTest, catch_up, of_one_process
from postgres_server import PostgresServer


def setUpModule():
    global SERVER  # pylint: disable=global-statement
    SERVER = PostgresServer().start()


def tearDownModule():
    SERVER.close()


def exchange_on(address, **more):
    return Exchange(*ExchangeTest.flags, environment={"SAUDA_STORE": address}, **more)


class HistoryOnPostgres(test_history.History):
    """Every question about the past, answered by PostgreSQL."""

    @classmethod
    def setUpClass(cls):
        cls.exchange = exchange_on(SERVER.new_database()[1]).start()


class Server(unittest.TestCase):
    def setUp(self):
        self.database, self.address = SERVER.new_database()
        self.exchange = exchange_on(self.address).start()
        self.alice = self.exchange.user("alice@example.com", INR=10_000_000, TATA=100_000)
        self.bob = self.exchange.user("bob@example.com", INR=10_000_000, TATA=100_000)

    def tearDown(self):
        if SERVER.process is None:
            SERVER.start()
        self.alice.close()
        self.bob.close()
        self.exchange.close()

    def trade(self, count):
        for _ in range(count):
            self.alice.place("Sell", "100.00", 2)
            self.bob.place("Buy", "100.00", 2)

    def log_in(self, email="alice@example.com"):
        client = self.exchange.client()
        try:
            return client.request("POST", "/login", {"email": email, "password": "correct horse"})
        finally:
            client.close()

    def test_sessions_and_history_outlive_the_exchange(self):
        self.trade(10)
        told = self.alice.ok("GET", "/api/v1/fills?limit=100")["fills"]
        self.assertEqual(len(told), 10)
        self.exchange.restart(self.exchange.kill)
        self.alice.moved_to(self.exchange)
        self.bob.moved_to(self.exchange)
        catch_up(self.exchange)
        self.assertEqual(self.alice.ok("GET", "/api/v1/fills?limit=100")["fills"], told)
        self.assertEqual(SERVER.query(self.database, "SELECT count(*) FROM history.trades"), [["10"]])
        self.assertEqual(SERVER.query(self.database, "SELECT count(*) FROM identity.users WHERE email LIKE '%example.com'"),
                         [["2"]])

    def test_deep_verification_reads_the_server(self):
        self.trade(20)
        catch_up(self.exchange)
        self.exchange.stop()
        verified = self.exchange.journal("verify", "--deep", "--store", self.address)
        self.assertIn("verified: yes", verified.stdout, verified.stdout + verified.stderr)
        self.assertIn("history_fills: 40", verified.stdout)
        SERVER.query(self.database, "UPDATE history.ledger SET available = available + 1 WHERE sequence = "
                                    "(SELECT max(sequence) FROM history.ledger)")
        verified = self.exchange.journal("verify", "--deep", "--store", self.address)
        self.assertEqual(verified.returncode, 1)
        self.assertIn("history", verified.stdout + verified.stderr)

    def test_a_server_that_is_killed_stops_nobody_who_trades(self):
        self.trade(10)
        catch_up(self.exchange)
        SERVER.kill()
        begun = time.monotonic()
        self.trade(50)
        self.assertLess(time.monotonic() - begun, PATIENCE_S)
        self.assertEqual(self.log_in()[0], 503)
        self.assertIn(self.alice.request("GET", "/api/v1/fills")[0], (503,))
        self.assertEqual(self.alice.request("GET", "/api/v1/balances")[0], 200, "who is logged in stays so")
        SERVER.start()
        catch_up(self.exchange)
        fills = self.alice.ok("GET", "/api/v1/fills?limit=100")["fills"]
        self.assertEqual(len(fills), 60)
        self.assertEqual(len({fill["trade_id"] for fill in fills}), 60)
        self.assertEqual(self.log_in()[0], 200)
        self.assertIsNone(self.alice.ok("GET", "/health/ready")["history"]["problem"])
        if not IS_SERVICES:  # several programs: the writer may not have tried meanwhile, and then has nothing to tell
            self.assertIn("history goes on", self.exchange.log())

    def test_a_server_that_does_not_answer_stops_nobody_who_trades_nor_the_exit(self):
        self.trade(5)
        catch_up(self.exchange)
        SERVER.freeze(True)
        try:
            self.trade(50)
            self.assertEqual(self.alice.request("GET", "/api/v1/balances")[0], 200)
            begun = time.monotonic()
            self.assertEqual(self.exchange.stop(), 0)
            self.assertLess(time.monotonic() - begun, 10)
        finally:
            SERVER.freeze(False)
        self.exchange.start()
        self.alice.moved_to(self.exchange)
        self.bob.moved_to(self.exchange)
        catch_up(self.exchange)
        self.assertEqual(len(self.alice.ok("GET", "/api/v1/fills?limit=100")["fills"]), 55)

    @of_one_process("the history writer, which is told so, tells it on its own port")
    def test_a_second_exchange_on_the_database_is_told_so(self):
        other = exchange_on(self.address).start()
        try:
            with other.client() as client:
                problem = client.ok("GET", "/health/ready")["history"]["problem"]
            self.assertIn("another history writer", problem)
        finally:
            other.close()

    def test_the_address_is_checked_and_its_password_never_shown(self):
        for address, told in ((f"postgresql://sauda:hidden@127.0.0.1:1/{self.database}", "at 127.0.0.1:1"),
                              ("postgresql://sauda:hidden@host:x:y/a?b", "connection URI"),
                              ("mysql://sauda:hidden@host/a", "postgresql://user@host")):
            with self.assertRaises(RuntimeError) as refused:
                exchange_on(address).start()
            self.assertIn(told, str(refused.exception))
            self.assertNotIn("hidden", str(refused.exception))


if __name__ == "__main__":
    unittest.main()
