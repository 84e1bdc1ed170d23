"""The running exchange as tests see it: a process, HTTP, WebSocket, the admin command line.

Standard library and Debian's python3-websockets. SAUDA names the built binary. With SAUDA_TEST_MODE=services an
exchange is `./run services`, several programs joined by Redis, and otherwise `sauda run`, one process.
"""
import asyncio
import atexit
import binascii
import glob
import http.client
import json
import os
import re
import signal
import subprocess
import tempfile
import time
import unittest

import websockets

from postgres_server import PostgresServer

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.environ.get("SAUDA", os.path.join(ROOT, "build", "release", "sauda"))
RUN_SERVICES = os.path.join(ROOT, "tools", "services", "run_services")
IS_SERVICES = os.environ.get("SAUDA_TEST_MODE") == "services"
PATIENCE_S = 15


class OneProcess:
    """One `sauda run` on a data directory of its own (or a given one), on free ports of 127.0.0.1."""

    words = (BINARY, "run")

    def __init__(self, *flags, data_dir=None, environment=None):
        self._temporary = None if data_dir else tempfile.TemporaryDirectory(prefix="sauda-test-")
        self.data_dir = data_dir or os.path.join(self._temporary.name, "data")
        self.flags = list(flags)
        # Settings of whoever runs the tests are not those of the tests.
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("SAUDA_")}
        self.environment = {**inherited, "SAUDA": BINARY, "SAUDA_DATA_DIR": self.data_dir, "SAUDA_HTTP_PORT": "0", "SAUDA_WS_PORT": "0",
                            **(environment or {})}
        self.process = None

    def start(self):
        self.log_path = self.data_dir + ".log"
        # The rest by environment, so that a test's flags outweigh it.
        # setpriv: no test, however it ends, leaves an exchange behind.
        arguments = ["setpriv", "--pdeathsig", "KILL", *self.words, *self.flags]
        try:
            with open(self.log_path, "ab") as log:
                self.process = subprocess.Popen(arguments, stdout=log, stderr=log, env=self.environment)
            self._wait_until_it_listens()
        except BaseException:
            self.close()
            raise
        return self

    def _wait_until_it_listens(self):
        end = time.monotonic() + PATIENCE_S
        path = os.path.join(self.data_dir, "runtime.json")
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise RuntimeError(f"the exchange ended with {self.process.returncode}:\n{self.log()[-3000:]}")
            try:
                with open(path, encoding="utf-8") as file:
                    runtime = json.load(file)
                if runtime["process"] == self.process.pid:
                    self.http_port, self.ws_port = runtime["http_port"], runtime["ws_port"]
                    return
            except (FileNotFoundError, json.JSONDecodeError):
                pass
            time.sleep(0.01)
        raise RuntimeError("the exchange does not listen:\n" + self.log()[-3000:])

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def kill(self):
        """kill -9, at once."""
        if self.process and self.process.poll() is None:
            self.process.kill()
        if self.process:
            self.process.wait()

    def restart(self, ending=None):
        """Ends it (by default in order) and starts it again on the same data."""
        (ending or self.stop)()
        return self.start()

    def stop(self, sig=signal.SIGTERM):
        """Asks it to stop; its exit status."""
        self.process.send_signal(sig)
        return self.process.wait(timeout=PATIENCE_S)

    def close(self):
        self.kill()
        if self._temporary:
            self._temporary.cleanup()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.close()

    # --- Talking to it ---

    def client(self, token=None):
        return Client(self.http_port, token)

    def user(self, email, **funds):
        """A registered user with balances, logged in."""
        anonymous = self.client()
        anonymous.request("POST", "/register", {"email": email, "password": "correct horse"})
        token = anonymous.ok("POST", "/login", {"email": email, "password": "correct horse"})["token"]
        anonymous.close()
        operator = self.operator()
        for asset, amount in funds.items():
            operator.ok("POST", "/api/v1/admin/deposit",
                        {"email": email, "asset": asset, "amount": str(amount), "reference": f"{email}-{asset}"})
        operator.close()
        client = self.client(token)
        client.email = email
        return client

    def operator(self):
        with open(os.path.join(self.data_dir, "operator.token"), encoding="utf-8") as file:
            return self.client(file.read().strip())

    def admin(self, *words):
        return subprocess.run([BINARY, "admin", "--data-dir", self.data_dir, *words], capture_output=True, text=True,
                              timeout=PATIENCE_S, check=False)

    def journal(self, verb, *words):
        return subprocess.run([BINARY, "journal", verb, self.data_dir, *words], capture_output=True, text=True,
                              timeout=120, check=False)

    def refusals_of_redis(self):
        """What its users file forbade the programs: nothing that they need."""
        return ""

    def metrics_ports(self):
        """Every port that has a page of metrics for Prometheus."""
        return [self.http_port]

    @staticmethod
    def metrics_page(port):
        with Client(port) as client:
            status, _, text = client.raw("GET", "/metrics")
        assert status == 200
        return text

    def metrics(self):
        return self._metrics_of(self.http_port)

    def _metrics_of(self, port):
        text = self.metrics_page(port)
        lines = [line.rsplit(" ", 1) for line in text.splitlines() if line and not line.startswith("#")]
        return {name: float(value) for name, value in lines}

    def socket(self, path="/", port=None):
        return websockets.connect(f"ws://127.0.0.1:{port or self.ws_port}{path}", ping_interval=None)


class Services(OneProcess):
    """The same as several programs: Redis, an engine, API servers, broadcasters, a history writer and HAProxy."""

    _postgres = None
    _databases = {}

    def __init__(self, *flags, store=os.environ.get("SAUDA_TEST_STORE", "shared"), data_dir=None, environment=None):
        """`store`: "own" is a PostgreSQL for it alone, whose cluster takes seconds to make; "shared" a database for each data
        directory in one server of the test program; "sqlite" files in the data directory."""
        super().__init__(*flags, data_dir=data_dir, environment=environment)
        self.words = (RUN_SERVICES, "--sqlite") if store == "sqlite" else (RUN_SERVICES,)
        if store == "shared":
            self.environment.setdefault("SAUDA_STORE", self._database_of(self.data_dir))

    @staticmethod
    def _database_of(data_dir):
        if Services._postgres is None:
            Services._postgres = PostgresServer().start()
            atexit.register(Services._postgres.close)
        if data_dir not in Services._databases:
            Services._databases[data_dir] = Services._postgres.new_database()[1]
        return Services._databases[data_dir]

    def programs(self):
        """Process, port and restarts of each program, by name; none when none was started."""
        try:
            with open(os.path.join(self.data_dir, "services.json"), encoding="utf-8") as file:
                return json.load(file)
        except FileNotFoundError:
            return {}

    @staticmethod
    def running(programs):
        """Those that still do."""
        def is_running(process):
            try:
                with open(f"/proc/{process}/stat", encoding="utf-8") as file:
                    return file.read().rsplit(")", 1)[1].split()[0] != "Z"
            except (FileNotFoundError, ProcessLookupError):
                return False

        return [name for name, program in programs.items() if is_running(program["process"])]

    def log(self):
        """What the programs print, their logs as one, and then what ./run services says."""
        texts, lines = [], []
        for path in sorted(glob.glob(os.path.join(self.data_dir, "logs", "*"))):
            with open(path, encoding="utf-8", errors="replace") as file:
                if path.endswith(".log"):
                    lines += file.readlines()
                else:
                    texts.append(file.read())
        # A line of JSON begins with its time.
        return "".join([*texts, *sorted(lines, key=lambda line: line.startswith("{") and line[:40] or ""), super().log()])

    def kill(self):
        """kill -9 of all, at once."""
        programs = self.programs()
        super().kill()
        end = time.monotonic() + PATIENCE_S
        while self.running(programs):
            assert time.monotonic() < end, self.running(programs)
            time.sleep(0.01)

    def ask_redis(self, *words):
        """Redis's answer to its operator."""
        with open(os.path.join(self.data_dir, "redis", "operator.password"), encoding="utf-8") as file:
            environment = {**os.environ, "REDISCLI_AUTH": file.read()}
        words = ["redis-cli", "-p", str(self.programs()["redis"]["port"]), "--user", "operator", *words]
        return subprocess.run(words, capture_output=True, text=True, env=environment, check=True).stdout.strip()

    def refusals_of_redis(self):
        return self.ask_redis("acl", "log")

    def metrics_ports(self):
        return [program["port"] for name, program in self.programs().items() if name not in ("redis", "haproxy", "postgresql")]

    def metrics(self):
        """Those of all programs: counts are added up, of the rest the largest holds."""
        all_of_them = {}
        for port in self.metrics_ports():
            for sample, value in self._metrics_of(port).items():
                is_count = re.search("_(total|count|sum|bucket)$", sample.split("{")[0])
                before = all_of_them.get(sample)
                if before is None:
                    all_of_them[sample] = value
                else:
                    all_of_them[sample] = before + value if is_count else max(before, value)
        return all_of_them


Exchange = Services if IS_SERVICES else OneProcess


def of_one_process(reason):
    """Marks a test, or a class of them, that several programs cannot be held to: the reason is a sentence."""
    return unittest.skipIf(IS_SERVICES, reason)


class Client:
    """A keep-alive HTTP connection that sends and reads JSON."""

    def __init__(self, port, token=None):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
        self.token = token
        self.email = None

    def moved_to(self, exchange):
        """Speaks to a restarted exchange from now on."""
        self.close()
        self.connection.port = exchange.http_port
        return self

    def raw(self, method, path, body=None, headers=None):
        headers = dict(headers or {})
        if self.token and "Authorization" not in headers:
            headers["Authorization"] = f"Bearer {self.token}"
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
        self.connection.request(method, path, body, headers)
        response = self.connection.getresponse()
        return response.status, response.headers, response.read().decode()

    def request(self, method, path, body=None, headers=None):
        """Status and parsed JSON. `body`: text as it is, anything else as JSON."""
        text = body if body is None or isinstance(body, (str, bytes)) else json.dumps(body)
        status, _, answer = self.raw(method, path, text, headers)
        return status, json.loads(answer)

    def ok(self, method, path, body=None):
        status, answer = self._settled(method, path, body)
        assert status in (200, 201), (method, path, body, status, answer)
        assert answer["status"] == "Success", answer
        return answer

    def refused(self, status, code, method, path, body=None):
        got, answer = self.request(method, path, body) if code == "history_behind" else self._settled(method, path, body)
        assert (got, answer.get("code")) == (status, code), (method, path, body, got, answer)
        assert answer["status"] == "Error" and answer["error"], answer
        return answer

    def _settled(self, method, path, body):
        """The answer once history is there: on a busy machine it lags, and says so rather than tell what is stale."""
        end = time.monotonic() + PATIENCE_S
        while True:
            status, answer = self.request(method, path, body)
            if answer.get("code") != "history_behind" or time.monotonic() > end:
                return status, answer

    def place(self, side, price, quantity, market="TATA_INR", **more):
        order = {"order_type": side, "order_kind": "Limit", "price": price, "quantity": quantity, "market": market, **more}
        return self.ok("POST", "/order", order)

    def cancel_all(self):
        return self.ok("DELETE", "/api/v1/orders")

    def sequence(self):
        """The last command that anyone's request became."""
        return self.ok("GET", "/api/v1/balances")["sequence"]

    def balance(self, asset):
        balances = self.ok("GET", "/api/v1/balances")["balances"]
        return next((row["available"], row["held"]) for row in balances if row["asset"] == asset)

    def close(self):
        self.connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class BookCopy:
    """A client's own order book: follows snapshot and updates, and proves every one of them."""

    def __init__(self):
        self.sequence = None
        self.sides = {"bids": {}, "asks": {}}
        self.updates = 0

    def take(self, message):
        if "first_sequence" in message:
            assert message["first_sequence"] == self.sequence + 1, (self.sequence, message)
            assert message["last_sequence"] >= message["first_sequence"]
            self.sequence = message["last_sequence"]
            self.updates += 1
        else:
            self.sequence = message["sequence"]
            self.sides = {"bids": {}, "asks": {}}
        for side, levels in self.sides.items():
            for price, quantity in message[side]:
                if float(quantity) == 0:
                    levels.pop(price, None)
                else:
                    levels[price] = quantity
        assert self.checksum() == message["checksum"], (self.text(), message)

    def best(self, side):
        return sorted(self.sides[side].items(), key=lambda level: float(level[0]), reverse=side == "bids")

    def text(self):
        bids, asks = self.best("bids")[:10], self.best("asks")[:10]
        parts = []
        for i in range(10):
            for levels in (bids, asks):
                if i < len(levels):
                    parts.append(f"{levels[i][0]}:{levels[i][1]}")
        return ":".join(parts)

    def checksum(self):
        return binascii.crc32(self.text().encode())


class ExchangeTest(unittest.TestCase):
    """Tests that share one running exchange per class."""

    flags = ("--no-demo", "--rate-logins-per-minute-ip", "100000", "--rate-requests-per-second-ip", "100000",
             "--rate-request-burst-ip", "1000000", "--rate-orders-per-second-account", "100000",
             "--rate-order-burst-account", "1000000")

    @classmethod
    def setUpClass(cls):
        cls.exchange = Exchange(*cls.flags).start()

    @classmethod
    def tearDownClass(cls):
        try:
            refusals = cls.exchange.refusals_of_redis()
            status = cls.exchange.stop()
            verified = cls.exchange.journal("verify")
        finally:
            cls.exchange.close()
        assert status == 0, status
        assert refusals == "", refusals
        assert "verified: yes" in verified.stdout, verified.stdout + verified.stderr

    _users = 0

    def user(self, **funds):
        ExchangeTest._users += 1
        return self.exchange.user(f"user{ExchangeTest._users}@example.com", **funds)


def wait_until(condition, what, patience_s=2 * PATIENCE_S):
    end = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def catch_up(exchange):
    """Waits until the history of an exchange tells of every command."""
    end = time.monotonic() + PATIENCE_S
    while exchange.metrics()["sauda_history_lag_commands"] > 0:
        assert time.monotonic() < end, exchange.metrics()
        time.sleep(0.02)


async def receive(socket, timeout=PATIENCE_S):
    return json.loads(await asyncio.wait_for(socket.recv(), timeout))


async def receive_until(socket, is_wanted, timeout=PATIENCE_S):
    """Messages up to and including the first that is wanted."""
    messages = []
    end = time.monotonic() + timeout
    while not messages or not is_wanted(messages[-1]):
        messages.append(await receive(socket, max(0.01, end - time.monotonic())))
    return messages


async def ask(socket, message, request_id):
    """Sends an order message and returns its answer; private events on the way are passed over."""
    await socket.send(json.dumps({**message, "request_id": request_id}))
    return (await receive_until(socket, lambda answer: answer.get("request_id") == request_id))[-1]


async def authenticate(socket, client):
    """Makes the connection the client's; its account sequence at that moment."""
    await socket.send(json.dumps({"Authenticate": client.token}))
    return (await receive_until(socket, lambda m: m.get("action") == "authenticated"))[-1]["account_sequence"]


def run(coroutine):
    return asyncio.run(coroutine)
