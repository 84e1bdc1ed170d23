"""What became of an order that nobody answered: every server says "unknown" for good, or that it may still come."""
import asyncio
import json
import os
import signal
import time
import unittest

from harness import PATIENCE_S, authenticate, receive_until, run, wait_until
from service_test import ServicesTest, find, order


class LostOrders(ServicesTest):
    def setUp(self):
        wait_until(lambda: self.is_ready("api-server-1"), "it is there")
        self.alice = self.user(INR=100000)

    def send(self, server, key):
        return self.sent(server, self.alice, order(client_order_id=key))

    def test_an_order_that_redis_lost_is_unknown_as_soon_as_its_time_is_over(self):
        server = "api-server-1"
        with self.engine_not_reading():
            flight, told = self.send(server, "lost")
            wait_until(lambda: self.commands_in_redis() == 1, "the order is in the stream")
            self.exchange.ask_redis("flushall")
        with self.at(server, self.alice) as client, self.at("api-server-2", self.alice) as other:
            self.assertEqual(client.request("GET", "/order?client_order_id=lost")[0], 202, "it may be on its way")
            flight.join()
            self.assertEqual((told[0][0], told[0][1]["code"]), (504, "outcome_unknown"))
            answered = time.monotonic()
            self.assertEqual(find(client, "lost")[0], 404)
            self.assertLess(time.monotonic() - answered, 2, "nobody need trade for the engine's clock to go on")
            self.assertEqual(find(other, "lost")[0], 404)
            self.assertFalse(client.ok("POST", "/order", order(client_order_id="lost")).get("duplicate"))

    def truth(self, client, key, is_over):
        """What another server says of an order: nothing for good before it is so."""
        end = time.monotonic() + 2 * PATIENCE_S
        told = []
        while not told or told[-1] not in (200, 404):
            self.assertLess(time.monotonic(), end, told)
            status, answer = client.request("GET", f"/order?client_order_id={key}")
            if status in (202, 503):
                time.sleep(0.05)
            told.append(status)
            is_over()
        again = client.ok("POST", "/order", order(client_order_id=key))
        self.assertEqual(again.get("duplicate", False), told[-1] == 200, told)
        return told[-1]

    def later(self, seconds, then):
        """A function that does something once so much time has passed."""
        at = time.monotonic() + seconds
        done = []

        def look():
            if time.monotonic() >= at and not done:
                done.append(then())
        return look

    def test_another_server_waits_for_an_engine_that_stands_still(self):
        with self.at("api-server-2", self.alice) as other:
            process = self.process("engine")
            with self.engine_not_reading():
                flight, told = self.send("api-server-1", "stands")
                wait_until(lambda: self.commands_in_redis() == 1, "the order is in the stream")
                self.kill("api-server-1")
                flight.join()
                go_on = self.later(1, lambda: os.kill(process, signal.SIGCONT))
                self.assertEqual(self.truth(other, "stands", go_on), 200, "it was in time")
        self.assertEqual(told, [], "who sent it was told nothing")

    def test_another_server_waits_for_what_redis_has_not_read(self):
        """Sent while Redis stands still, by a server that dies before it notices."""
        for key, seconds, became in (("brief", 1, 200), ("long", 6, 404)):
            with self.subTest(key), self.at("api-server-2", self.alice) as other:
                process = self.process("redis")
                os.kill(process, signal.SIGSTOP)
                try:
                    flight, _ = self.send("api-server-1", key)
                    time.sleep(0.1)
                    self.kill("api-server-1")
                    flight.join()
                    go_on = self.later(seconds, lambda: os.kill(process, signal.SIGCONT))
                    self.assertEqual(self.truth(other, key, go_on), became)
                finally:
                    os.kill(process, signal.SIGCONT)
                wait_until(lambda: self.is_ready("api-server-1"), "it is there again")

    def test_after_504_another_server_tells_the_truth_though_the_first_is_gone(self):
        with self.at("api-server-2", self.alice) as other:
            with self.stopped("redis"):
                flight, told = self.send("api-server-1", "unknown")
                flight.join()
            self.assertEqual((told[0][0], told[0][1]["code"]), (504, "outcome_unknown"))
            self.kill("api-server-1")
            self.assertEqual(self.truth(other, "unknown", lambda: None), 404)

    def test_what_a_socket_sent_is_known_to_be_on_its_way(self):
        async def send():
            async with self.exchange.socket(port=self.exchange.programs()["event-broadcaster-1"]["port"]) as socket:
                await authenticate(socket, self.alice)
                with self.engine_not_reading():
                    await socket.send(json.dumps({"PlaceOrder": order(client_order_id="socket"), "request_id": 1}))
                    await asyncio.to_thread(wait_until, lambda: self.commands_in_redis() == 1, "the order is in the stream")
                    status, _ = await asyncio.to_thread(self.alice.request, "GET", "/order?client_order_id=socket")
                    self.assertEqual(status, 202)
                await receive_until(socket, lambda message: message.get("request_id") == 1)

        run(send())
        self.assertEqual(self.alice.request("GET", "/order?client_order_id=socket")[0], 200)

    def test_an_order_that_was_never_sent_is_unknown_at_once(self):
        wait_until(lambda: self.alice.request("GET", "/order?client_order_id=never")[0] == 404, "nothing is on its way")
        bob = self.user(INR=100000)
        for i in range(30):
            bob.place("Buy", "50.00", 1)
            self.alice.refused(404, "unknown_order", "GET", f"/order?client_order_id=never-{i}")


if __name__ == "__main__":
    unittest.main()
