"""Bad input: a clear error with a code, no state changed, the process alive."""
import errno
import json
import socket
import unittest

from harness import ExchangeTest, receive, run

ORDER = {"order_type": "Buy", "order_kind": "Limit", "price": 100, "quantity": 1, "market": "TATA_INR"}
HUNG_UP = (errno.ECONNRESET, errno.EPIPE, errno.ENOTCONN)


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

    def check_unsequenced(self, cases):
        """As check(); and nothing of it reached the engine."""
        before = self.client.sequence()
        self.check(cases)
        self.assertEqual(self.client.sequence(), before)

    def check(self, cases):
        for body, status, code in cases:
            got, answer = self.client.request("POST", "/order", body)
            self.assertEqual((got, answer.get("code")), (status, code), (body[:200], answer))
            self.assertEqual(answer["status"], "Error")
            self.assertGreater(len(answer["error"]), 10)

    def test_malformed_json(self):
        bad = ["", "{", "[]", "null", '"text"', "{]", '{"a":1,}', text() + "x", text() + text(), "[" * 100000, '{"a":' * 1000,
               text()[:-1], '{"price":1,"price":2}', "\x00", '{"market":"\ud800"}', text().replace('"', "'")]
        bad += ['{"a":' * 17 + "1" + "}" * 17, text()[:-1] + ',"b":[' + "1," * 20000 + "1]}", json.dumps({str(i): i for i in range(100)}),
                text()[:-1] + ',"b":01}', text()[:-1] + ',"b":"\x01"}', text()[:-1] + ',"b":tru}', "\ufeff" + text(), '{"a":"\\ud800"}']
        self.check_unsequenced([(body.encode("utf-8", "surrogatepass").decode("latin-1"), 400, "malformed_request") for body in bad])

    def test_wrong_types_and_missing_fields(self):
        cases = [text(price=value) for value in (True, [], {}, "abc", "", "NaN", "Infinity", "1e2", " 1", "+1", "1.", ".5", "0x10", "-", "--1",
                                                    "0x", "1,000", "١٠٠", "1_0", "00.1", "-0x1", " ", "1\u00001")]
        cases += [number("price", raw) for raw in ("1e2", "1E-2", "100.5e0")]
        cases += [text(market=7), text(order_type=1), text(order_type="Hold"), text(order_kind="Magic"), text(time_in_force="never"),
                  text(post_only="yes"), text(client_order_id=7), text(on_duplicate="maybe")]
        cases += [json.dumps({key: value for key, value in ORDER.items() if key != field}) for field in ORDER]
        cases += [number(field, raw) for field in ("price", "quantity") for raw in ("NaN", "Infinity", "-Infinity", "1e400", "01", "+1", "1.")]
        cases += [text(side="Buy"), text(kind="Limit"), text(quantity=None), text(price=None), text(market=None)]
        self.check_unsequenced([(body, 400, "malformed_request") for body in cases])

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
            (text(time_in_force="GTD"), 422, "not_supported"), (text(expires_at=1), 422, "not_supported"),
        ])

    def test_other_routes(self):
        malformed = [("POST", "/api/v1/orders/batch"), ("POST", "/api/v1/orders/replace"), ("PATCH", "/order/1")]
        before = self.client.sequence()
        for method, path in malformed:
            for body in ("", "{", "[]", "null", '{"orders":', '{"order_id":-1,"quantity":"x"}', '{"order_id":1.5,"quantity":true}'):
                self.client.refused(400, "malformed_request", method, path, body)
        for path in ("/api/v1/orders?limit=0", "/api/v1/orders?limit=1001", "/api/v1/orders?limit=x", "/api/v1/orders?cursor=-1",
                     "/api/v1/orders?status=all", "/api/v1/orders?cursor=99999999999999999999", "/api/v1/trades",
                     "/api/v1/trades?market=TATA_INR&limit=0", "/api/v1/trades?market=TATA_INR&cursor=1e3", "/api/v1/depth?market=%zz"):
            self.client.refused(400, "malformed_request", "GET", path)
        for method in ("GET", "DELETE"):
            self.client.refused(400, "malformed_request", method, "/order")
        for path in ("/order?client_order_id=", "/order?client_order_id=%20"):
            self.client.refused(422, "invalid_client_order_id", "GET", path)
            self.client.refused(422, "invalid_client_order_id", "DELETE", path)
        for path in ("/order/0", "/order/-1", "/order/1.0", "/order/9007199254740993", "/order/%31%00"):
            self.assertIn(self.client.request("GET", path)[0], (400, 404), path)
        self.client.refused(422, "unknown_market", "GET", "/api/v1/orders?market=NO_SUCH")
        self.assertEqual(self.client.sequence(), before)

    def test_operators_input(self):
        operator = self.exchange.operator()
        deposit = {"email": self.client.email, "asset": "INR", "amount": "1", "reference": "bad-input"}
        before = self.client.sequence()
        for change, status, code in (({"amount": "-1"}, 422, "invalid_amount"), ({"amount": "0"}, 422, "invalid_amount"),
                                     ({"amount": "1e2"}, 400, "malformed_request"), ({"amount": "0.00001"}, 422, "invalid_amount"),
                                     ({"amount": "9" * 30}, 422, "invalid_amount"), ({"amount": None}, 400, "malformed_request"),
                                     ({"asset": "NO"}, 422, "unknown_asset"), ({"asset": 1}, 400, "malformed_request"),
                                     ({"reference": ""}, 422, "invalid_reference"), ({"reference": "a b"}, 422, "invalid_reference"),
                                     ({"reference": "x" * 65}, 422, "invalid_reference"), ({"reference": None}, 400, "malformed_request"),
                                     ({"email": "nobody@example.com"}, 404, "unknown_account"), ({"email": 1}, 400, "malformed_request")):
            for path in ("deposit", "withdraw"):
                operator.refused(status, code, "POST", "/api/v1/admin/" + path, {**deposit, **change})
        for path, body in (("markets/state", {"market": "TATA_INR", "state": "gone"}), ("assets/state", {"asset": "INR", "halted": "yes"}),
                           ("accounts/state", {"email": self.client.email, "frozen": 1}), ("fees", {"market": "TATA_INR"}),
                           ("assets", {"asset": "AU"}), ("markets", {"market": "AU_INR", "base": "TATA", "quote": "INR"})):
            operator.refused(400, "malformed_request", "POST", "/api/v1/admin/" + path, body)
        for rates in (("0", "51"), ("-1", "0.5"), ("0.00001", "0.1"), ("0", "-0.1"), ("9" * 30, "1")):
            got, answer = operator.request("POST", "/api/v1/admin/fees", {"market": "TATA_INR", "maker_fee_percent": rates[0], "taker_fee_percent": rates[1]})
            self.assertEqual((got, answer["code"]), (422, "invalid_fee_rates"), rates)
        operator.refused(422, "invalid_name", "POST", "/api/v1/admin/assets", {"asset": "X" * 16, "scale": 2})
        operator.refused(422, "invalid_scale", "POST", "/api/v1/admin/assets", {"asset": "XAU", "scale": 13})
        self.assertLess(self.client.sequence() - before, 10, "what the edge can tell never reaches the engine")
        operator.close()

    def test_methods(self):
        allowed = {"/order": {"GET", "POST", "DELETE"}, "/order/1": {"GET", "DELETE", "PATCH"}, "/register": {"POST"}, "/login": {"POST"},
                   "/logout": {"POST"}, "/api/v1/orders": {"GET", "DELETE"}, "/api/v1/orders/batch": {"POST"}, "/api/v1/balances": {"GET"},
                   "/api/v1/sessions": {"GET", "DELETE"}, "/api/v1/markets": {"GET"}, "/api/v1/admin/deposit": {"POST"},
                   "/health/live": {"GET"}, "/metrics": {"GET"}}
        for path, methods in allowed.items():
            for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - methods:
                status, headers, answer = self.client.raw(method, path)
                self.assertEqual((status, json.loads(answer)["code"]), (405, "method_not_allowed"), (method, path))
                self.assertEqual(set(headers["Allow"].split(", ")), methods, path)
        status, _, _ = self.client.raw("BREW", "/order")
        self.assertIn(status, (400, 405, 501))
        self.client.close()

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
        for path in ("//order", "/order/", "/ORDER", "/api/v1", "/ws", "/order/1/2", "/..", "/%2e%2e/etc/passwd"):
            self.assertIn(self.client.request("GET", path)[0], (400, 404), path)
        status, answer = self.client.request("GET", "/", headers={"X-Large": "x" * 9000})
        self.assertEqual((status, answer["status"]), (431, "Error"))
        self.client.close()
        status, answer = self.client.request("POST", "/order", '{"a":"' + "x" * (2 << 20) + '"}')
        self.assertEqual((status, answer["status"]), (413, "Error"))
        self.client.close()

    def test_garbage_on_the_wire(self):
        for garbage in (b"\x16\x03\x01\x02\x00\x01\x00", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\r\n" * 1000, b"\x00" * 100,
                        b"POST /order HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"\xff" * 20000, b"GET / HTTP/1.1\r\nA B: c\r\n\r\n",
                        b"POST /order HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", b"GET /\x00 HTTP/1.1\r\n\r\n",
                        b"POST /order HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"A" * 20000 + b" / HTTP/1.1\r\n\r\n",
                        b"GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
                        b"POST /order HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"):
            with socket.create_connection(("127.0.0.1", self.exchange.http_port), timeout=5) as raw:
                answer = b""
                try:
                    raw.sendall(garbage)
                    raw.shutdown(socket.SHUT_WR)
                    answer = raw.recv(65536)
                except OSError as error:
                    if error.errno not in HUNG_UP:  # which is an answer
                        raise
                self.assertTrue(answer == b"" or answer.startswith(b"HTTP/1.1 4"), (garbage[:80], answer[:80]))
        self.assertIsNone(self.exchange.process.poll())

    def test_websocket(self):
        async def scenario():
            async with self.exchange.socket() as connection:
                for bad in ("", "nonsense", "[]", "{}", '{"SubscribeOrderbook":7}', '{"SubscribeOrderbook":"NO_SUCH"}', '{"Nothing":1}',
                            '{"Resume":{}}', '{"Resume":{"account_sequence":-1}}', '{"Authenticate":7}', '{"Authenticate":"x"}',
                            "null", "7", '{"SubscribeTrades":null}', '{"UnsubscribeTrades":[]}', '{"request_id":1}', '{"Ping":{}', '{"Resume":7}',
                            '{"SubscribeOrderbook":"TATA_INR","SubscribeOrderbook":"JIO_INR"}', '{"CancelAll":{}}', '{"PlaceOrders":[]}',
                            '{"SubscribeTicker":{}}', '{"SubscribeCandles":{"market":"TATA_INR","interval":"1y"}}', '{"UnsubscribeCandles":[]}', '{"PlaceOrder":' + text() + "}", '{"a":' * 5000, '{"CancelOrder":{}}'):
                    await connection.send(bad)
                    answer = await receive(connection)
                    self.assertEqual(answer["status"], "Error", (bad[:100], answer))
                    self.assertTrue(answer["code"])
                await connection.send(json.dumps({"Authenticate": self.client.token}))
                self.assertEqual((await receive(connection))["action"], "authenticated")
                for bad in ({"PlaceOrder": {**ORDER, "price": "NaN"}}, {"PlaceOrder": []}, {"PlaceOrders": []}, {"CancelOrder": {"order_id": "x"}},
                            {"CancelOrder": {"order_id": 1}}, {"CancelOrder": {"order_id": 0}}, {"CancelOrder": {}}, {"CancelOrder": 7}, {"CancelAll": {"market": []}},
                            {"CancelAll": {"market": 7}}, {"CancelAll": {"market": ""}}, {"CancelAll": []}, {"AmendOrder": {}}, {"ReplaceOrder": ORDER},
                            {"PlaceOrders": [ORDER] * 101}, {"PlaceOrders": {"orders": 7}}, {"PlaceOrder": None}, {"ReplaceOrder": {**ORDER, "order_id": 1}},
                            {"CancelOrder": {"client_order_id": " "}}, {"AmendOrder": {"order_id": 1, "price": 1}}, {"PlaceOrder": {**ORDER, "quantity": 10}}):
                    await connection.send(json.dumps({**bad, "request_id": "r-1"}))
                    answer = await receive(connection)
                    self.assertEqual((answer["status"], answer["request_id"]), ("Error", "r-1"), (bad, answer))
                    self.assertGreaterEqual(answer["http_status"], 400)
                await connection.send('{"Ping":{}}')
                self.assertEqual((await receive(connection))["event"], "pong")
                await connection.send(b"\x00\x01")
                self.assertEqual((await receive(connection))["code"], "binary_message")

        run(scenario())

    def test_a_message_that_is_too_large_ends_its_connection_alone(self):
        async def scenario():
            async with self.exchange.socket() as large, self.exchange.socket() as other:
                await large.send(json.dumps({"SubscribeOrderbook": "x" * 70000}))
                await large.wait_closed()
                self.assertEqual(large.close_code, 1009)
                await other.send('{"Ping":{}}')
                self.assertEqual((await receive(other))["event"], "pong")

        run(scenario())

    def test_chunked_bodies_are_read(self):
        body = text(price="90.00").encode()
        status, _, answer = self.client.raw("POST", "/order", iter([body[:10], body[10:]]))
        self.assertEqual(status, 200, answer)
        self.client.cancel_all()


if __name__ == "__main__":
    unittest.main()
