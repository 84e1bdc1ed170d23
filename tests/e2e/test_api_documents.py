"""The API's documents tell what the API does: every route and message in both directions, every answer against its schema."""
import asyncio
import collections
import json
import re
import unittest

from api_calls import CALLS, order
from api_documents import AsyncApi, OpenApi
from harness import Exchange, ExchangeTest, receive, run

# Messages that no quiet test can have the server send: they are for slow readers, or for what was archived. The feed's
# unit tests and test_websocket.py have them. Or they are of several shards, of which there is one here.
RARE = {"TradeGap", "ResumeTooOld", "OrderCanceledBefore", "OrderRepeated", "TransferSent", "TransferReceived"}


def filled(value, kept):
    """`value` with every {name} replaced; a text that is nothing else becomes what was kept."""
    if isinstance(value, dict):
        return {name: filled(each, kept) for name, each in value.items()}
    if isinstance(value, list):
        return [filled(each, kept) for each in value]
    if isinstance(value, str):
        whole = re.fullmatch(r"\{(\w+)\}", value)
        return kept[whole[1]] if whole else re.sub(r"\{(\w+)\}", lambda name: str(kept[name[1]]), value)
    return value


class Rest(ExchangeTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.document = OpenApi()

    def clients(self):
        people = {name: self.exchange.user(f"{name}@example.com", INR="100000", TATA="1000") for name in ("alice", "bob")}
        return {**people, "operator": self.exchange.operator(), None: self.exchange.client()}

    def test_the_document_is_well_formed(self):
        self.document.check_itself()
        for (_, path), operation in self.document.operations.items():
            declared = {parameter.get("name") for parameter in operation.get("parameters", []) if parameter.get("in") == "path"}
            self.assertEqual(declared, set(re.findall(r"\{(\w+)\}", path)))

    def test_routes_and_operations_are_the_same(self):
        with self.exchange.client() as client:
            routes = {(route["method"], route["path"]) for route in client.ok("GET", "/api/v1/routes")["routes"]}
        self.assertGreater(len(routes), 40)
        documented = {(method, path) for method, path in self.document.operations}
        self.assertEqual(routes - documented, set(), "routes that the document does not tell of")
        self.assertEqual(documented - routes, set(), "operations that there are not")

    def test_the_documents_are_served_as_they_stand(self):
        with self.exchange.client() as client:
            for name, document in (("openapi", self.document), ("asyncapi", AsyncApi())):
                status, headers, text = client.raw("GET", f"/api/v1/{name}.json")
                self.assertEqual((status, headers["Content-Type"], text), (200, "application/json", document.text))

    def send(self, call, clients, kept):
        """Sends one call of the list and holds what it says against the document."""
        path, body = filled(call.path, kept), filled(call.body, kept)
        role = filled(call.role, kept)
        if role not in clients:
            clients[role] = self.exchange.client(role)  # a token that was kept
        client = clients[role]
        what = f"{call.method} {path} {json.dumps(body)}"
        status, _, text = client.raw(call.method, path, None if body is None else json.dumps(body))
        self.assertEqual(status, call.status, f"{what}: {text}")
        template = self.document.template(call.method, path)
        self.assertIsNotNone(template, what)
        schema = self.document.response_schema(call.method, template, status)
        self.assertIsNotNone(schema, f"{what}: the document does not tell of {status}")
        answer = text if schema == {"type": "string"} else json.loads(text)
        self.assertEqual(self.document.mistakes(schema, answer), [], f"{what}: {text}")
        self.check_request(call, template, path, body)
        for name, take in call.keep.items():
            kept[name] = take(answer)
        return call.method, template, status

    def check_request(self, call, template, path, body):
        """What succeeded must be what the document says may be asked."""
        if call.status >= 300:
            return
        schema = self.document.request_schema(call.method, template)
        self.assertEqual(schema is None, body is None, template)
        if body is not None:
            self.assertEqual(self.document.mistakes(schema, body), [], f"{template} {body}")
        given = {pair.split("=")[0] for pair in path.partition("?")[2].split("&") if pair}
        self.assertEqual(given - self.document.parameter_names(call.method, template), set(), path)

    def test_every_operation_answers_as_documented(self):
        clients, kept = self.clients(), {}
        seen = collections.defaultdict(set)
        for call in CALLS:
            method, template, status = self.send(call, clients, kept)
            seen[method, template].add(status)
        for key, operation in self.document.operations.items():
            successes = {int(status) for status in operation["responses"] if status < "300"} - {202}
            wanted = successes or {int(status) for status in operation["responses"]}
            if operation.get("x-several-shards"):  # test_shards.py
                wanted = {422}
            self.assertEqual(wanted - seen[key], set(), f"{key} has no call in api_calls.py that answers so")
        for client in clients.values():
            client.close()

    def test_a_wrong_answer_would_be_noticed(self):
        schema = self.document.response_schema("GET", "/api/v1/trades", 200)
        good = {"status": "Success", "market": "A", "trades": [{"trade_id": 1, "price": "1.0", "quantity": "1", "taker_side": "Buy", "time": 1}],
                "next_cursor": None}
        self.assertEqual(self.document.mistakes(schema, good), [])
        for name, bad in (("status", "Error"), ("trades", {}), ("next_cursor", "1"), ("more", 1)):
            self.assertTrue(self.document.mistakes(schema, {**good, name: bad}), name)
        for name, bad in (("trade_id", "1"), ("price", 1.0), ("price", "1e5"), ("taker_side", "buy"), ("maker", 7)):
            row = {**good["trades"][0], name: bad}
            self.assertTrue(self.document.mistakes(schema, {**good, "trades": [row]}), name)


class Listener:
    """A connection that holds every message, sent and received, against the document."""

    def __init__(self, test, socket, document, seen):
        self.test, self.socket, self.document, self.seen = test, socket, document, seen
        self.requests = 0

    async def hear(self):
        message = await receive(self.socket)
        kinds = self.document.kinds("tell", message)
        self.test.assertEqual(len(kinds), 1, f"{kinds}: {json.dumps(message)}")
        self.seen.update(kinds)
        return message

    async def until(self, is_wanted):
        while not is_wanted(message := await self.hear()):
            pass
        return message

    async def ask(self, message, ok=True):
        """Sends it and returns its answer."""
        self.requests += 1
        asked = {**message, "request_id": self.requests}
        if ok:
            self.test.assertIn(next(iter(message)), self.document.kinds("ask", asked), message)
            self.seen.add(next(iter(message)))
        await self.socket.send(json.dumps(asked))
        answer = await self.until(lambda m: m.get("request_id") == self.requests)
        self.test.assertEqual(answer.get("status", "Success") == "Success", ok, (message, answer))
        return answer


class Socket(unittest.TestCase):
    def test_the_document_is_well_formed(self):
        AsyncApi().check_itself()

    def test_every_message_is_as_documented(self):
        document, seen = AsyncApi(), set()
        with Exchange(*ExchangeTest.flags) as exchange:
            alice, bob = (exchange.user(f"{name}@example.com", INR="100000", TATA="1000") for name in ("alice", "bob"))
            with exchange.client() as client:
                names = client.ok("GET", "/api/v1/routes")["socket_messages"]
            asked, told = document.messages("ask"), document.messages("tell")
            self.assertEqual(set(asked), set(names), "what clients may send")

            async def scenario():
                async with exchange.socket() as public, exchange.socket() as private:
                    await self.listen(Listener(self, public, document, seen), Listener(self, private, document, seen), exchange, alice, bob)

            run(scenario())
            self.assertEqual(set(asked) - seen, set(), "messages that this test does not send")
            self.assertEqual(set(told) - seen - RARE, set(), "messages that were not heard")
            self.assertEqual(RARE & seen, set(), "not so rare")
            for client in (alice, bob):
                client.close()

    async def listen(self, public, private, exchange, alice, bob):
        candles = {"market": "TATA_INR", "interval": "1s"}
        for name in ("Orderbook", "Trades", "Ticker"):
            await public.ask({"Subscribe" + name: "TATA_INR"})
        await public.ask({"SubscribeCandles": candles})
        await public.ask({"SubscribeOrderbook": "NONE"}, ok=False)
        await private.ask({"PlaceOrder": order("Buy", 100, 1)}, ok=False)
        await private.ask({"Authenticate": alice.token})
        placed = await private.ask({"PlaceOrder": order("Buy", "100.00", 10, client_order_id="a")})
        await private.ask({"PlaceOrder": order("Buy", "100.00", 11, client_order_id="a")}, ok=False)
        bob.place("Sell", "100.00", 4)
        await private.until(lambda m: m.get("event_type") == "PartialFill")
        await private.ask({"AmendOrder": {"order_id": placed["order_id"], "quantity": 8}})
        replaced = await private.ask({"ReplaceOrder": {"order_id": placed["order_id"], **order("Buy", "99.00", 5)}})
        bob.place("Sell", "99.00", 5)
        await private.until(lambda m: m.get("event_type") == "FullFill" and m["order_id"] == replaced["order_id"])
        await private.ask({"PlaceOrders": [order("Buy", "98.00", 1), order("Buy", "97.00", 1), order("Buy", "97.01", 1)]})
        bob.place("Sell", "98.00", 1)
        await private.ask({"PlaceOrder": {"order_type": "Buy", "order_kind": "Market", "quote_quantity": 500, "market": "TATA_INR"}})
        again = await private.ask({"PlaceOrder": order("Buy", "96.00", 2)})
        await private.ask({"CancelOrder": {"order_id": again["order_id"]}})
        await private.ask({"CancelOrder": {"order_id": again["order_id"]}}, ok=False)
        await private.ask({"CancelAll": {}})
        switch = await private.ask({"CancelOnDisconnect": {"timeout_ms": 60000}})
        await private.ask({"CancelOnDisconnect": {"timeout_ms": 60000, "takes_over": switch["lease"][:-1] + "999"}})
        await private.ask({"CancelOnDisconnect": {"timeout_ms": 1}}, ok=False)
        await private.ask({"CancelOnDisconnect": None})
        await private.ask({"Resume": {"account_sequence": 0}})
        await private.ask({"Ping": {}})
        exchange.admin("withdraw", "alice@example.com", "INR", "1")
        exchange.admin("freeze", "alice@example.com")
        await private.until(lambda m: m.get("event_type") == "AccountFrozen")
        await public.until(lambda m: m.get("channel") == "candles" and m["candle"]["closed"])
        for name in ("Orderbook", "Trades", "Ticker"):
            await public.ask({"Unsubscribe" + name: "TATA_INR"})
        await public.ask({"UnsubscribeCandles": candles})
        # Authenticated and resumed by one message.
        await public.socket.send(json.dumps({"Authenticate": bob.token, "Resume": {"account_sequence": 0}}))
        await public.until(lambda m: m.get("action") == "resumed")
        await asyncio.sleep(0)


if __name__ == "__main__":
    unittest.main()
