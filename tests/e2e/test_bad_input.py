"""Bad input: a clear error with a code, no state changed, the process alive."""
import json
import socket
import unittest

from harness import ExchangeTest, receive, run

ORDER = {"order_type": "Buy", "order_kind": "Limit", "price": 100, "quantity": 1, "market": "TATA_INR"}


def text(**changes):
    return json.dumps({**ORDER, **changes})


def number(field, raw):
    """The order with `raw` as the JSON text of one field."""
    return text(**{field: "@"}).replace('"@"', raw)


class BadInput(ExchangeTest):
    def setUp(self):
        self.client = self.user(INR="1000", TATA="5")
        self.before = (self.client.ok("GET", "/api/v1/balances")["balances"], self.exchange.metrics()["sauda_open_orders"])

    def tearDown(self):
        after = (self.client.ok("GET", "/api/v1/balances")["balances"], self.exchange.metrics()["sauda_open_orders"])
        self.assertEqual(after, self.before, "bad input changed something")
        self.client.close()

    def check(self, cases):
        for body, status, code in cases:
            got, answer = self.client.request("POST", "/order", body)
            self.assertEqual((got, answer.get("code")), (status, code), (body[:200], answer))
            self.assertEqual(answer["status"], "Error")
            self.assertGreater(len(answer["error"]), 10)

    def test_malformed_json(self):
        bad = ["", "{", "[]", "null", '"text"', "{]", '{"a":1,}', text() + "x", text() + text(), "[" * 100000, '{"a":' * 1000,
               text()[:-1], '{"price":1,"price":2}', "\x00", '{"market":"\ud800"}', text().replace('"', "'")]
        self.check([(body.encode("utf-8", "surrogatepass").decode("latin-1"), 400, "malformed_request") for body in bad])

    def test_wrong_types_and_missing_fields(self):
        cases = [text(price=value) for value in (True, [], {}, "abc", "", "NaN", "Infinity", "1e2", " 1", "+1", "1.", ".5", "0x10")]
        cases += [number("price", raw) for raw in ("1e2", "1E-2", "100.5e0")]
        cases += [text(market=7), text(order_type=1), text(order_type="Hold"), text(order_kind="Magic"), text(time_in_force="never"),
                  text(post_only="yes"), text(client_order_id=7), text(on_duplicate="maybe")]
        cases += [json.dumps({key: value for key, value in ORDER.items() if key != field}) for field in ORDER]
        self.check([(body, 400, "malformed_request") for body in cases])

    def test_rules(self):
        self.check([
            (text(market="NO_SUCH"), 422, "unknown_market"),
            (text(price="100.01"), 422, "price_off_tick"),
            (text(price="100.001"), 422, "price_off_tick"),
            (text(price=-1), 422, "invalid_price"),
            (text(price=0), 422, "invalid_price"),
            (text(quantity=-5), 422, "invalid_quantity"),
            (text(quantity=0), 422, "invalid_quantity"),
            (text(quantity="1.5"), 422, "quantity_off_lot"),
            (text(quantity=4294967296), 422, "quantity_too_large"),
            (number("quantity", "9" * 400), 422, "quantity_too_large"),
            (number("price", "9" * 400), 422, "price_too_large"),
            (text(price="10000000000.00", quantity=4294967295), 422, "notional_too_large"),
            (text(price="0.05"), 422, "below_min_notional"),
            (text(quantity=10), 422, "insufficient_funds"),
            (text(order_type="Sell", quantity=6), 422, "insufficient_funds"),
            (text(client_order_id="white space"), 422, "invalid_client_order_id"),
            (text(client_order_id="x" * 37), 422, "invalid_client_order_id"),
            (text(post_only=True, time_in_force="IOC"), 422, "invalid_combination"),
            (text(order_kind="stop_loss"), 422, "not_supported"),
            (text(time_in_force="GTD"), 422, "not_supported"),
        ])

    def test_http(self):
        status, answer = self.client.request("PUT", "/order", "{}")
        self.assertEqual((status, answer["code"]), (405, "method_not_allowed"))
        self.client.refused(404, "unknown_path", "GET", "/nowhere")
        self.client.refused(404, "unknown_order", "GET", "/order/abc")
        self.client.refused(404, "unknown_order", "DELETE", "/order/99999999999999999999")
        self.client.refused(400, "malformed_request", "GET", "/api/v1/depth")
        self.client.refused(400, "malformed_request", "GET", "/api/v1/depth?market=%00")
        self.client.refused(422, "unknown_market", "GET", "/api/v1/depth?market=%F0%9F%92%B0")
        self.client.refused(400, "malformed_request", "GET", "/api/v1/depth?market=TATA_INR&limit=0")
        status, answer = self.client.request("POST", "/order", text(), {"Content-Type": "text/xml"})
        self.assertEqual((status, answer["code"]), (415, "unsupported_media_type"))
        status, answer = self.client.request("GET", "/", headers={"X-Large": "x" * 9000})
        self.assertEqual((status, answer["status"]), (431, "Error"))
        self.client.close()
        status, answer = self.client.request("POST", "/order", '{"a":"' + "x" * (2 << 20) + '"}')
        self.assertEqual((status, answer["status"]), (413, "Error"))
        self.client.close()

    def test_garbage_on_the_wire(self):
        for garbage in (b"\x16\x03\x01\x02\x00\x01\x00", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\r\n" * 1000, b"\x00" * 100,
                        b"POST /order HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
                        b"POST /order HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"):
            with socket.create_connection(("127.0.0.1", self.exchange.http_port), timeout=5) as raw:
                raw.sendall(garbage)
                raw.shutdown(socket.SHUT_WR)
                answer = raw.recv(65536)
                self.assertTrue(answer == b"" or answer.startswith(b"HTTP/1.1 4"), (garbage, answer[:80]))

    def test_websocket(self):
        async def scenario():
            async with self.exchange.socket() as connection:
                for bad in ("", "nonsense", "[]", "{}", '{"SubscribeOrderbook":7}', '{"SubscribeOrderbook":"NO_SUCH"}', '{"Nothing":1}',
                            '{"Resume":{}}', '{"Resume":{"account_sequence":-1}}', '{"Authenticate":7}', '{"Authenticate":"x"}',
                            '{"SubscribeTicker":"TATA_INR"}', '{"PlaceOrder":' + text() + "}", '{"a":' * 5000, '{"CancelOrder":{}}'):
                    await connection.send(bad)
                    answer = await receive(connection)
                    self.assertEqual(answer["status"], "Error", (bad[:100], answer))
                    self.assertTrue(answer["code"])
                await connection.send(json.dumps({"Authenticate": self.client.token}))
                self.assertEqual((await receive(connection))["action"], "authenticated")
                for bad in ({"PlaceOrder": {**ORDER, "price": "NaN"}}, {"PlaceOrder": []}, {"PlaceOrders": []}, {"CancelOrder": {"order_id": "x"}},
                            {"CancelOrder": {"order_id": 1}}, {"AmendOrder": {"order_id": 1, "price": 1}}, {"PlaceOrder": {**ORDER, "quantity": 10}}):
                    await connection.send(json.dumps({**bad, "request_id": "r-1"}))
                    answer = await receive(connection)
                    self.assertEqual((answer["status"], answer["request_id"]), ("Error", "r-1"), (bad, answer))
                    self.assertGreaterEqual(answer["http_status"], 400)
                await connection.send('{"Ping":{}}')
                self.assertEqual((await receive(connection))["event"], "pong")
                await connection.send(b"\x00\x01")
                await connection.wait_closed()
                self.assertEqual(connection.close_code, 1003)

        run(scenario())


if __name__ == "__main__":
    unittest.main()
