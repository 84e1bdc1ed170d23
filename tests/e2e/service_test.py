"""What tests of `./run services` share: an exchange for each class, whose programs are found, stopped and spoken to one by one."""
import base64
import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import threading
import time
import unittest

from harness import BINARY, PATIENCE_S, Client, Services, wait_until

NO_LIMITS = ("--no-demo", "--rate-logins-per-minute-ip", "100000", "--rate-requests-per-second-ip", "100000",
             "--rate-request-burst-ip", "1000000", "--rate-orders-per-second-account", "100000",
             "--rate-order-burst-account", "1000000")


def order(side="Buy", price="50.00", quantity=1, **more):
    return {"order_type": side, "order_kind": "Limit", "price": price, "quantity": quantity, "market": "TATA_INR", **more}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_server(test, exchange, program, *words):
    """One more API server or broadcaster of an exchange, until the test ends, and its port."""
    with open(os.path.join(exchange.data_dir, "redis", "operator.password"), encoding="utf-8") as file:
        environment = {**exchange.environment, "SAUDA_REDIS_PASSWORD": file.read()}
    port = free_port()
    server = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", BINARY, program, "--data-dir", exchange.data_dir, "--bind", "127.0.0.1",
                               "--http-port" if program == "api-server" else "--ws-port", str(port),
                               "--redis-url", f"redis://operator@127.0.0.1:{exchange.programs()['redis']['port']}",
                               "--log-file", f"{exchange.data_dir}/logs/test-{program}-{port}.log", *words],
                              env=environment, stdout=subprocess.DEVNULL)
    test.addCleanup(server.wait)
    test.addCleanup(server.kill)
    return port


def is_healthy(port, path="/health/ready"):
    """Whether a program says so."""
    try:
        with Client(port) as client:
            return client.request("GET", path)[0] == 200
    except OSError:
        return False


def token_id(token):
    """Of the session that a token names."""
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["jti"]


def find(client, key):
    """Status and answer to the question for an order by its client order id, once it is told for good."""
    end = time.monotonic() + 2 * PATIENCE_S
    while True:
        status, answer = client.request("GET", f"/order?client_order_id={key}")
        is_passing = status == 202 or answer.get("code") in ("history_behind", "behind")
        if not is_passing or time.monotonic() > end:
            return status, answer
        time.sleep(0.1)


class ServicesTest(unittest.TestCase):
    """Tests that share one exchange per class."""

    store = "sqlite"
    flags = NO_LIMITS
    _users = 0

    @classmethod
    def setUpClass(cls):
        cls.exchange = Services(*cls.flags, store=cls.store).start()
        cls.addClassCleanup(cls.exchange.close)

    @classmethod
    def tearDownClass(cls):
        status = cls.exchange.stop()
        verified = cls.exchange.journal("verify")
        assert status == 0, cls.exchange.log()[-3000:]
        assert "verified: yes" in verified.stdout, verified.stdout + verified.stderr

    def user(self, **funds):
        ServicesTest._users += 1
        client = self.exchange.user(f"user{ServicesTest._users}@example.com", **funds)
        self.addCleanup(client.close)
        return client

    def process(self, name):
        return self.exchange.programs()[name]["process"]

    def at(self, name, client):
        """The same user, speaking to one program without the proxy."""
        return Client(self.exchange.programs()[name]["port"], client.token)

    @contextlib.contextmanager
    def stopped(self, name):
        process = self.process(name)
        os.kill(process, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(process, signal.SIGCONT)

    def is_ready(self, name):
        return is_healthy(self.exchange.programs()[name]["port"])

    def taken(self, client):
        """Whether an order is."""
        return client.request("POST", "/order", order(time_in_force="IOC"))[0] == 200

    def kill(self, name):
        """kill -9; it is started again."""
        before = self.exchange.programs()[name]
        os.kill(before["process"], signal.SIGKILL)
        wait_until(lambda: not self.exchange.running({name: before}), f"{name} is gone")

    def sent(self, server, client, body):
        """An order on its way through one server: a thread that ends with its answer, and the answer."""
        told = []

        def place():
            with self.at(server, client) as sender, contextlib.suppress(OSError, http.client.HTTPException):
                told.append(sender.request("POST", "/order", body))

        flight = threading.Thread(target=place)
        flight.start()
        return flight, told

    def commands_in_redis(self):
        """Entries that wait for the engine, or are not durable yet."""
        return int(self.exchange.ask_redis("xlen", "sauda:{main}:commands"))

    @contextlib.contextmanager
    def engine_not_reading(self):
        """The engine stands still, and what comes now waits in the stream."""
        wait_until(lambda: self.commands_in_redis() == 0, "what was taken is trimmed")
        with self.stopped("engine"):
            time.sleep(0.7)  # past its last read
            yield
