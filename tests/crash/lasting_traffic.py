"""Clients who do not give up: they connect again through the proxy and go on where they were."""

import collections
import os
import random
import sys
import threading
import time
from decimal import Decimal

from account import FINAL, MARKETS
from records import OUTCOME_UNKNOWN, PLACE
from traffic import Operator, Streamer, Trader
from wire import ConnectionLost, HttpConnection, Silence, WebSocket

sys.path.append(os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "e2e"))

from harness import BookCopy   # noqa: E402  pylint: disable=wrong-import-position

AGAIN_S = 0.05    # before a lost connection is opened anew
LISTEN_S = 0.3    # so often a listener looks whether it is to end
# Who authenticates hears these of a server that cannot know yet, and asks again.
PASSING = ("storage_failed", "behind", "account_pending", "overloaded")


class Watch:
    """What all clients of a round saw, and when. Any thread."""

    def __init__(self):
        self.counts = collections.Counter()   # of 503, 504, ... by what they say
        self.last_failed_at = 0.0             # when the newest request was sent that was not done
        self.last_unknown_at = 0.0            # when it was last said, or seen, that nobody knows
        self.served_at = {}                   # user → when the newest request was sent that was done
        self.reconnects = 0

    def note(self, user, sent_at, request):
        if request.status is None or request.status in OUTCOME_UNKNOWN:
            self.last_unknown_at = time.monotonic()
        if request.status is None:
            self._failed(sent_at, "lost")
        elif request.status >= 500:
            self._failed(sent_at, f"{request.status} {request.reply.get('code')}")
        else:
            self.served_at[user.index] = max(sent_at, self.served_at.get(user.index, 0.0))

    def _failed(self, sent_at, what):
        self.counts[what] += 1
        self.last_failed_at = max(self.last_failed_at, sent_at)


class Reader:
    """Asks for what was just told, each time on a new connection, at any server: no answer is older than that."""

    def __init__(self, exchange, user, rng):
        self._exchange, self._user, self._rng = exchange, user, rng
        self.seen = self.not_answered = 0

    def look(self, told):
        """`told` is a request that placed an order and was answered with success."""
        port = self._rng.choice((self._exchange.http_port, *self._exchange.api_ports()))
        connection = HttpConnection(self._exchange.host, port, self._user.token)
        try:
            status, order = connection.request("GET", f"/order?client_order_id={told.key()}")
            if self._compare(status, order, told):
                status, balances = connection.request("GET", "/api/v1/balances")
                assert status >= 500 or balances["sequence"] >= told.reply["sequence"], (balances, told)
        except ConnectionLost:
            self.not_answered += 1
        connection.close()

    def ask(self, request):
        """What became of a request whose outcome nobody told: any server that says "unknown" has said it for good."""
        connection = HttpConnection(self._exchange.host, self._rng.choice(self._exchange.api_ports()), self._user.token)
        try:
            status, _ = connection.request("GET", f"/order?client_order_id={request.key()}")
            request.was_told_unknown = status == 404
        except ConnectionLost:
            pass
        connection.close()

    def _compare(self, status, order, told):
        if status >= 500:
            self.not_answered += 1
            return False
        reply = told.reply
        assert status == 200, f"an order that was acknowledged is not found at once: {status} {order}, {told}"
        assert Decimal(order["filled"]) >= Decimal(reply["filled"]), (order, told)
        assert order["order_status"] == reply["order_status"] or reply["order_status"] not in FINAL, (order, told)
        self.seen += 1
        return True


class LastingTrader(Trader):
    """Reads what it was told, too."""

    def __init__(self, exchange, user, round_number, seed, stop, watch, pause_s):
        super().__init__(exchange, user, round_number, seed, stop)
        self._watch, self._pause_s = watch, pause_s
        self.reader = Reader(exchange, user, random.Random(seed))

    def run(self):
        try:
            while not self._stop_event.is_set():
                self._send(self._next())
        except Exception as error:   # pylint: disable=broad-except
            self.failure = error
        self._http.close()

    def _send(self, request):
        sent_at = time.monotonic()
        try:
            self._perform(request)
        except ConnectionLost:
            pass
        self._watch.note(self._user, sent_at, request)
        if request.is_success() and request.kind == PLACE and self._rng.random() < 0.2:
            self.reader.look(request)
        is_failed = request.status is None or request.status >= 500
        self._stop_event.wait(AGAIN_S if is_failed else self._rng.uniform(0, 2 * self._pause_s))
        if request.kind == PLACE and not request.is_answered():
            self.reader.ask(request)


class LastingOperator(Operator):
    def __init__(self, exchange, users, registrations, round_number, seed, stop):
        super().__init__(exchange, users, registrations, round_number, seed, stop)
        self._exchange = exchange

    def run(self):
        number = 0
        while not self._stop_event.is_set():
            number += 1
            try:
                if number % 25 == 5:
                    self._register(number)
                self._transfer(f"t{self._round}-{number}")
            except ConnectionLost:
                self._stop_event.wait(AGAIN_S)
            except Exception as error:   # pylint: disable=broad-except
                self.failure = error
                return
        self._http.close()


class LastingStreamer(Streamer):
    """Resumes by account_sequence, so that its stream has neither gap nor double over all connections. Orders are sent by
    it until `stop`; it listens until `end`."""

    def __init__(self, exchange, user, round_number, seed, stop, end, watch):
        super().__init__(exchange, user, round_number, seed, stop)
        self._end, self._watch = end, watch
        self._sent_at = {}
        self.last = None   # account_sequence

    def run(self):
        try:
            while not self._end.is_set():
                try:
                    self._follow()
                except ConnectionLost:
                    self._watch.reconnects += 1
                self._give_up_waiting()
                self._end.wait(AGAIN_S)
        except Exception as error:   # pylint: disable=broad-except
            self.failure = error

    def _follow(self):
        socket = WebSocket(self._exchange.host, self._exchange.ws_port)
        socket.wait_at_most(LISTEN_S)
        message = {"Authenticate": self._user.token}
        if self.last is not None:
            message["Resume"] = {"account_sequence": self.last}
        socket.send(message)
        while not self._end.is_set():
            try:
                self._take(socket.receive())
            except Silence:
                continue
            if self._user.live and not self._stop_event.is_set() and len(self._waiting) < 6 and self._rng.random() < 0.10:
                self._send_orders(socket)
        socket.close()

    def _give_up_waiting(self):
        """Answers to these never come: what became of them is told by other means."""
        for request in self._waiting.values():
            self._watch.note(self._user, self._sent_at[request.key()], request)
        self._waiting = {}

    def _send_orders(self, socket):
        before = len(self._user.requests)
        try:
            super()._send_orders(socket)
        finally:
            for request in self._user.requests[before:]:
                self._sent_at[request.key()] = time.monotonic()

    def _take(self, message):
        code = message.get("code")
        if "response_to" in message:
            request = self._waiting[message["request_id"]]
            super()._take(message)
            self._watch.note(self._user, self._sent_at[request.key()], request)
        elif code in PASSING:
            self._watch.counts[f"stream {code}"] += 1
            raise ConnectionLost(code)
        elif message.get("status") == "Error":
            raise AssertionError(f"a stream is refused: {message}, last {self.last}")
        elif message.get("action") == "authenticated" and self.last is None:
            self.last = message["account_sequence"]
            self.attached.set()
        elif "account_sequence" in message and "event_type" in message:
            sequence = message["account_sequence"]
            assert sequence == self.last + 1, f"the stream of {self._user.email} has {sequence} after {self.last}"
            self.last = sequence
            self._user.live[sequence] = message


class BookFollower(threading.Thread):
    """Follows every public order book; each update is proved, and after a new connection it begins with a snapshot."""

    def __init__(self, exchange, end):
        super().__init__(daemon=True)
        self._exchange, self._end = exchange, end
        self._lock = threading.Lock()
        self._books = {}
        self.updates = self.connections = 0
        self.failure = None

    def sequence(self, market):
        """Of the newest update; -1: there is no book yet."""
        with self._lock:
            book = self._books.get(market)
            return -1 if book is None or book.sequence is None else book.sequence

    def levels(self, market):
        """Prices and quantities as texts, bids and asks, the best first."""
        with self._lock:
            book = self._books[market]
            return [[list(level) for level in book.best(side)] for side in ("bids", "asks")]

    def run(self):
        try:
            while not self._end.is_set():
                try:
                    self._follow()
                except ConnectionLost:
                    self._end.wait(AGAIN_S)
        except Exception as error:   # pylint: disable=broad-except
            self.failure = error

    def _follow(self):
        socket = WebSocket(self._exchange.host, self._exchange.ws_port)
        socket.wait_at_most(LISTEN_S)
        self.connections += 1
        with self._lock:
            self._books = {market: BookCopy() for market in MARKETS}
        for market in MARKETS:
            socket.send({"SubscribeOrderbook": market})
        while not self._end.is_set():
            try:
                message = socket.receive()
            except Silence:
                continue
            if "checksum" in message:
                with self._lock:
                    self._books[message["market"]].take(message)
                self.updates += 1
        socket.close()
