"""Every WebSocket message is answered, under its request id, and order messages leave a line in the log."""
import json
import unittest

from harness import Exchange, ExchangeTest, ask, authenticate, receive, receive_until, run

ORDER = {"order_type": "Buy", "order_kind": "Limit", "price": "90.00", "quantity": 1, "market": "TATA_INR"}


class Answers(ExchangeTest):
    def test_a_binary_message_is_refused_and_the_connection_stays(self):
        async def scenario():
            async with self.exchange.socket() as socket:
                for content in (b"\x00\xff", b'{"Ping":{}}', b""):
                    await socket.send(content)
                    answer = await receive(socket)
                    self.assertEqual((answer["status"], answer["code"]), ("Error", "binary_message"))
                await socket.send('{"Ping":{}}')
                self.assertEqual((await receive(socket))["event"], "pong")

        run(scenario())

    def test_every_answer_repeats_the_request_id(self):
        alice, bob = self.user(INR="1000"), self.user()
        before = ({"SubscribeOrderbook": "TATA_INR"}, {"UnsubscribeOrderbook": "TATA_INR"}, {"SubscribeTrades": "TATA_INR"},
                  {"UnsubscribeTrades": "TATA_INR"}, {"SubscribeOrderbook": "NO_SUCH"}, {"UnsubscribeTrades": "NO_SUCH"},
                  {"SubscribeOrderbook": 7}, {"SubscribeTicker": "TATA_INR"}, {"UnsubscribeTicker": "TATA_INR"},
                  {"SubscribeCandles": {"market": "TATA_INR", "interval": "1m"}}, {"Ping": {}}, {"Ping": None}, {"Nothing": 1}, {},
                  {"Authenticate": "x"}, {"Authenticate": 7}, {"Resume": {"account_sequence": 0}}, {"Resume": {}}, {"Resume": 7},
                  {"PlaceOrder": ORDER}, {"CancelAll": {}})
        after = ({"Resume": {"account_sequence": 0}}, {"Resume": {"account_sequence": -1}}, {"Authenticate": bob.token}, {"PlaceOrder": ORDER},
                 {"PlaceOrder": []}, {"PlaceOrders": [ORDER]}, {"CancelOrder": {"order_id": 10 ** 15}}, {"AmendOrder": {}}, {"CancelAll": {}})

        async def scenario():
            async with self.exchange.socket() as socket:
                number = 0

                async def all_answered(messages):
                    nonlocal number
                    for message in messages:
                        for request_id in (number, f'"{number}"\u2028\n'):
                            answer = await ask(socket, message, request_id)
                            self.assertEqual(answer["request_id"], request_id, message)
                        number += 1

                await all_answered(before)
                self.assertEqual((await ask(socket, {"Authenticate": alice.token}, "me"))["action"], "authenticated")
                await all_answered(after)
                # In the body too, where that is an object.
                for message in ({"Ping": {"request_id": 1}}, {"Resume": {"account_sequence": 0, "request_id": 1}},
                                {"SubscribeCandles": {"request_id": 1}}, {"CancelAll": {"request_id": 1}}):
                    await socket.send(json.dumps(message))
                    await receive_until(socket, lambda m: m.get("request_id") == 1)
                # Both answers of a message that asks two things.
                await socket.send(json.dumps({"request_id": "two", "Authenticate": alice.token, "Resume": {"account_sequence": 0}}))
                for action in ("authenticated", "resumed"):
                    answer = (await receive_until(socket, lambda m, wanted=action: m.get("action") == wanted))[-1]
                    self.assertEqual(answer["request_id"], "two")
                # What cannot be repeated is said to be wrong.
                for bad in ({}, [], True, "x" * 129):
                    await socket.send(json.dumps({"Ping": {}, "request_id": bad}))
                    self.assertEqual((await receive_until(socket, lambda m: "code" in m))[-1]["code"], "malformed_request")
                await socket.send('{"Ping":{},"request_id":null}')
                self.assertNotIn("request_id", (await receive_until(socket, lambda m: m.get("event") == "pong"))[-1])

        run(scenario())
        alice.close()
        bob.close()

    def test_too_fast_a_message_is_refused_under_its_request_id(self):
        async def scenario():
            async with self.exchange.socket() as socket:
                for number in range(5000):
                    await socket.send(f'{{"Ping":{{}},"request_id":{number}}}')
                answers = [await receive(socket) for _ in range(5000)]
                self.assertEqual([answer["request_id"] for answer in answers], list(range(5000)))
                self.assertIn("rate_limited", {answer.get("code") for answer in answers})

        run(scenario())


class Logging(unittest.TestCase):
    """An order can be followed from the line of its connection to the sequence that it got."""

    @staticmethod
    def lines(exchange, message):
        found = [json.loads(line) for line in exchange.log().splitlines() if line.startswith("{")]
        return [line for line in found if line["message"] == message]

    def test_orders_are_logged_with_connection_request_and_sequence(self):
        with Exchange("--no-demo") as exchange:
            alice = exchange.user("alice@example.com", INR="1000")
            evil = 'x"}\n{"message":"forged"}\u2028\x1b[31m\U0001F600'

            async def scenario():
                async with exchange.socket() as other, exchange.socket() as socket:
                    await other.send('{"Ping":{}}')
                    await authenticate(socket, alice)
                    placed = await ask(socket, {"PlaceOrder": {**ORDER, "client_order_id": "secret-id"}}, evil)
                    refused = await ask(socket, {"PlaceOrder": {**ORDER, "price": "0"}}, 7)
                    await socket.send(json.dumps({"CancelOrder": {"order_id": placed["order_id"]}}))
                    canceled = (await receive_until(socket, lambda m: m.get("response_to") == "CancelOrder"))[-1]
                    batch = await ask(socket, {"PlaceOrders": [ORDER, ORDER]}, 8)
                    return placed, refused, canceled, batch

            placed, refused, canceled, batch = run(scenario())
            status, headers, body = alice.raw("POST", "/order", json.dumps(ORDER), {"X-Request-Id": "by-rest"})
            alice.request("DELETE", "/order/abc")
            exchange.stop()
            connections = [line["connection_id"] for line in self.lines(exchange, "web socket opened")]
            self.assertEqual(len(set(connections)), 2)
            by_socket = self.lines(exchange, "order request answered")
            first, second, third, fourth, rest, unknown = by_socket
            self.assertEqual({line["connection_id"] for line in (first, second, third, fourth)}, {connections[1]})
            self.assertEqual((first["request_id"], first["request"], first["http_status"], first["sequence"]),
                             (evil, "PlaceOrder", 200, placed["sequence"]))
            self.assertGreaterEqual(first["latency_us"], 0)
            self.assertEqual((second["request_id"], second["http_status"], second["code"]), ("7", refused["http_status"], refused["code"]))
            self.assertNotIn("sequence", second)
            self.assertNotIn("request_id", third)
            self.assertEqual(third["sequence"], canceled["sequence"])
            self.assertEqual((fourth["sequence"], fourth["last_sequence"]), tuple(result["sequence"] for result in batch["results"]))
            self.assertEqual((rest["request_id"], rest["request"], rest["http_status"], rest["sequence"]),
                             ("by-rest", "POST /order", status, json.loads(body)["sequence"]))
            self.assertEqual(headers["X-Request-Id"], "by-rest")
            self.assertNotIn("connection_id", rest)
            self.assertEqual((unknown["request"], unknown["code"]), ("DELETE /order/{id}", "unknown_order"))
            text = exchange.log()
            self.assertNotIn("secret-id", text)
            self.assertTrue(text.isascii(), "nothing in a client's text steers a terminal")
            self.assertEqual(self.lines(exchange, "forged"), [])
            alice.close()


if __name__ == "__main__":
    unittest.main()
