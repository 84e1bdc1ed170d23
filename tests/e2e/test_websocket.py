"""The WebSocket: books that can be rebuilt, private events without gap, order entry."""
import asyncio
import json
import random
import socket as socket_module
import unittest

import websockets

from harness import BookCopy, Exchange, ExchangeTest, ask, authenticate, receive, receive_until, run


class WebSocketTest(ExchangeTest):
    def test_subscribers_who_join_at_any_time_rebuild_the_same_book(self):
        alice, bob = self.user(INR="1000000", TATA="10000"), self.user(INR="1000000", TATA="10000")
        chance = random.Random(5)

        def trade():
            for _ in range(5):
                client = chance.choice((alice, bob))
                client.place(chance.choice(("Buy", "Sell")), f"{100 + chance.randint(-8, 8) * 0.05:.2f}", chance.randint(1, 9),
                             time_in_force=chance.choice(("GTC", "GTC", "IOC")))
                if chance.random() < 0.1:
                    client.ok("DELETE", "/api/v1/orders?market=TATA_INR")

        async def follow(start, stop):
            book = BookCopy()
            await start.wait()
            async with self.exchange.socket() as socket:
                await socket.send('{"SubscribeOrderbook":"TATA_INR"}')
                while not (stop.is_set() and socket.messages.__len__() == 0):
                    try:
                        message = await receive(socket, 0.3)
                    except asyncio.TimeoutError:
                        continue
                    if message.get("channel") == "orderbook" and "bids" in message:
                        book.take(message)
            return book

        async def scenario():
            stop = asyncio.Event()
            starts = [asyncio.Event() for _ in range(8)]
            followers = [asyncio.create_task(follow(start, stop)) for start in starts]
            for start in starts:
                start.set()
                for _ in range(4):
                    await asyncio.to_thread(trade)
            await asyncio.sleep(0.3)
            stop.set()
            return await asyncio.gather(*followers)

        books = run(scenario())
        depth = alice.ok("GET", "/api/v1/depth?market=TATA_INR&limit=1000")
        for book in books:
            self.assertEqual(book.sequence, depth["sequence"])
            self.assertEqual([list(level) for level in book.best("bids")], depth["bids"])
            self.assertEqual([list(level) for level in book.best("asks")], depth["asks"])
        self.assertGreater(books[0].updates, 100)
        alice.close()
        bob.close()

    def test_both_owners_hear_of_a_fill_on_every_connection(self):
        alice, bob = self.user(INR="1000"), self.user(JIO="10")

        async def scenario():
            async with self.exchange.socket() as a1, self.exchange.socket() as a2, self.exchange.socket() as b1:
                for socket, client in ((a1, alice), (a2, alice), (b1, bob)):
                    await authenticate(socket, client)
                sell = bob.place("Sell", "250.00", 2, market="JIO_INR")
                buy = alice.place("Buy", "250.00", 1, market="JIO_INR")
                fills = [(await receive_until(socket, lambda m: "trade_id" in m))[-1] for socket in (a1, a2, b1)]
                self.assertEqual(fills[0], fills[1])
                self.assertEqual((fills[0]["event_type"], fills[0]["liquidity"], fills[0]["order_id"]), ("FullFill", "taker", buy["order_id"]))
                self.assertEqual((fills[2]["event_type"], fills[2]["liquidity"], fills[2]["order_id"]), ("PartialFill", "maker", sell["order_id"]))
                self.assertEqual((fills[2]["fee"], fills[2]["leaves"]), ("-0.0250", "1"))
                self.assertEqual(fills[0]["trade_id"], fills[2]["trade_id"])

        run(scenario())
        alice.close()
        bob.close()

    def test_order_entry(self):
        alice = self.user(INR="1000")
        order = {"order_type": "Buy", "order_kind": "Limit", "price": "90.00", "quantity": 1, "market": "JIO_INR"}

        async def scenario():
            async with self.exchange.socket() as socket:
                await authenticate(socket, alice)
                placed = await ask(socket, {"PlaceOrder": {**order, "client_order_id": "ws-1"}}, 1)
                self.assertEqual((placed["response_to"], placed["http_status"], placed["order_status"]), ("PlaceOrder", 200, "New"))
                again = await ask(socket, {"PlaceOrder": {**order, "client_order_id": "ws-1"}}, 2)
                self.assertEqual((again["duplicate"], again["order_id"]), (True, placed["order_id"]))
                amended = await ask(socket, {"AmendOrder": {"order_id": placed["order_id"], "price": "91.00"}}, 3)
                self.assertEqual(amended["order_status"], "New")
                many = await ask(socket, {"PlaceOrders": [order, {**order, "price": "0.01"}]}, 4)
                self.assertEqual([result["http_status"] for result in many["results"]], [200, 422])
                canceled = await ask(socket, {"CancelOrder": {"client_order_id": "ws-1"}}, 5)
                self.assertEqual(canceled["order_status"], "Canceled")
                self.assertEqual((await ask(socket, {"CancelAll": {"market": "JIO_INR"}}, 6))["canceled"], 1)

        run(scenario())
        self.assertEqual(alice.balance("INR"), ("1000.0000", "0.0000"))
        alice.close()

    def test_a_replacement_and_a_retried_batch(self):
        alice = self.user(INR="1000")
        order = {"order_type": "Buy", "order_kind": "Limit", "price": "90.00", "quantity": 1, "market": "JIO_INR"}

        async def scenario():
            async with self.exchange.socket() as socket:
                await authenticate(socket, alice)
                batch = {"PlaceOrders": {"client_order_id": "batch", "orders": [order, order]}}
                first = await ask(socket, batch, "one")
                again = await ask(socket, batch, "two")
                ids = [result["order_id"] for result in first["results"]]
                self.assertEqual([result["order_id"] for result in again["results"]], ids)
                self.assertEqual([result["duplicate"] for result in again["results"]], [True, True])
                replaced = await ask(socket, {"ReplaceOrder": {**order, "order_id": ids[0], "price": "91.00"}}, "three")
                self.assertEqual((replaced["replaced_order_id"], replaced["order_status"]), (ids[0], "New"))
                rest = alice.place("Buy", "90.00", 1, market="JIO_INR", client_order_id="batch:0")
                self.assertEqual((rest["duplicate"], rest["order_id"]), (True, ids[0]), "REST and WebSocket share client order ids")
                self.assertEqual((await ask(socket, {"CancelAll": {}}, "four"))["canceled"], 2)

        run(scenario())
        self.assertEqual(alice.balance("INR"), ("1000.0000", "0.0000"))
        alice.close()

    def test_nobody_else_hears_of_private_events(self):
        alice, bob = self.user(INR="1000"), self.user(INR="1000")

        async def scenario():
            async with self.exchange.socket("/?user_id=" + alice.email) as public, self.exchange.socket() as other:
                await authenticate(other, bob)
                for socket in (public, other):
                    await socket.send('{"SubscribeOrderbook":"JIO_INR"}')
                    await receive_until(socket, lambda m: "bids" in m)
                for _ in range(3):
                    order = alice.place("Buy", "80.00", 1, market="JIO_INR")["order_id"]
                    alice.ok("DELETE", f"/order/{order}")
                for socket in (public, other):
                    await socket.send('{"Ping":{}}')
                    heard = await receive_until(socket, lambda m: m.get("event") == "pong")
                    self.assertEqual({message.get("channel") for message in heard[:-1]}, {"orderbook"})
                    for message in heard:
                        self.assertFalse({"order_id", "user_id", "account_sequence"} & set(message), message)

        run(scenario())
        alice.close()
        bob.close()

    def test_trades_are_told_once_each_and_as_rest_tells_them(self):
        alice, bob = self.user(USDT="1000000"), self.user(ETH="100")

        async def scenario():
            async with self.exchange.socket() as socket:
                await socket.send('{"SubscribeTrades":"ETH_USDT"}')
                self.assertEqual((await receive(socket))["action"], "subscribed")
                for quantity in range(1, 21):
                    bob.place("Sell", "3000.00", f"{quantity / 100:.2f}", market="ETH_USDT")
                for quantity in ("0.5", "1", "0.6"):
                    alice.place("Buy", "3000.00", quantity, market="ETH_USDT")
                await socket.send('{"Ping":{}}')
                return (await receive_until(socket, lambda m: m.get("event") == "pong"))[:-1]

        told = run(scenario())
        asked = alice.ok("GET", "/api/v1/trades?market=ETH_USDT&limit=1000")["trades"]
        fields = ("trade_id", "price", "quantity", "taker_side", "time")
        self.assertEqual([[trade[name] for name in fields] for trade in reversed(told)], [[trade[name] for name in fields] for trade in asked])
        self.assertEqual(sum(float(trade["quantity"]) for trade in told), 2.1)
        alice.close()
        bob.close()

    def test_protocol_pings_are_answered(self):
        async def scenario():
            async with self.exchange.socket() as socket:
                await asyncio.wait_for(await socket.ping(b"there?"), 5)

        run(scenario())

    def test_the_last_of_many_subscriptions_alone_counts(self):
        async def scenario():
            async with self.exchange.socket() as one, self.exchange.socket() as two:
                for _ in range(3):
                    await one.send('{"SubscribeOrderbook":"JIO_INR"}')
                    snapshot = (await receive_until(one, lambda m: "bids" in m))[-1]
                await two.send('{"SubscribeOrderbook":"JIO_INR"}')
                self.assertEqual((await receive_until(two, lambda m: "bids" in m))[-1], snapshot)
                await one.send('{"UnsubscribeOrderbook":"JIO_INR"}')
                await receive(one)
                alice = self.user(INR="1000")
                alice.place("Buy", "80.00", 1, market="JIO_INR")
                alice.cancel_all()
                alice.close()
                update = await receive(two)
                self.assertEqual(update["first_sequence"], snapshot["sequence"] + 1)
                await one.send('{"Ping":{}}')
                self.assertEqual((await receive(one))["event"], "pong")

        run(scenario())

    def test_unsubscribing_ends_the_channel(self):
        alice = self.user(USDT="100000")

        async def scenario():
            async with self.exchange.socket("/ws", self.exchange.http_port) as socket:
                await socket.send('{"SubscribeOrderbook":"ETH_USDT"}')
                await receive_until(socket, lambda m: "bids" in m)
                await socket.send('{"UnsubscribeOrderbook":"ETH_USDT"}')
                self.assertEqual((await receive(socket))["action"], "unsubscribed")
                alice.place("Buy", "3000.00", 1, market="ETH_USDT")
                with self.assertRaises(asyncio.TimeoutError):
                    await receive(socket, 0.3)

        run(scenario())
        alice.close()


class SlowReaders(unittest.TestCase):
    """A client that stops reading: its book is conflated, its private data closed, and nobody else notices."""

    @staticmethod
    def stalled(exchange):
        """A connection whose system takes little before the exchange has to keep it."""
        raw = socket_module.socket()
        raw.setsockopt(socket_module.SOL_SOCKET, socket_module.SO_RCVBUF, 4096)
        raw.connect(("127.0.0.1", exchange.ws_port))
        raw.setblocking(False)
        return websockets.connect(f"ws://127.0.0.1:{exchange.ws_port}/", sock=raw, ping_interval=None, max_queue=1, read_limit=1024)

    @staticmethod
    async def follow(socket, copy, head, conflated):
        while copy.sequence != head:
            message = await receive(socket)
            if "bids" in message:
                copy.take(message)
                if message.get("conflated"):
                    conflated.append(socket)

    def test_a_stalled_book_catches_up_with_a_fresh_snapshot(self):
        with Exchange(*ExchangeTest.flags) as exchange:
            alice = exchange.user("alice@example.com", INR="100000000")
            orders = [{"order_type": "Buy", "order_kind": "Limit", "price": f"{10 + i * 0.05:.2f}", "quantity": 1, "market": "TATA_INR"}
                      for i in range(1000)]
            for i in range(0, len(orders), 100):
                alice.ok("POST", "/api/v1/orders/batch", {"orders": orders[i:i + 100]})

            async def scenario():
                async with self.stalled(exchange) as slow, exchange.socket() as fast:
                    copies = BookCopy(), BookCopy()
                    await fast.send('{"SubscribeOrderbook":"TATA_INR"}')
                    head, conflated = 1000, []
                    await self.follow(fast, copies[0], head, conflated)
                    begun = copies[0].updates  # a broadcaster in another process may be a moment behind the last answer

                    async def place():
                        nonlocal head
                        await asyncio.to_thread(alice.place, "Buy", "70.00", 1)
                        head += 1
                        await self.follow(fast, copies[0], head, conflated)

                    # Each a snapshot of 1000 levels, about 15 KiB; how many a proxy and the system take varies.
                    while head < 1200 and not exchange.metrics()["sauda_feed_conflations_total"]:
                        for _ in range(20):
                            await slow.send('{"SubscribeOrderbook":"TATA_INR"}')
                        await place()
                    await asyncio.sleep(1)  # a subscription that is read later begins the book anew
                    for _ in range(20):
                        await place()
                    await self.follow(slow, copies[1], head, conflated)
                    self.assertEqual(set(conflated), {slow}, "the reader that keeps up is never conflated")
                    self.assertEqual(copies[0].sides, copies[1].sides)
                    self.assertEqual(copies[0].updates - begun, head - 1000)

            run(scenario())
            self.assertGreaterEqual(exchange.metrics()["sauda_feed_conflations_total"], 1)
            alice.close()

    def test_stalled_private_data_is_closed_and_can_be_resumed(self):
        with Exchange(*ExchangeTest.flags) as exchange:
            alice = exchange.user("alice@example.com", INR="100000000")
            batch = {"orders": [{"order_type": "Buy", "order_kind": "Limit", "price": "50.00", "quantity": 1, "market": "TATA_INR"}] * 100}

            async def scenario():
                async with self.stalled(exchange) as slow, exchange.socket() as fast:
                    await slow.send(json.dumps({"Authenticate": alice.token}))
                    before = await authenticate(fast, alice)
                    for _ in range(60):
                        await asyncio.to_thread(alice.ok, "POST", "/api/v1/orders/batch", batch)
                        for _ in range(100):
                            before += 1
                            assert (await receive(fast))["account_sequence"] == before
                    last = 0
                    try:
                        while True:
                            last = (await receive(slow)).get("account_sequence", last)
                    except websockets.ConnectionClosed:
                        self.assertEqual((slow.close_code, slow.close_reason), (1013, "slow_consumer"))
                self.assertLess(last, before)

            run(scenario())
            self.assertGreaterEqual(exchange.metrics()["sauda_feed_slow_closes_total"], 1)
            alice.close()


class Resuming(unittest.TestCase):
    def test_reconnecting_under_traffic_loses_and_doubles_nothing(self):
        with Exchange(*ExchangeTest.flags) as exchange:
            alice = exchange.user("alice@example.com", INR="1000000")

            def trade():
                for _ in range(300):
                    order = alice.place("Buy", "90.00", 1)["order_id"]
                    alice.ok("DELETE", f"/order/{order}")

            traffic = None

            async def connect_for(patience, known):
                """Resumes after `known` and listens for so many messages more; the last event then known."""
                async with exchange.socket() as socket:
                    await socket.send(json.dumps({"Authenticate": alice.token, "Resume": {"account_sequence": known}}))
                    head = (await receive(socket))["account_sequence"]
                    self.assertEqual((await receive(socket))["replayed"], head - known)
                    try:
                        for _ in range(head - known + patience):
                            self.assertEqual((await receive(socket, 0.3))["account_sequence"], known + 1, "in order, each once")
                            known += 1
                    except asyncio.TimeoutError:
                        pass  # the traffic is over
                self.assertGreaterEqual(known, head)
                return known

            async def follow():
                known, chance = 0, random.Random(3)
                while not traffic.done():
                    known = await connect_for(chance.randint(0, 40), known)
                return await connect_for(0, known)

            async def scenario():
                nonlocal traffic
                traffic = asyncio.create_task(asyncio.to_thread(trade))
                last = await follow()
                await traffic
                return last

            self.assertEqual(run(scenario()), 601)
            alice.close()

    def test_events_are_gapless_across_reconnects_and_restarts(self):
        with Exchange("--no-demo") as exchange:
            alice = exchange.user("alice@example.com", INR="100000")

            async def resume(after):
                async with exchange.socket() as socket:
                    head = await authenticate(socket, alice)
                    await socket.send(json.dumps({"Resume": {"account_sequence": after}}))
                    messages = await receive_until(socket, lambda m: m.get("action") == "resumed" or m.get("event_type") == "resume_too_old")
                    events = [message["account_sequence"] for message in messages if "event_type" in message]
                    while len(events) < head - after:
                        events.append((await receive(socket))["account_sequence"])
                    return head, events

            for _ in range(20):
                alice.place("Buy", "90.00", 1)
            head, events = run(resume(5))
            self.assertEqual(events, list(range(6, head + 1)))
            for ending in (exchange.stop, exchange.kill):
                ending()
                exchange.start()
                alice.connection.port = exchange.http_port
                alice.close()
                again, events = run(resume(0))
                self.assertEqual((again, events), (head, list(range(1, head + 1))))
                alice.place("Buy", "91.00", 1)
                head, events = run(resume(head))
                self.assertEqual(events, list(range(again + 1, head + 1)))
            alice.close()

    def test_too_old_brings_balances_and_open_orders(self):
        with Exchange("--no-demo", "--rate-orders-per-second-account", "100000", "--rate-order-burst-account", "100000") as exchange:
            alice = exchange.user("alice@example.com", INR="100000")
            for _ in range(510):
                order = alice.place("Buy", "90.00", 1)["order_id"]
                alice.ok("DELETE", f"/order/{order}")
            alice.place("Buy", "90.00", 1)

            async def scenario():
                async with exchange.socket() as socket:
                    await authenticate(socket, alice)
                    await socket.send('{"Resume":{"account_sequence":1}}')
                    return (await receive_until(socket, lambda m: m.get("event_type") == "resume_too_old"))[-1]

            message = run(scenario())
            self.assertEqual(len(message["open_orders"]), 1)
            self.assertIn({"asset": "INR", "available": "99909.9100", "held": "90.0900"}, message["balances"])
            alice.close()


if __name__ == "__main__":
    unittest.main()
