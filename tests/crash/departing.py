"""A client who wants his orders gone when his connection is, and who goes away again and again: without a word, with a reset,
or because what he is connected to goes first. However it ends, his orders do not outlive him for long; and while he is there
they stand, unless what would vouch for him is what was disturbed.
"""

import random
import threading
import time

from exchange import CheckFailed
from wire import ConnectionLost, HttpConnection, Silence, WebSocket

MARKET = "TATA_USDT"       # his alone: nobody trades with him
TIMEOUT_S = 6
LATE_S = 40                # a disturbance may keep all from acting, and a machine be busy
LISTEN_S = 0.2
AGAIN_S = 0.1
CANCELED_BY_LEASE = "cancel_on_disconnect"
# What stands between a connection and the engine: without it for a while, the engine must take him for gone.
VOUCHING = ("redis", "engine", "event-broadcaster")
SETUP = (("/api/v1/admin/markets", {"market": MARKET, "base": "TATA", "quote": "USDT", "tick": "0.01", "lot": "1", "min_notional": 0,
                                    "maker_fee_percent": 0, "taker_fee_percent": 0, "fee_asset": "quote"}),
         ("/api/v1/admin/deposit", {"email": "departing@example.com", "asset": "USDT", "amount": "1000", "reference": "departing"}))


class DepartingUser:
    """He registers once, and is the same in all rounds."""

    email = "departing@example.com"

    def __init__(self, exchange):
        credentials = {"email": self.email, "password": "correct horse"}
        anyone = HttpConnection(exchange.host, exchange.http_port)
        anyone.request("POST", "/register", credentials)
        self.token = anyone.request("POST", "/login", credentials)[1]["token"]
        anyone.close()
        operator = HttpConnection(exchange.host, exchange.http_port, exchange.operator_token())
        for path, body in SETUP:
            status, answer = operator.request("POST", path, body)
            if status not in (200, 201):
                raise CheckFailed(f"{path} is refused: {status} {answer}")
        operator.close()
        self.departures = self.lapses = 0


class DepartingTrader(threading.Thread):
    def __init__(self, exchange, user, kind, seed, stop):
        super().__init__(name="departing trader", daemon=True)
        self._exchange, self._user, self._stop_event = exchange, user, stop
        self._may_lapse = kind.startswith(VOUCHING)
        self._rng = random.Random(seed)
        self.failure = None

    def run(self):
        try:
            while not self._stop_event.is_set():
                self._come_and_go()
        except Exception as error:   # pylint: disable=broad-except
            self.failure = error

    def _come_and_go(self):
        try:
            connection = self._connect()
        except ConnectionLost:
            time.sleep(AGAIN_S)
            return
        is_there, order, ended = True, None, []
        try:
            order = self._ask(connection, {"PlaceOrder": {"order_type": "Buy", "order_kind": "Limit", "market": MARKET,
                                                          "price": "1.00", "quantity": 1}}, ended).get("order_id")
            end = time.monotonic() + self._rng.uniform(0, 1.5 * TIMEOUT_S)
            while time.monotonic() < end and not self._stop_event.is_set():
                self._listen(connection, ended)
        except ConnectionLost:
            is_there = False
        self._leave(connection)
        if order is None:
            return   # placed or not: whatever came of it is looked for the next time
        if is_there and order in ended:
            self._user.lapses += 1
            if not self._may_lapse:
                raise CheckFailed(f"order {order} was canceled while its owner's connection was there")
        self._user.departures += 1
        self._wait_until_none_is_open()

    def _connect(self):
        """An authenticated connection whose end cancels; ConnectionLost where it cannot be had now."""
        connection = WebSocket(self._exchange.host, self._exchange.ws_port)
        for message in ({"Authenticate": self._user.token}, {"CancelOnDisconnect": {"timeout_ms": TIMEOUT_S * 1000}}):
            answer = self._ask(connection, message, [])
            if answer.get("status") != "Success":
                connection.close()
                raise ConnectionLost(str(answer))
        return connection

    @staticmethod
    def _ask(connection, message, ended):
        connection.wait_at_most(20)
        connection.send({**message, "request_id": 1})
        while True:
            answer = connection.receive()
            if answer.get("request_id") == 1:
                return answer
            DepartingTrader._note(answer, ended)

    @staticmethod
    def _listen(connection, ended):
        connection.wait_at_most(LISTEN_S)
        try:
            DepartingTrader._note(connection.receive(), ended)
        except Silence:
            pass

    @staticmethod
    def _note(message, ended):
        if message.get("event_type") != "OrderCanceled":
            return
        if message["reason"] != CANCELED_BY_LEASE:
            raise CheckFailed(f"an order was canceled for another reason: {message}")
        ended.append(message["order_id"])

    def _leave(self, connection):
        """In order, or with a reset, or without a word until the server asks in vain."""
        way = self._rng.choice(("close", "reset", "silence"))
        if way == "reset":
            connection.reset()
        if way == "silence":
            time.sleep(TIMEOUT_S + 2)
        connection.close()

    def _wait_until_none_is_open(self):
        end = time.monotonic() + TIMEOUT_S + LATE_S
        while (left := self._open_orders()) != []:
            if time.monotonic() > end:
                raise CheckFailed(f"orders outlive the connection of their owner by {TIMEOUT_S + LATE_S} s: {left}")
            time.sleep(AGAIN_S)

    def _open_orders(self):
        """None where nobody can say."""
        connection = HttpConnection(self._exchange.host, self._exchange.http_port, self._user.token)
        try:
            status, answer = connection.request("GET", "/api/v1/orders")
        except ConnectionLost:
            return None
        finally:
            connection.close()
        return [order["order_id"] for order in answer["orders"]] if status == 200 else None
