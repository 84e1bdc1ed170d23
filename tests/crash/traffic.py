"""Random, real traffic: traders on HTTP and WebSocket, and an operator who moves funds and registers users."""

import random
import threading

from records import (AMEND, BATCH, CANCEL, CANCEL_ALL, DEPOSIT, PLACE, REPLACE, WITHDRAW, Request)
from wire import ConnectionLost, HttpConnection, WebSocket

# market → price in the middle, tick, decimals of price, smallest quantity, decimals of quantity
TERMS = {"TATA_INR": (100.0, 0.05, 2, 1, 0), "JIO_INR": (250.0, 0.05, 2, 1, 0),
         "BTC_USDT": (50000.0, 0.01, 2, 0.001, 5), "ETH_USDT": (3000.0, 0.01, 2, 0.01, 5)}
ASSETS = {"INR": "10000000", "USDT": "10000000", "TATA": "100000", "JIO": "100000", "BTC": "1000", "ETH": "1000"}


def random_order(rng, key):
    market = rng.choice(list(TERMS))
    middle, tick, price_decimals, lot, quantity_decimals = TERMS[market]
    body = {"market": market, "order_type": rng.choice(("Buy", "Sell")), "order_kind": "Limit",
            "client_order_id": key}
    quantity = f"{lot * rng.randint(1, 20):.{quantity_decimals}f}"
    dice = rng.random()
    if dice < 0.08 and body["order_type"] == "Buy":
        body |= {"order_kind": "Market", "quote_quantity": str(rng.randint(50, 2000))}
    elif dice < 0.16:
        body |= {"order_kind": "Market", "quantity": quantity}
    else:
        body |= {"price": f"{middle + tick * rng.randint(-8, 8):.{price_decimals}f}", "quantity": quantity}
        if dice < 0.26:
            body["time_in_force"] = rng.choice(("IOC", "FOK"))
        elif dice < 0.34:
            body["post_only"] = True
        elif dice < 0.37:
            body["quantity"] = "99999999"   # more than anyone has: refused
    return body


class Trader(threading.Thread):
    """Sends one request after the other on a keep-alive connection until the connection is lost."""

    def __init__(self, exchange, user, round_number, seed, stop):
        super().__init__(daemon=True)
        self._http = HttpConnection(exchange.host, exchange.http_port, user.token)
        self._user, self._round, self._stop_event = user, round_number, stop
        self._rng = random.Random(seed)
        self._known = []   # orders that may be open, with their markets
        self.failure = None

    def run(self):
        try:
            while not self._stop_event.is_set():
                self._perform(self._next())
        except ConnectionLost:
            pass
        except Exception as error:   # pylint: disable=broad-except
            self.failure = error
        self._http.close()

    def _perform(self, request):
        self._user.requests.append(request)
        request.status, request.reply = self._http.request(request.method, request.path, request.body)
        if request.is_success() and request.kind in (PLACE, REPLACE):
            self._learn(request.body, request.reply)
        elif request.is_success() and request.kind == BATCH:
            for body, reply in zip(request.body["orders"], request.reply["results"]):
                self._learn(body, reply)

    def _learn(self, body, reply):
        if reply.get("order_status") in ("New", "PartiallyFilled"):
            self._known.append((reply["order_id"], body["market"]))
            del self._known[:-40]

    def _key(self):
        return self._user.next_key(self._round)

    def _next(self):
        dice = self._rng.random()
        if dice < 0.48 or not self._known:
            return Request(PLACE, "POST", "/order", random_order(self._rng, self._key()))
        if dice < 0.56:
            return self._batch()
        if dice < 0.66:
            return self._amend()
        if dice < 0.80:
            order, _ = self._take()
            return Request(CANCEL, "DELETE", f"/order/{order}", None, order=order)
        if dice < 0.88:
            order, _ = self._take()
            body = random_order(self._rng, self._key()) | {"cancel_order_id": order}
            return Request(REPLACE, "POST", "/api/v1/orders/replace", body, order=order)
        if dice < 0.90:
            return Request(CANCEL_ALL, "DELETE", f"/api/v1/orders?market={self._rng.choice(list(TERMS))}", None)
        return self._again()

    def _take(self):
        return self._known.pop(self._rng.randrange(len(self._known)))

    def _batch(self):
        key = self._key()
        orders = [random_order(self._rng, None) for _ in range(self._rng.randint(2, 8))]
        for order in orders:
            del order["client_order_id"]   # each takes key:index
        return Request(BATCH, "POST", "/api/v1/orders/batch", {"client_order_id": key, "orders": orders})

    def _amend(self):
        order, market = self._rng.choice(self._known)
        middle, tick, price_decimals, lot, quantity_decimals = TERMS[market]
        quantity = f"{lot * self._rng.randint(1, 12):.{quantity_decimals}f}"
        body = {"client_order_id": self._key(), self._rng.choice(("quantity", "leaves", "reduce_by")): quantity}
        if self._rng.random() < 0.5:
            body["price"] = f"{middle + tick * self._rng.randint(-8, 8):.{price_decimals}f}"
        return Request(AMEND, "PATCH", f"/order/{order}", body, order=order)

    def _again(self):
        """The same request once more: a client that did not trust its first answer."""
        recent = [r for r in self._user.requests[-30:] if r.kind == PLACE and r.is_success() and r.replays is None]
        if not recent:
            return Request(PLACE, "POST", "/order", random_order(self._rng, self._key()))
        first = self._rng.choice(recent)
        return Request(first.kind, first.method, first.path, first.body, replays=first)


class Streamer(threading.Thread):
    """Keeps a user's private events as they are streamed, and the answers to orders sent by WebSocket."""

    def __init__(self, exchange, user, round_number, seed, stop):
        super().__init__(daemon=True)
        self._exchange, self._user, self._round, self._stop_event = exchange, user, round_number, stop
        self._rng = random.Random(seed)
        self._waiting = {}
        self.attached = threading.Event()   # from here on every event is streamed
        self.failure = None

    def run(self):
        try:
            socket = WebSocket(self._exchange.host, self._exchange.ws_port)
            socket.send({"Authenticate": self._user.token})
            while True:
                self._take(socket.receive())
                if self._user.live and not self._stop_event.is_set() and len(self._waiting) < 6 \
                        and self._rng.random() < 0.10:
                    self._send_orders(socket)
        except ConnectionLost:
            pass
        except Exception as error:   # pylint: disable=broad-except
            self.failure = error

    def _send_orders(self, socket):
        """Some orders in one go: none waits for the other's answer."""
        for _ in range(self._rng.randint(1, 4)):
            body = random_order(self._rng, self._user.next_key(self._round))
            request = Request(PLACE, "POST", "/order", body)
            self._user.requests.append(request)
            self._waiting[body["client_order_id"]] = request
            socket.send({"PlaceOrder": body | {"request_id": body["client_order_id"]}})

    def _take(self, message):
        if message.get("action") == "authenticated":
            self.attached.set()   # no orders yet: the others may not be attached
        elif "response_to" in message:
            request = self._waiting.pop(message.pop("request_id"))
            del message["response_to"]
            status = message.pop("http_status")
            request.reply, request.status = message, status
        elif "account_sequence" in message and "event_type" in message:
            sequence = message["account_sequence"]
            if sequence - 1 not in self._user.live and self._user.live:
                raise AssertionError(f"the stream skips to {sequence}")
            self._user.live[sequence] = message


class Operator(threading.Thread):
    """Deposits, withdraws, and registers new users."""

    def __init__(self, exchange, users, registrations, round_number, seed, stop):
        super().__init__(daemon=True)
        self._address = (exchange.host, exchange.http_port)
        self._http = HttpConnection(*self._address, exchange.operator_token())
        self._users, self._registrations = users, registrations
        self._round, self._stop_event = round_number, stop
        self._rng = random.Random(seed)
        self.failure = None

    def run(self):
        try:
            number = 0
            while not self._stop_event.is_set():
                number += 1
                if number % 25 == 5:
                    self._register(number)
                self._transfer(f"t{self._round}-{number}")
        except ConnectionLost:
            pass
        except Exception as error:   # pylint: disable=broad-except
            self.failure = error
        self._http.close()

    def _transfer(self, reference):
        user = self._rng.choice(self._users)
        asset = self._rng.choice(list(ASSETS))
        kind = self._rng.choice((DEPOSIT, WITHDRAW))
        body = {"email": user.email, "asset": asset, "amount": str(self._rng.randint(1, 50)), "reference": reference}
        request = Request(kind, "POST", f"/api/v1/admin/{kind}", body)
        user.requests.append(request)
        request.status, request.reply = self._http.request(request.method, request.path, body)
        self._stop_event.wait(self._rng.random() * 0.01)

    def _register(self, number):
        body = {"email": f"new{self._round}-{number}@crash.test", "password": f"amber-lantern-{self._round}-{number}"}
        request = Request("register", "POST", "/register", body)
        self._registrations.append(request)
        request.status, request.reply = HttpConnection(*self._address).request("POST", "/register", body)
