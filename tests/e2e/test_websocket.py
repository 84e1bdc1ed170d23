"""The WebSocket: books that can be rebuilt, private events without gap, order entry."""
import asyncio
import json
import random
import unittest

from harness import BookCopy, Exchange, ExchangeTest, receive, receive_until, run


async def authenticate(socket, client):
    await socket.send(json.dumps({"Authenticate": client.token}))
    return (await receive_until(socket, lambda m: m.get("action") == "authenticated"))[-1]["account_sequence"]


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

        async def ask(socket, name, body, request_id):
            await socket.send(json.dumps({name: body, "request_id": request_id}))
            return (await receive_until(socket, lambda m: m.get("request_id") == request_id))[-1]

        async def scenario():
            async with self.exchange.socket() as socket:
                await authenticate(socket, alice)
                placed = await ask(socket, "PlaceOrder", {**order, "client_order_id": "ws-1"}, 1)
                self.assertEqual((placed["response_to"], placed["http_status"], placed["order_status"]), ("PlaceOrder", 200, "New"))
                again = await ask(socket, "PlaceOrder", {**order, "client_order_id": "ws-1"}, 2)
                self.assertEqual((again["duplicate"], again["order_id"]), (True, placed["order_id"]))
                amended = await ask(socket, "AmendOrder", {"order_id": placed["order_id"], "price": "91.00"}, 3)
                self.assertEqual(amended["order_status"], "New")
                many = await ask(socket, "PlaceOrders", [order, {**order, "price": "0.01"}], 4)
                self.assertEqual([result["http_status"] for result in many["results"]], [200, 422])
                canceled = await ask(socket, "CancelOrder", {"client_order_id": "ws-1"}, 5)
                self.assertEqual(canceled["order_status"], "Canceled")
                self.assertEqual((await ask(socket, "CancelAll", {"market": "JIO_INR"}, 6))["canceled"], 1)

        run(scenario())
        self.assertEqual(alice.balance("INR"), ("1000.0000", "0.0000"))
        alice.close()

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


class Resuming(unittest.TestCase):
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
