"""Orders that go with the connection of their owner, and with a countdown that nobody renews: cancel on disconnect and
cancel-after, however the connection, its server or the engine ends."""
import asyncio
import json
import os
import signal
import subprocess
import time
import unittest

from harness import BINARY, IS_SERVICES, PATIENCE_S, Exchange, ExchangeTest, ask, authenticate, catch_up, receive_until, run

SHORTEST_MS = 3000
# A busy machine fires late; never early.
LATE_S = 8


class LeasesTest(ExchangeTest):
    def user(self, **funds):
        client = super().user(**funds)
        self.addCleanup(client.close)
        return client


def orders_of(client):
    return {order["order_id"] for order in client.ok("GET", "/api/v1/orders")["orders"]}


async def until(condition, patience_s=PATIENCE_S):
    """Seconds until it holds."""
    begin = time.monotonic()
    while not condition():
        assert time.monotonic() < begin + patience_s, "it never held"
        await asyncio.sleep(0.02)
    return time.monotonic() - begin


def is_gone(client, order):
    return lambda: order not in orders_of(client)


async def cancel_on_disconnect(socket, body, request_id="switch"):
    return await ask(socket, {"CancelOnDisconnect": body}, request_id)


class CancelOnDisconnect(LeasesTest):
    def test_the_end_of_the_connection_cancels_all_orders_of_its_account(self):
        alice, bob = self.user(INR=100000), self.user(INR=100000)
        others = bob.place("Buy", "50.00", 1)["order_id"]

        async def scenario():
            async with self.exchange.socket() as watching:
                await authenticate(watching, alice)
                async with self.exchange.socket() as socket:
                    await authenticate(socket, alice)
                    answer = await cancel_on_disconnect(socket, {"timeout_ms": 10000})
                    self.assertEqual((answer["response_to"], answer["http_status"], answer["status"], answer["timeout_ms"]),
                                     ("CancelOnDisconnect", 200, "Success", 10000))
                    placed = await ask(socket, {"PlaceOrder": {"order_type": "Buy", "order_kind": "Limit", "price": "50.00",
                                                               "quantity": 1, "market": "TATA_INR"}}, "place")
                    by_rest = alice.place("Buy", "51.00", 2)["order_id"]
                await until(is_gone(alice, by_rest))
                self.assertEqual(orders_of(alice), set())
                told = await receive_until(watching, lambda m: m.get("event_type") == "OrderCanceled" and m["order_id"] == by_rest)
                ends = [m for m in told if m.get("event_type") == "OrderCanceled"]
                self.assertEqual([m["order_id"] for m in ends], [placed["order_id"], by_rest], "the oldest first")
                self.assertEqual({m["reason"] for m in ends}, {"cancel_on_disconnect"})
                return by_rest

        order = run(scenario())
        self.assertEqual(orders_of(bob), {others})
        catch_up(self.exchange)
        events = alice.ok("GET", f"/api/v1/orders/{order}/events")["events"]
        self.assertEqual(events[-1]["cause"], "cancel_on_disconnect")

    def test_turned_off_or_never_on_it_cancels_nothing(self):
        alice = self.user(INR=100000)
        order = alice.place("Buy", "50.00", 1)["order_id"]

        async def scenario():
            for off in (None, {"timeout_ms": 0}):
                async with self.exchange.socket() as socket:
                    await authenticate(socket, alice)
                    self.assertEqual((await cancel_on_disconnect(socket, off))["timeout_ms"], 0, "it is off")
                    self.assertEqual((await cancel_on_disconnect(socket, {}))["timeout_ms"], 10000, "the default")
                    answer = await cancel_on_disconnect(socket, off)
                    self.assertEqual((answer["http_status"], answer["timeout_ms"]), (200, 0))
            async with self.exchange.socket() as socket:
                await authenticate(socket, alice)
            await asyncio.sleep(1)

        run(scenario())
        self.assertEqual(orders_of(alice), {order})

    def test_it_lasts_for_several_timeouts_while_the_connection_does(self):
        alice = self.user(INR=100000)
        order = alice.place("Buy", "50.00", 1)["order_id"]

        async def scenario():
            async with self.exchange.socket() as socket:
                await authenticate(socket, alice)
                await cancel_on_disconnect(socket, {"timeout_ms": SHORTEST_MS})
                await asyncio.sleep(3.5 * SHORTEST_MS / 1000)
                self.assertEqual(orders_of(alice), {order})
            await until(is_gone(alice, order))

        run(scenario())

    def test_a_client_that_is_cut_off_in_silence_is_gone_after_the_same_time(self):
        alice = self.user(INR=100000)
        order = alice.place("Buy", "50.00", 1)["order_id"]

        async def scenario():
            socket = await self.exchange.socket()
            await authenticate(socket, alice)
            await cancel_on_disconnect(socket, {"timeout_ms": SHORTEST_MS})
            # It reads no more, and so answers no ping; nobody is told.
            socket.transport.pause_reading()
            lasted = await until(is_gone(alice, order))
            socket.transport.abort()
            return lasted

        lasted = run(scenario())
        self.assertGreater(lasted, SHORTEST_MS / 1000 - 1.5, "a ping may have been answered just before")
        self.assertLess(lasted, SHORTEST_MS / 1000 + LATE_S)

    def test_a_connection_takes_over_from_one_that_is_cut_off(self):
        alice = self.user(INR=100000)
        order = alice.place("Buy", "50.00", 1)["order_id"]

        async def scenario():
            first = await self.exchange.socket()
            await authenticate(first, alice)
            lease = (await cancel_on_disconnect(first, {"timeout_ms": SHORTEST_MS}))["lease"]
            async with self.exchange.socket() as second:
                await authenticate(second, alice)
                answer = await cancel_on_disconnect(second, {"timeout_ms": SHORTEST_MS, "takes_over": lease})
                self.assertIs(answer["took_over"], True)
                first.transport.abort()
                await asyncio.sleep(1.5 * SHORTEST_MS / 1000)
                self.assertEqual(orders_of(alice), {order})
                answer = await cancel_on_disconnect(second, {"takes_over": lease})
                self.assertIs(answer["took_over"], False, "it is there no more")
                self.assertEqual((await cancel_on_disconnect(second, {"takes_over": "mine"}))["http_status"], 400)
            await until(is_gone(alice, order))

        run(scenario())

    def test_a_session_that_ends_ends_its_connections(self):
        alice = self.user(INR=100000)
        order = alice.place("Buy", "50.00", 1)["order_id"]

        async def scenario():
            async with self.exchange.socket() as socket:
                await authenticate(socket, alice)
                await cancel_on_disconnect(socket, {})
                token = alice.token
                alice.ok("POST", "/logout")
                alice.token = alice.ok("POST", "/login", {"email": alice.email, "password": "correct horse"})["token"]
                self.assertNotEqual(token, alice.token)
                await until(is_gone(alice, order))

        run(scenario())

    def test_what_cannot_be_is_refused_and_told(self):
        alice = self.user(INR=100000)

        async def scenario():
            async with self.exchange.socket() as socket:
                self.assertEqual((await cancel_on_disconnect(socket, {}))["code"], "not_authenticated")
                await authenticate(socket, alice)
                for body in ({"timeout_ms": SHORTEST_MS - 1}, {"timeout_ms": 60001}, {"timeout_ms": -1}, {"timeout_ms": "soon"},
                             {"timeout_ms": 1.5}, "on", [], 10000):
                    answer = await cancel_on_disconnect(socket, body)
                    self.assertEqual((answer["http_status"], answer["code"]), (400, "malformed_request"), body)

        run(scenario())

    def test_an_account_has_so_many_connections_that_cancel(self):
        alice = self.user(INR=100000)

        async def scenario():
            sockets = [await self.exchange.socket() for _ in range(65)]
            for socket in sockets[:64]:
                await authenticate(socket, alice)
                self.assertEqual((await cancel_on_disconnect(socket, {}))["http_status"], 200)
            await authenticate(sockets[64], alice)
            answer = await cancel_on_disconnect(sockets[64], {})
            self.assertEqual((answer["http_status"], answer["code"]), (422, "too_many_leases"))
            order = alice.place("Buy", "50.00", 1)["order_id"]
            await sockets[64].close()
            await asyncio.sleep(0.5)
            self.assertEqual(orders_of(alice), {order}, "the one that was refused cancels nothing")
            for socket in sockets[:64]:
                await socket.close()
            await until(is_gone(alice, order))

        run(scenario())


class CancelAfter(LeasesTest):
    def test_it_fires_unless_it_is_set_anew_or_called_off(self):
        alice, bob = self.user(INR=100000), self.user(INR=100000)
        others = bob.place("Buy", "50.00", 1)["order_id"]
        order = alice.place("Buy", "50.00", 1)["order_id"]
        set_at = time.time() * 1000
        answer = alice.ok("POST", "/api/v1/cancel-after", {"timeout_ms": 2000})
        self.assertEqual(answer["timeout_ms"], 2000)
        self.assertGreaterEqual(answer["cancels_at"], set_at + 1999)
        self.assertLess(answer["cancels_at"], time.time() * 1000 + 2001)
        for _ in range(4):
            time.sleep(0.7)
            answer = alice.ok("POST", "/api/v1/cancel-after", {"timeout_ms": 2000})
        self.assertEqual(orders_of(alice), {order})
        run(until(is_gone(alice, order)))
        self.assertGreaterEqual(time.time() * 1000, answer["cancels_at"] - 1)
        self.assertEqual(orders_of(bob), {others})
        catch_up(self.exchange)
        self.assertEqual(alice.ok("GET", f"/api/v1/orders/{order}/events")["events"][-1]["cause"], "cancel_after")

        order = alice.place("Buy", "50.00", 1)["order_id"]
        alice.ok("POST", "/api/v1/cancel-after", {"timeout_ms": 1000})
        for _ in range(2):
            answer = alice.ok("POST", "/api/v1/cancel-after", {"timeout_ms": 0})
            self.assertEqual((answer["timeout_ms"], answer["cancels_at"]), (0, None))
        time.sleep(1.5)
        self.assertEqual(orders_of(alice), {order})

    def test_what_cannot_be_is_refused(self):
        alice = self.user()
        for body in ({}, {"timeout_ms": None}, {"timeout_ms": 999}, {"timeout_ms": 86400001}, {"timeout_ms": -1}, {"timeout_ms": "x"}):
            alice.refused(400, "malformed_request", "POST", "/api/v1/cancel-after", body)
        with self.exchange.client() as anonymous:
            anonymous.refused(401, "unauthorized", "POST", "/api/v1/cancel-after", {"timeout_ms": 1000})

    def test_a_frozen_account_may_still_be_under_one(self):
        alice = self.user(INR=100000)
        order = alice.place("Buy", "50.00", 1)["order_id"]
        self.assertEqual(self.exchange.admin("freeze", alice.email).returncode, 0)
        alice.ok("POST", "/api/v1/cancel-after", {"timeout_ms": 1000})
        run(until(is_gone(alice, order)))


class Ends(unittest.TestCase):
    """Each with an exchange of its own, which ends one way or another."""

    def test_a_server_that_stops_in_order_ends_its_connections(self):
        with Exchange("--no-demo") as exchange:
            alice = exchange.user("alice@example.com", INR=100000)
            self.addCleanup(alice.close)
            order = alice.place("Buy", "50.00", 1)["order_id"]

            async def scenario():
                async with exchange.socket() as socket:
                    await authenticate(socket, alice)
                    await cancel_on_disconnect(socket, {"timeout_ms": 60000})
                    exchange.restart()
                    alice.moved_to(exchange)
                    await until(is_gone(alice, order))

            run(scenario())
            self.assertEqual(exchange.stop(), 0)
            explained = subprocess.run([BINARY, "journal", "explain", str(order), "--data-dir", exchange.data_dir],
                                       capture_output=True, text=True, check=True).stdout
            self.assertIn("a connection ended whose owner wanted his orders canceled then", explained)
            self.assertIn("verified: yes", exchange.journal("verify").stdout)

    def test_all_killed_at_once_and_started_again_the_lease_lasts_whole_and_then_fires(self):
        with Exchange("--no-demo") as exchange:
            alice = exchange.user("alice@example.com", INR=100000)
            self.addCleanup(alice.close)
            order = alice.place("Buy", "50.00", 1)["order_id"]
            counted = alice.place("Buy", "51.00", 1)["order_id"]
            timeout_s = 6

            async def scenario():
                async with exchange.socket() as socket:
                    await authenticate(socket, alice)
                    await cancel_on_disconnect(socket, {"timeout_ms": timeout_s * 1000})
                    exchange.kill()
                time.sleep(timeout_s + 1)
                begin = time.monotonic()
                exchange.start()
                alice.moved_to(exchange)
                self.assertEqual(orders_of(alice), {order, counted}, "a restart is nobody's disconnect")
                await until(is_gone(alice, order), timeout_s + 2 * LATE_S)
                self.assertGreaterEqual(time.monotonic() - begin, timeout_s)

            run(scenario())
            self.assertEqual(orders_of(alice), set())
            self.assertEqual(exchange.stop(), 0)
            self.assertIn("verified: yes", exchange.journal("verify").stdout)


@unittest.skipUnless(IS_SERVICES, "one process has no server to lose")
class ServersEnd(LeasesTest):
    def kill(self, name):
        os.kill(self.exchange.programs()[name]["process"], signal.SIGKILL)

    def test_a_broadcaster_that_is_killed_leaves_it_to_the_engine(self):
        alice = self.user(INR=100000)
        order = alice.place("Buy", "50.00", 1)["order_id"]

        async def scenario():
            port = self.exchange.programs()["event-broadcaster-1"]["port"]
            async with self.exchange.socket(port=port) as socket:
                await authenticate(socket, alice)
                await cancel_on_disconnect(socket, {"timeout_ms": 5000})
                await asyncio.sleep(6)
                self.assertEqual(orders_of(alice), {order})
                self.kill("event-broadcaster-1")
                return await until(is_gone(alice, order))

        lasted = run(scenario())
        self.assertGreater(lasted, 5 * 2 / 3 - 0.5, "since it was last renewed")
        self.assertLess(lasted, 5 + LATE_S)

    def test_orders_outlive_a_broadcaster_whose_connection_is_taken_over(self):
        alice = self.user(INR=100000)
        order = alice.place("Buy", "50.00", 1)["order_id"]

        async def scenario():
            socket = await self.exchange.socket(port=self.exchange.programs()["event-broadcaster-1"]["port"])
            await authenticate(socket, alice)
            lease = (await cancel_on_disconnect(socket, {"timeout_ms": 5000}))["lease"]
            self.kill("event-broadcaster-1")
            async with self.exchange.socket(port=self.exchange.programs()["event-broadcaster-2"]["port"]) as other:
                await authenticate(other, alice)
                answer = await cancel_on_disconnect(other, {"timeout_ms": 5000, "takes_over": lease})
                self.assertIs(answer["took_over"], True)
                await asyncio.sleep(6)
                self.assertEqual(orders_of(alice), {order})
            await until(is_gone(alice, order))

        run(scenario())

    def test_an_engine_that_is_killed_and_comes_back_fires_nothing_while_connections_last(self):
        alice = self.user(INR=100000)
        order = alice.place("Buy", "50.00", 1)["order_id"]

        async def scenario():
            async with self.exchange.socket() as socket:
                await authenticate(socket, alice)
                await cancel_on_disconnect(socket, {"timeout_ms": SHORTEST_MS})
                self.kill("engine")
                await asyncio.sleep(2.5 * SHORTEST_MS / 1000)
                await until(lambda: alice.request("GET", "/api/v1/orders")[0] == 200)
                self.assertEqual(orders_of(alice), {order})
                await asyncio.sleep(1.5 * SHORTEST_MS / 1000)
                self.assertEqual(orders_of(alice), {order})
            await until(is_gone(alice, order))

        run(scenario())

    def test_without_redis_for_longer_than_the_lease_the_engine_fires_it_and_the_switch_stays_on(self):
        alice = self.user(INR=100000)
        order = alice.place("Buy", "50.00", 1)["order_id"]

        async def scenario():
            async with self.exchange.socket() as socket:
                await authenticate(socket, alice)
                await cancel_on_disconnect(socket, {"timeout_ms": SHORTEST_MS})
                redis = self.exchange.programs()["redis"]["process"]
                os.kill(redis, signal.SIGSTOP)
                await asyncio.sleep(SHORTEST_MS / 1000 + 2)
                os.kill(redis, signal.SIGCONT)
                await until(is_gone(alice, order))
                await until(lambda: alice.request("POST", "/order", {"order_type": "Buy", "order_kind": "Limit", "price": "52.00",
                                                                     "quantity": 1, "market": "TATA_INR"})[0] == 200)
                await asyncio.sleep(2)
                second = max(orders_of(alice))
                await asyncio.sleep(SHORTEST_MS / 1000)
                self.assertIn(second, orders_of(alice), "it is renewed again")
            await until(is_gone(alice, second))

        run(scenario())


if __name__ == "__main__":
    unittest.main()
