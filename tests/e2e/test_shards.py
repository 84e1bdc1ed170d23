"""An exchange of two shards: two engines with a ledger each, and one API before them."""
import http.client
import json
import os
import signal
import subprocess
import tempfile
import threading
import time
import unittest
from decimal import Decimal

from harness import (BINARY, PATIENCE_S, ROOT, BookCopy, Client, ExchangeTest, Services, ask, authenticate, receive, receive_until, run,
                     wait_until)
from service_test import NO_LIMITS, is_healthy, start_server

NUMBER_BITS = 45

SHARDS = os.path.join(ROOT, "ops", "services", "shards.toml")  # as operators are given it


def shard_of(order_id):
    return order_id >> NUMBER_BITS


class ShardsTest(unittest.TestCase):
    """Tests that share one exchange of two shards."""

    @classmethod
    def setUpClass(cls):
        cls.exchange = Services(*ExchangeTest.flags, "--shards-file", SHARDS).start()
        cls.operator = cls.exchange.operator()

    @classmethod
    def tearDownClass(cls):
        try:
            cls.check_conservation()
            refusals = cls.exchange.refusals_of_redis()
            status = cls.exchange.stop()
            verified = [cls.verify(directory, shard) for directory, shard in
                        ((cls.exchange.data_dir, ""), (os.path.join(cls.exchange.data_dir, "shards", "crypto"), "#crypto"))]
        finally:
            cls.exchange.close()
        assert status == 0, status
        assert refusals == "", refusals
        for one in verified:
            for line in ("verified: yes", "pending_transfers_compared: 0", "history_sequence: "):
                assert line in one.stdout, one.stdout + one.stderr

    @classmethod
    def verify(cls, directory, shard):
        """Engine, views and history of one shard, down to the last unit; `shard` is what its history is called."""
        words = [BINARY, "journal", "verify", "--deep", directory, "--store", cls.exchange.environment["SAUDA_STORE"] + shard]
        return subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)

    @classmethod
    def check_conservation(cls):
        """Every asset of every shard sums to zero, and over all shards what is in transit is what is under way: nothing."""
        in_transit = {}
        for shard in ("main", "crypto"):
            sums = {}
            cursor = "0"
            while cursor != "None":
                page = cls.operator.ok("GET", f"/api/v1/admin/balances?shard={shard}&cursor={cursor}")
                for row in page["balances"]:
                    amount = Decimal(row["available"]) + Decimal(row["held"])
                    sums[row["asset"]] = sums.get(row["asset"], 0) + amount
                    if row["owner"] == "in_transit":
                        in_transit[row["asset"]] = in_transit.get(row["asset"], 0) + amount
                cursor = str(page["next_cursor"])
            assert all(amount == 0 for amount in sums.values()), (shard, sums)
        assert all(amount == 0 for amount in in_transit.values()), in_transit

    _users = 0

    def user(self, **funds):
        """`INR` goes to the shard main, `crypto_INR` to the other."""
        ShardsTest._users += 1
        email = f"user{ShardsTest._users}@example.com"
        user = self.exchange.user(email)
        for asset, amount in funds.items():
            shard, _, name = asset.rpartition("_")
            body = {"email": email, "asset": name, "amount": str(amount), "reference": f"{email}-{asset}"}
            if name == "INR":
                body["shard"] = shard or "main"
            self.operator.ok("POST", "/api/v1/admin/deposit", body)
        return user


class Orders(ShardsTest):
    def test_the_markets_of_all_shards_are_one_list(self):
        with self.exchange.client() as anyone:
            names = [row["market"] for row in anyone.ok("GET", "/api/v1/markets")["markets"]]
            self.assertEqual(names[:4], ["TATA_INR", "JIO_INR", "BTC_USDT", "ETH_USDT"])
            page = anyone.ok("GET", "/api/v1/markets?limit=3")
            self.assertEqual([row["market"] for row in page["markets"]], names[:3])
            rest = anyone.ok("GET", f"/api/v1/markets?limit=3&cursor={page['next_cursor']}")
            self.assertEqual([row["market"] for row in rest["markets"]], names[3:])
            tickers = anyone.ok("GET", "/api/v1/ticker")["tickers"]
            self.assertEqual([row["market"] for row in tickers], names)
            for name in names:
                self.assertEqual(anyone.ok("GET", f"/api/v1/depth?market={name}")["market"], name)
                anyone.ok("GET", f"/api/v1/candles?market={name}&interval=1m")
                anyone.ok("GET", f"/api/v1/trades?market={name}")

    def test_balances_are_named_by_shard(self):
        alice = self.user(INR=100, crypto_INR=7, USDT=5)
        rows = {(row["shard"], row["asset"]): row["available"] for row in alice.ok("GET", "/api/v1/balances")["balances"]}
        self.assertEqual(Decimal(rows["main", "INR"]), 100)
        self.assertEqual(Decimal(rows["crypto", "INR"]), 7)
        self.assertEqual(Decimal(rows["crypto", "USDT"]), 5)
        self.assertNotIn(("main", "USDT"), rows)
        self.assertNotIn(("crypto", "TATA"), rows)

    def test_an_asset_on_two_shards_must_be_said_where(self):
        alice = self.user()
        body = {"email": alice.email, "asset": "INR", "amount": "1", "reference": alice.email}
        self.operator.refused(422, "shard_needed", "POST", "/api/v1/admin/deposit", body)
        self.operator.refused(422, "unknown_shard", "POST", "/api/v1/admin/deposit", {**body, "shard": "moon"})
        self.operator.refused(422, "unknown_asset", "POST", "/api/v1/admin/deposit", {**body, "asset": "BTC", "shard": "main"})

    def test_operators_name_a_shard_on_the_command_line(self):
        alice = self.user()
        self.assertIn("shard_needed", self.exchange.admin("deposit", alice.email, "INR", "5").stderr)
        done = self.exchange.admin("--shard", "crypto", "deposit", alice.email, "INR", "5")
        self.assertEqual(done.returncode, 0, done.stderr)
        alice.ok("POST", "/api/v1/transfers", {"asset": "INR", "amount": "2", "from": "crypto", "to": "main", "reference": "cli"})
        told = [self.exchange.admin("--shard", shard, "balances", "--account", "3").stdout for shard in ("main", "crypto")]
        self.assertIn("in_transit", told[0])
        self.assertIn("in_transit", told[1])

    def orders_on_both(self, user):
        return {user.place("Buy", "50.00", 1)["order_id"], user.place("Buy", "2000.00", "0.01", market="ETH_USDT")["order_id"]}

    @staticmethod
    def open_orders(user):
        return {order["order_id"] for order in user.ok("GET", "/api/v1/orders?limit=1000")["orders"]}

    def test_the_orders_of_all_shards_go_with_a_connection_and_with_a_countdown(self):
        alice = self.user(INR=100000, USDT=100000)

        async def disconnect():
            async with self.exchange.socket() as socket:
                await authenticate(socket, alice)
                answer = await ask(socket, {"CancelOnDisconnect": {"timeout_ms": 60000}}, 1)
                self.assertEqual((answer["http_status"], answer["timeout_ms"]), (200, 60000))
                self.assertEqual(self.open_orders(alice), orders)
                # Another connection stands in, at both shards.
                async with self.exchange.socket() as other:
                    await authenticate(other, alice)
                    took = await ask(other, {"CancelOnDisconnect": {"takes_over": answer["lease"]}}, 2)
                    self.assertIs(took["took_over"], True)
                    await socket.close()
                    time.sleep(0.5)
                    self.assertEqual(self.open_orders(alice), orders)

        orders = self.orders_on_both(alice)
        run(disconnect())
        wait_until(lambda: not self.open_orders(alice), "orders go with the connection")
        orders = self.orders_on_both(alice)
        self.assertIsNotNone(alice.ok("POST", "/api/v1/cancel-after", {"timeout_ms": 1500})["cancels_at"])
        self.assertEqual(self.open_orders(alice), orders)
        wait_until(lambda: not self.open_orders(alice), "orders go with the countdown")
        orders = self.orders_on_both(alice)
        alice.ok("POST", "/api/v1/cancel-after", {"timeout_ms": 1000})
        alice.ok("POST", "/api/v1/cancel-after", {"timeout_ms": 0})
        time.sleep(1.5)
        self.assertEqual(self.open_orders(alice), orders)

    def test_an_order_is_found_wherever_it_is(self):
        alice = self.user(INR=100000, USDT=100000)
        here = alice.place("Buy", "50.00", 1, client_order_id="here")
        there = alice.place("Buy", "2000.00", "0.01", market="ETH_USDT", client_order_id="there")
        self.assertEqual([shard_of(order["order_id"]) for order in (here, there)], [0, 1])
        for name, order in (("here", here), ("there", there)):
            self.assertEqual(alice.ok("GET", f"/order/{order['order_id']}")["client_order_id"], name)
            self.assertEqual(alice.ok("GET", f"/order?client_order_id={name}")["order_id"], order["order_id"])
            self.assertEqual(alice.ok("GET", f"/api/v1/orders/{order['order_id']}/events")["order_id"], order["order_id"])
        alice.refused(404, "unknown_order", "GET", "/order?client_order_id=nowhere")
        alice.refused(404, "unknown_order", "GET", f"/order/{(7 << NUMBER_BITS) + 1}")
        again = alice.place("Buy", "2000.00", "0.01", market="ETH_USDT", client_order_id="there")
        self.assertEqual((again["order_id"], again["duplicate"]), (there["order_id"], True))
        amended = alice.ok("PATCH", f"/order/{there['order_id']}", {"price": "2100.00"})
        self.assertEqual(amended["order_id"], there["order_id"])
        replaced = alice.ok("POST", "/api/v1/orders/replace", {"order_id": there["order_id"], "order_type": "Buy", "order_kind": "Limit",
                                                               "price": "1900.00", "quantity": "0.01", "market": "ETH_USDT",
                                                               "client_order_id": "new"})
        self.assertEqual(shard_of(replaced["order_id"]), 1)
        self.assertEqual(alice.ok("DELETE", "/order?client_order_id=new")["order_id"], replaced["order_id"])
        self.assertEqual(alice.ok("DELETE", f"/order/{here['order_id']}")["order_status"], "Canceled")
        alice.refused(404, "unknown_order", "DELETE", "/order?client_order_id=nowhere")

    def test_lists_tell_of_all_shards(self):
        alice = self.user(INR=100000, USDT=100000)
        ids = [alice.place("Buy", f"{50 + i}.00", 1)["order_id"] for i in range(3)]
        ids += [alice.place("Buy", f"{2000 + i}.00", "0.01", market="ETH_USDT")["order_id"] for i in range(3)]
        whole = alice.ok("GET", "/api/v1/orders")
        self.assertEqual(sorted(order["order_id"] for order in whole["orders"]), sorted(ids))
        self.assertIsNone(whole["next_cursor"])
        for limit in (1, 2, 4, 5, 6):
            told, cursor = [], ""
            while cursor is not None:
                page = alice.ok("GET", f"/api/v1/orders?limit={limit}&cursor={cursor}" if cursor else f"/api/v1/orders?limit={limit}")
                self.assertLessEqual(len(page["orders"]), limit)
                told += [order["order_id"] for order in page["orders"]]
                cursor = page["next_cursor"]
            self.assertEqual(sorted(told), sorted(ids), limit)
        of_one = alice.ok("GET", "/api/v1/orders?market=ETH_USDT")["orders"]
        self.assertEqual({order["market"] for order in of_one}, {"ETH_USDT"})
        of_one = alice.ok("GET", "/api/v1/orders?shard=crypto")["orders"]
        self.assertEqual(len(of_one), 3)
        alice.refused(400, "malformed_request", "GET", "/api/v1/orders?cursor=17")
        canceled = alice.cancel_all()
        self.assertEqual((canceled["canceled"], sorted(canceled["order_ids"])), (6, sorted(ids)))
        closed = alice.ok("GET", "/api/v1/orders?status=closed")["orders"]
        self.assertEqual(sorted(order["order_id"] for order in closed), sorted(ids))

    def test_trades_on_both_are_in_fills_and_ledger(self):
        alice, bob = self.user(INR=100000, USDT=100000), self.user(TATA=100, ETH=10)
        bob.place("Sell", "100.00", 5)
        bob.place("Sell", "3000.00", "1", market="ETH_USDT")
        self.assertEqual(alice.place("Buy", "100.00", 5)["order_status"], "Filled")
        self.assertEqual(alice.place("Buy", "3000.00", "1", market="ETH_USDT")["order_status"], "Filled")
        self.assertEqual({fill["market"] for fill in alice.ok("GET", "/api/v1/fills")["fills"]}, {"TATA_INR", "ETH_USDT"})
        assets = {entry["asset"] for entry in alice.ok("GET", "/api/v1/ledger")["entries"]}
        self.assertEqual(assets, {"INR", "TATA", "USDT", "ETH"})
        self.assertEqual(len(alice.ok("GET", "/api/v1/deposits")["deposits"]), 2)
        alice.refused(422, "shard_needed", "GET", "/api/v1/statement.csv")
        status, _, text = alice.raw("GET", "/api/v1/statement.csv?shard=crypto")
        self.assertEqual(status, 200)
        self.assertIn("ETH_USDT", text)

    def test_a_batch_is_of_one_shard(self):
        alice = self.user(INR=100000, USDT=100000)
        here = {"order_type": "Buy", "order_kind": "Limit", "price": "50.00", "quantity": 1, "market": "TATA_INR"}
        there = {**here, "price": "2000.00", "quantity": "0.01", "market": "ETH_USDT"}
        alice.refused(422, "several_shards", "POST", "/api/v1/orders/batch", {"orders": [here, there]})
        self.assertEqual(len(alice.ok("GET", "/api/v1/orders")["orders"]), 0)
        alice.ok("POST", "/api/v1/orders/batch", {"orders": [there, there]})
        self.assertEqual({order["market"] for order in alice.ok("GET", "/api/v1/orders")["orders"]}, {"ETH_USDT"})
        alice.cancel_all()

    def test_a_frozen_user_is_frozen_everywhere(self):
        alice = self.user(INR=100000, USDT=100000)
        self.operator.ok("POST", "/api/v1/admin/accounts/state", {"email": alice.email, "frozen": True})
        for market, price in (("TATA_INR", "50.00"), ("ETH_USDT", "2000.00")):
            alice.refused(403, "account_frozen", "POST", "/order",
                          {"order_type": "Buy", "order_kind": "Limit", "price": price, "quantity": 1, "market": market})

    def test_nothing_is_listed_on_two_shards(self):
        self.operator.refused(422, "listed_elsewhere", "POST", "/api/v1/admin/assets", {"asset": "TATA", "scale": 0, "shard": "crypto"})
        self.operator.refused(422, "listed_elsewhere", "POST", "/api/v1/admin/markets",
                              {"market": "ETH_USDT", "base": "TATA", "quote": "INR", "tick": "0.1", "lot": "1", "min_notional": "1",
                               "maker_fee_percent": "0", "taker_fee_percent": "0.1", "fee_asset": "quote", "shard": "main"})

    def test_what_a_request_names_decides_where_it_goes(self):
        alice = self.user(INR=1000, crypto_INR=5, USDT=7)
        for asset, count in (("USDT", 1), ("INR", 2)):
            self.assertEqual(len(alice.ok("GET", f"/api/v1/ledger?asset={asset}")["entries"]), count)
        alice.refused(422, "unknown_asset", "GET", "/api/v1/ledger?asset=GOLD")
        placed = alice.place("Buy", "50.00", 1)
        self.assertEqual(alice.ok("GET", f"/order/{placed['order_id']}?market=ETH_USDT&shard=crypto")["order_id"], placed["order_id"])
        self.operator.refused(422, "shard_needed", "POST", "/api/v1/admin/accounts/state", {"account": 16, "email": alice.email})
        self.operator.refused(422, "shard_needed", "POST", "/api/v1/admin/deposit",
                              {"email": alice.email, "asset": "INR", "amount": "1", "reference": "m", "market": "ETH_USDT"})
        lost = {"order_type": "Buy", "order_kind": "Limit", "price": "50.00", "quantity": 1, "market": "NOPE"}
        answer = alice.ok("POST", "/api/v1/orders/batch", {"orders": [{**lost, "market": "ETH_USDT", "price": "5.00"}, lost]})
        self.assertEqual([one["code"] if one["status"] == "Error" else one["order_status"] for one in answer["results"]],
                         ["New", "unknown_market"])
        alice.cancel_all()

    def test_a_market_is_listed_where_it_is_said(self):
        market = {"market": "BTC_INR", "base": "BTC", "quote": "INR", "tick": "0.1", "lot": "0.001", "min_notional": "1",
                  "maker_fee_percent": "0", "taker_fee_percent": "0.1", "fee_asset": "quote"}
        self.operator.refused(422, "shard_needed", "POST", "/api/v1/admin/markets", market)
        self.operator.refused(422, "unknown_asset", "POST", "/api/v1/admin/markets", {**market, "shard": "main"})
        self.operator.ok("POST", "/api/v1/admin/markets", {**market, "shard": "crypto"})
        self.operator.ok("POST", "/api/v1/admin/markets/state", {"market": "BTC_INR", "state": "halted"})


class Sockets(ShardsTest):
    def test_one_socket_has_the_markets_and_the_private_events_of_all(self):
        alice, bob = self.user(INR=100000, USDT=100000), self.user(TATA=100, ETH=10)

        async def scenario():
            async with self.exchange.socket() as socket:
                copies = {"TATA_INR": BookCopy(), "ETH_USDT": BookCopy()}
                for market, copy in copies.items():
                    await socket.send(f'{{"SubscribeOrderbook":"{market}"}}')
                    copy.take((await receive_until(socket, lambda m: "bids" in m))[-1])
                await authenticate(socket, alice)
                second = (await receive_until(socket, lambda m: m.get("action") == "authenticated"))[-1]
                self.assertEqual(second["shard"], "crypto")
                for market, price in (("TATA_INR", "101.00"), ("ETH_USDT", "3001.00")):
                    bob.place("Sell", price, 1, market=market)
                    order = {"order_type": "Buy", "order_kind": "Limit", "price": price, "quantity": 1, "market": market}
                    await socket.send('{"Ping":{}}')
                    answer = await ask(socket, {"PlaceOrder": order}, market)
                    self.assertEqual(answer["order_status"], "Filled", answer)
                resting = await ask(socket, {"PlaceOrder": {**order, "price": "2000.00"}}, "rest")
                self.assertEqual(shard_of(resting["order_id"]), 1)
                low = {**order, "market": "TATA_INR", "price": "50.00"}
                resting = await ask(socket, {"PlaceOrder": low}, "low")
                canceled = await ask(socket, {"CancelAll": {}}, "all")
                self.assertEqual(canceled["canceled"], 2, canceled)
                mixed = await ask(socket, {"PlaceOrders": [low, {**low, "market": "ETH_USDT"}]}, "mixed")
                self.assertEqual((mixed["http_status"], mixed["code"]), (422, "several_shards"))
                await socket.send('{"Resume":{"account_sequence":0,"shard":"crypto"},"request_id":"r"}')
                resumed = (await receive_until(socket, lambda m: m.get("action") == "resumed"))[-1]
                self.assertEqual(resumed["shard"], "crypto")
                await socket.send('{"Resume":{"account_sequence":0,"shard":"moon"},"request_id":"m"}')
                refused = (await receive_until(socket, lambda m: m.get("request_id") == "m"))[-1]
                self.assertEqual(refused["code"], "unknown_shard")

        run(scenario())

    def test_private_events_name_their_shard_and_have_its_sequence(self):
        alice, bob = self.user(INR=100000, USDT=100000), self.user(TATA=100, ETH=10)

        async def scenario():
            async with self.exchange.socket() as socket:
                await authenticate(socket, alice)
                await receive_until(socket, lambda m: m.get("shard") == "crypto")
                for market, price, shard in (("TATA_INR", "102.00", "main"), ("ETH_USDT", "3002.00", "crypto")):
                    bob.place("Sell", price, 1, market=market)
                    alice.place("Buy", price, 1, market=market)
                    event = (await receive_until(socket, lambda m: m.get("event_type") == "FullFill"))[-1]
                    self.assertEqual((event["shard"], event["market"]), (shard, market))

        run(scenario())


class Failures(ShardsTest):
    def test_a_shard_that_is_away_keeps_nobody_from_the_other(self):
        alice = self.user(INR=100000, USDT=100000)
        before = self.exchange.programs()["engine-crypto"]
        os.kill(before["process"], signal.SIGSTOP)
        try:
            self.assertEqual(alice.place("Buy", "50.00", 1)["order_status"], "New")
            order = {"order_type": "Buy", "order_kind": "Limit", "price": "2000.00", "quantity": 1, "market": "ETH_USDT",
                     "client_order_id": "late"}
            status, _ = alice.request("POST", "/order", order)
            self.assertIn(status, (503, 504))
            self.assertEqual(alice.place("Buy", "51.00", 1)["order_status"], "New")
        finally:
            os.kill(before["process"], signal.SIGCONT)
        wait_until(lambda: alice.request("POST", "/order", {**order, "client_order_id": "new"})[0] in (200, 201), "crypto trades again")
        os.kill(before["process"], signal.SIGKILL)
        wait_until(lambda: self.exchange.programs()["engine-crypto"]["restarts"] > before["restarts"], "it is started again")
        self.assertEqual(alice.place("Buy", "52.00", 1)["order_status"], "New")
        wait_until(lambda: alice.request("GET", "/order?client_order_id=new")[0] == 200, "its orders are there")
        wait_until(lambda: alice.request("DELETE", "/api/v1/orders")[0] == 200, "all can be canceled")

    def test_what_all_shards_are_to_do_those_do_that_can(self):
        alice = self.user(INR=100000, USDT=100000)
        there = alice.place("Buy", "2000.00", 1, market="ETH_USDT", client_order_id="there")
        engine = self.exchange.programs()["engine"]
        os.kill(engine["process"], signal.SIGSTOP)
        try:
            self.assertIn(alice.request("DELETE", "/api/v1/orders")[0], (503, 504))
            wait_until(lambda: alice.request("GET", f"/order/{there['order_id']}")[1].get("order_status") == "Canceled", "it is cancelled")
            body = {"email": alice.email, "frozen": True}
            self.assertIn(self.operator.request("POST", "/api/v1/admin/accounts/state", body)[0], (503, 504))
            alice.refused(403, "account_frozen", "POST", "/order", {"order_type": "Buy", "order_kind": "Limit", "price": "2000.00",
                                                                    "quantity": 1, "market": "ETH_USDT"})
            self.assertEqual(alice.ok("GET", "/order?client_order_id=there")["order_id"], there["order_id"])
        finally:
            os.kill(engine["process"], signal.SIGCONT)
        wait_until(lambda: self.operator.request("POST", "/api/v1/admin/accounts/state", {**body, "frozen": False})[0] == 200, "all do it")
        wait_until(lambda: alice.request("DELETE", "/api/v1/orders")[0] == 200, "all do it")

    def test_a_socket_covers_a_shard_as_soon_as_the_account_is_open_there(self):
        engine = self.exchange.programs()["engine-crypto"]
        who = {"email": "socket@example.com", "password": "correct horse"}

        async def scenario():
            async with self.exchange.socket() as socket:
                await authenticate(socket, alice)
                os.kill(engine["process"], signal.SIGCONT)
                await receive_until(socket, lambda m: m.get("action") == "authenticated" and m["shard"] == "crypto")
                self.operator.ok("POST", "/api/v1/admin/deposit",
                                 {"email": who["email"], "asset": "USDT", "amount": "5000", "reference": "socket"})
                order = {"order_type": "Buy", "order_kind": "Limit", "price": "2000.00", "quantity": 1, "market": "ETH_USDT"}
                answer = await ask(socket, {"PlaceOrder": order}, "first")
                self.assertEqual(answer["order_status"], "New", answer)
                self.assertEqual((await ask(socket, {"CancelAll": {}}, "all"))["canceled"], 1)

        os.kill(engine["process"], signal.SIGSTOP)
        try:
            with self.exchange.client() as anyone:
                self.assertEqual(anyone.request("POST", "/register", who)[0], 201)
                with Client(self.exchange.http_port, anyone.ok("POST", "/login", who)["token"]) as alice:
                    run(scenario())
        finally:
            os.kill(engine["process"], signal.SIGCONT)

    def test_who_registered_while_a_shard_was_away_has_an_account_there_later(self):
        before = self.exchange.programs()["engine-crypto"]
        os.kill(before["process"], signal.SIGSTOP)
        try:
            with self.exchange.client() as anyone:
                who = {"email": "early@example.com", "password": "correct horse"}
                status, _ = anyone.request("POST", "/register", who)
                self.assertEqual(status, 201)
        finally:
            os.kill(before["process"], signal.SIGCONT)
        with self.exchange.client() as anyone:
            with Client(self.exchange.http_port, anyone.ok("POST", "/login", who)["token"]) as user:
                self.assertEqual(len(user.ok("GET", "/api/v1/balances")["shards"]), 2)
                user.refused(422, "insufficient_funds", "POST", "/order",
                             {"order_type": "Buy", "order_kind": "Limit", "price": "2000.00", "quantity": 1, "market": "ETH_USDT"})


class Starts(ShardsTest):
    """Servers that begin while an engine does not answer."""

    def setUp(self):
        self.stopped = []
        self.addCleanup(self.go_on)

    def stop(self, *names):
        for name in names:
            process = self.exchange.programs()[name]["process"]
            os.kill(process, signal.SIGSTOP)
            self.stopped.append(process)

    def go_on(self):
        while self.stopped:
            os.kill(self.stopped.pop(), signal.SIGCONT)

    def start(self, program):
        flags = [flag for flag in NO_LIMITS if program == "api-server" or flag != "--no-demo"]
        return start_server(self, self.exchange, program, *flags, "--shards-file", os.path.join(self.exchange.data_dir, "shards.toml"))

    @staticmethod
    def order(market, price, **more):
        return {"order_type": "Buy", "order_kind": "Limit", "price": price, "quantity": 1, "market": market, **more}

    @staticmethod
    def health(port):
        with Client(port) as anyone:
            return {row["shard"]: (row["ready"], row["reason"]) for row in anyone.request("GET", "/health/ready")[1].get("shards", [])}

    def refused_away(self, shard, client, *request):
        self.assertIn(f"Shard {shard} ", client.refused(503, "engine_down", *request)["error"])

    def test_an_api_server_serves_the_shard_that_answers_and_the_other_when_it_does(self):
        alice = self.user(INR=100000, crypto_INR=5, USDT=100000)
        there = alice.place("Buy", "2000.00", 1, market="ETH_USDT")
        who = {"email": "meanwhile@example.com", "password": "correct horse"}
        self.stop("engine-crypto")
        port = self.start("api-server")
        wait_until(lambda: is_healthy(port), "it serves the other shard")
        self.assertEqual(self.health(port)["main"], (True, None))
        self.assertIs(self.health(port)["crypto"][0], False)
        with Client(port, alice.token) as server, Client(port) as anyone, Client(port, self.operator.token) as operator:
            page = anyone.raw("GET", "/metrics")[2]
            self.assertIn('sauda_shard_ready{shard="crypto"} 0', page)
            self.assertIn('sauda_shard_ready{shard="main"} 1', page)
            here = server.ok("POST", "/order", self.order("TATA_INR", "50.00", client_order_id="here"))
            self.assertEqual(server.ok("GET", "/order?client_order_id=here")["order_id"], here["order_id"])
            for request in (("POST", "/order", self.order("ETH_USDT", "2000.00")), ("GET", f"/order/{there['order_id']}"),
                            ("GET", "/order?client_order_id=nowhere"), ("DELETE", f"/order/{there['order_id']}"),
                            ("POST", "/order", self.order("NOT_LISTED", "1")), ("GET", "/api/v1/depth?market=ETH_USDT"),
                            ("GET", "/api/v1/balances"), ("GET", "/api/v1/balances?shard=crypto"), ("GET", "/api/v1/orders"),
                            ("GET", "/api/v1/orders?market=ETH_USDT"), ("GET", "/api/v1/markets?shard=crypto"),
                            ("GET", "/api/v1/ledger?asset=INR"), ("POST", "/api/v1/orders/batch", {"orders": [self.order("ETH_USDT", "2000.00")]}),
                            ("POST", "/api/v1/transfers", {"asset": "INR", "amount": "1", "from": "main", "to": "crypto", "reference": "away"})):
                self.refused_away("crypto", server, *request)
            balances = server.ok("GET", "/api/v1/balances?shard=main")
            self.assertEqual(({row["shard"] for row in balances["balances"]}, len(balances["shards"])), ({"main"}, 1))
            for path in ("orders?shard=main", "orders?market=TATA_INR", "ledger?asset=TATA", "ledger?shard=main", "depth?market=TATA_INR"):
                server.ok("GET", f"/api/v1/{path}")
            for name in ("markets", "ticker"):
                listed = anyone.ok("GET", f"/api/v1/{name}")
                self.assertEqual(listed["shards_away"], ["crypto"])
                self.assertEqual({row["market"] for row in listed.get("markets", listed.get("tickers"))}, {"TATA_INR", "JIO_INR"})
            deposit = {"email": alice.email, "asset": "INR", "amount": "1", "reference": "away"}
            operator.refused(422, "shard_needed", "POST", "/api/v1/admin/deposit", deposit)
            self.refused_away("crypto", operator, "POST", "/api/v1/admin/assets", {"asset": "ANEW", "scale": 0, "shard": "main"})
            self.assertEqual(anyone.request("POST", "/register", who)[0], 201)
            with Client(port, anyone.ok("POST", "/login", who)["token"]) as newcomer:
                newcomer.refused(422, "insufficient_funds", "POST", "/order", self.order("TATA_INR", "50.00"))
                self.refused_away("crypto", server, "DELETE", "/api/v1/orders")
                self.assertEqual(server.ok("GET", f"/order/{here['order_id']}")["order_status"], "Canceled")
                self.go_on()
                wait_until(lambda: self.health(port)["crypto"] == (True, None), "the other shard comes in by itself")
                newcomer.refused(422, "insufficient_funds", "POST", "/order", self.order("ETH_USDT", "2000.00"))
            for market, price in (("TATA_INR", "50.00"), ("ETH_USDT", "2000.00")):
                self.assertEqual(server.ok("POST", "/order", self.order(market, price))["order_status"], "New")
            self.assertEqual(server.ok("GET", f"/order/{there['order_id']}")["order_status"], "New")
            self.assertEqual(server.ok("GET", "/api/v1/balances")["balances"], alice.ok("GET", "/api/v1/balances")["balances"])
            self.assertNotIn("shards_away", anyone.ok("GET", "/api/v1/markets"))
            server.refused(422, "unknown_market", "POST", "/order", self.order("NOT_LISTED", "1"))
            self.assertEqual(server.ok("DELETE", "/api/v1/orders")["canceled"], 3)

    def test_a_broadcaster_serves_the_shard_that_answers_and_the_other_when_it_does(self):
        alice = self.user(INR=100000, USDT=100000)
        self.stop("engine-crypto")
        port = self.start("event-broadcaster")
        wait_until(lambda: is_healthy(port), "it serves the other shard")

        async def scenario():
            async with self.exchange.socket(port=port) as socket:
                await socket.send('{"SubscribeOrderbook":"TATA_INR"}')
                await receive_until(socket, lambda m: "bids" in m)
                for number, message in enumerate(({"SubscribeOrderbook": "ETH_USDT"}, {"SubscribeTicker": "ETH_USDT"},
                                                  {"SubscribeTrades": "NOT_LISTED"})):
                    await socket.send(json.dumps({**message, "request_id": number}))
                    refused = (await receive_until(socket, lambda m, id=number: m.get("request_id") == id))[-1]
                    self.assertEqual(refused["code"], "engine_down")
                    self.assertIn("Shard crypto ", refused["error"])
                await authenticate(socket, alice)
                placed = await ask(socket, {"PlaceOrder": self.order("TATA_INR", "50.00")}, "here")
                self.assertEqual(placed["order_status"], "New")
                for name, message in (("there", {"PlaceOrder": self.order("ETH_USDT", "2000.00")}),
                                      ("nowhere", {"CancelOrder": {"client_order_id": "nowhere"}}),
                                      ("all", {"CancelAll": {}})):
                    answer = await ask(socket, message, name)
                    self.assertEqual((answer["http_status"], answer["code"]), (503, "engine_down"), answer)
                await socket.send('{"Resume":{"account_sequence":0,"shard":"crypto"},"request_id":"r"}')
                self.assertEqual((await receive_until(socket, lambda m: m.get("request_id") == "r"))[-1]["code"], "engine_down")
                self.go_on()
                await receive_until(socket, lambda m: m.get("action") == "authenticated" and m["shard"] == "crypto")
                await socket.send('{"SubscribeOrderbook":"ETH_USDT"}')
                await receive_until(socket, lambda m: m.get("market") == "ETH_USDT" and "bids" in m)
                await socket.send('{"Resume":{"account_sequence":0,"shard":"crypto"},"request_id":"again"}')
                # What was before this server followed the shard is remembered all the same.
                await receive_until(socket, lambda m: m.get("event_type") == "Deposit" and m["shard"] == "crypto")
                placed = await ask(socket, {"PlaceOrder": self.order("ETH_USDT", "2000.00")}, "now")
                self.assertEqual(placed["order_status"], "New", placed)
                self.assertEqual((await ask(socket, {"CancelAll": {}}, "both"))["canceled"], 1)

        run(scenario())
        self.assertEqual(alice.ok("GET", "/api/v1/orders")["orders"], [])

    def test_users_log_in_while_the_shard_where_they_registered_is_away(self):
        alice = self.user(INR=1000, USDT=100000)
        self.stop("engine")
        port = self.start("api-server")
        wait_until(lambda: is_healthy(port), "it serves the other shard")
        with Client(port) as anyone:
            token = anyone.ok("POST", "/login", {"email": alice.email, "password": "correct horse"})["token"]
            with Client(port, token) as server:
                self.assertEqual(server.ok("POST", "/order", self.order("ETH_USDT", "2000.00"))["order_status"], "New")
                self.refused_away("main", server, "POST", "/order", self.order("TATA_INR", "50.00"))
                self.go_on()
                wait_until(lambda: self.health(port)["main"] == (True, None), "it comes in by itself")
                self.assertEqual(server.ok("POST", "/order", self.order("TATA_INR", "50.00"))["order_status"], "New")
                self.assertEqual(server.ok("DELETE", "/api/v1/orders")["canceled"], 2)

    def test_servers_begin_without_any_engine(self):
        alice = self.user(INR=1000, USDT=100000)
        self.stop("engine", "engine-crypto")
        ports = [self.start("api-server"), self.start("event-broadcaster")]

        for port in ports:
            wait_until(lambda port=port: is_healthy(port, "/health/live"), "it listens")
            with Client(port) as anyone:
                anyone.refused(503, "not_ready", "GET", "/health/ready")
        with Client(ports[0], alice.token) as server:
            self.refused_away("main", server, "GET", "/api/v1/markets")
            self.go_on()
            for port in ports:
                wait_until(lambda port=port: self.health(port) == {"main": (True, None), "crypto": (True, None)}, "both come in")
            for market, price in (("TATA_INR", "50.00"), ("ETH_USDT", "2000.00")):
                self.assertEqual(server.ok("POST", "/order", self.order(market, price))["order_status"], "New")
            self.assertEqual(server.ok("DELETE", "/api/v1/orders")["canceled"], 2)


class RedisRestarts(ShardsTest):
    """What was told last is nowhere but in the engines then."""

    def test_a_shard_that_hangs_keeps_nobody_from_what_is_told_of_the_other(self):
        alice = self.user(INR=100000, USDT=100000)
        alice.place("Buy", "50.00", 1)
        programs = self.exchange.programs()
        process = programs["engine-crypto"]["process"]
        os.kill(process, signal.SIGSTOP)
        try:
            os.kill(programs["redis"]["process"], signal.SIGKILL)
            wait_until(lambda: self.exchange.programs()["redis"]["restarts"] > programs["redis"]["restarts"], "it is started again")
            wait_until(lambda: alice.request("GET", "/api/v1/orders?market=TATA_INR")[0] == 200, "one shard is told of")
            self.assertEqual(len(alice.ok("GET", "/api/v1/orders?shard=main")["orders"]), 1)
            rows = alice.ok("GET", "/api/v1/balances?shard=main")["balances"]
            self.assertEqual({row["shard"] for row in rows}, {"main"})
            for path in ("markets?shard=main", "ticker?shard=main", "ticker?market=TATA_INR", "ledger?asset=TATA"):
                alice.ok("GET", f"/api/v1/{path}")
            wait_until(lambda: alice.request("POST", "/order", {"order_type": "Buy", "order_kind": "Limit", "price": "51.00", "quantity": 1,
                                                                "market": "TATA_INR"})[0] == 200, "one shard trades")
            for path in ("balances", "orders", "balances?shard=crypto"):
                self.assertIn("at shard crypto", alice.refused(503, "behind", "GET", f"/api/v1/{path}")["error"])
            with self.exchange.client() as anyone:
                anyone.ok("POST", "/login", {"email": alice.email, "password": "correct horse"})
        finally:
            os.kill(process, signal.SIGCONT)
        wait_until(lambda: alice.request("GET", "/api/v1/balances")[0] == 200, "all is told again")
        wait_until(lambda: alice.request("DELETE", "/api/v1/orders")[0] == 200, "all can be canceled")


class Transfers(ShardsTest):
    @staticmethod
    def inr(user):
        return {row["shard"]: Decimal(row["available"]) for row in user.ok("GET", "/api/v1/balances")["balances"] if row["asset"] == "INR"}

    @staticmethod
    def transfer(amount, reference, **more):
        return {"asset": "INR", "amount": str(amount), "from": "main", "to": "crypto", "reference": reference, **more}

    def test_money_moves_once_however_often_it_is_asked(self):
        alice = self.user(INR=100)
        first = alice.ok("POST", "/api/v1/transfers", self.transfer("30.5", "one"))
        self.assertEqual((first["transfer_status"], first["from"], first["to"]), ("Arrived", "main", "crypto"))
        self.assertEqual(self.inr(alice), {"main": Decimal("69.5"), "crypto": Decimal("30.5")})
        again = alice.ok("POST", "/api/v1/transfers", self.transfer("30.5", "one"))
        self.assertEqual((again["transfer_status"], again["duplicate"]), ("Arrived", True))
        alice.refused(409, "reference_conflict", "POST", "/api/v1/transfers", self.transfer("31", "one"))
        back = alice.ok("POST", "/api/v1/transfers", {**self.transfer("10", "back"), "from": "crypto", "to": "main"})
        self.assertEqual(back["transfer_status"], "Arrived")
        self.assertEqual(self.inr(alice), {"main": Decimal("79.5"), "crypto": Decimal("20.5")})
        self.assertEqual(alice.ok("GET", "/api/v1/transfers")["transfers"], [])
        entries = [(entry["cause"], Decimal(entry["available_change"])) for entry in alice.ok("GET", "/api/v1/ledger")["entries"]]
        for entry in (("transfer_sent", Decimal("-30.5")), ("transfer_received", Decimal("30.5")), ("transfer_sent", Decimal("-10"))):
            self.assertIn(entry, entries)
        self.assertEqual(len(alice.ok("GET", "/api/v1/deposits")["deposits"]), 1)

    def test_owners_are_told_by_both_shards(self):
        alice = self.user(INR=100)

        async def scenario():
            async with self.exchange.socket() as socket:
                await authenticate(socket, alice)
                await receive_until(socket, lambda m: m.get("shard") == "crypto")
                alice.ok("POST", "/api/v1/transfers", self.transfer("2.5", "told"))
                told = []
                while len(told) < 2:
                    told += await receive_until(socket, lambda m: m.get("event_type", "").startswith("Transfer"))
                events = sorted((m["event_type"], m["shard"], m.get("to_shard", m.get("from_shard")), m["asset"], m["amount"])
                                for m in told if "event_type" in m)
                self.assertEqual(events, [("TransferReceived", "crypto", "main", "INR", "2.5000"), ("TransferSent", "main", "crypto", "INR", "2.5000")])
                self.assertEqual(len({m["reference"] for m in told if "event_type" in m}), 1)

        run(scenario())

    def test_users_do_not_share_references(self):
        for user in (self.user(INR=5), self.user(INR=5)):
            self.assertNotIn("duplicate", user.ok("POST", "/api/v1/transfers", self.transfer(5, "mine")))

    def test_each_refusal_moves_nothing(self):
        alice = self.user(INR=100, TATA=10)
        before = alice.ok("GET", "/api/v1/balances")["balances"]
        for code, change in (("insufficient_funds", {"amount": "100.0001"}), ("unknown_shard", {"to": "moon"}),
                             ("unknown_shard", {"from": "moon"}), ("same_shard", {"to": "main"}), ("unknown_asset", {"asset": "TATA"}),
                             ("unknown_asset", {"asset": "GOLD"}), ("invalid_reference", {"reference": "a b"}),
                             ("invalid_reference", {"reference": "x" * 41}), ("invalid_amount", {"amount": "0"})):
            alice.refused(422, code, "POST", "/api/v1/transfers", {**self.transfer(1, "r"), **change})
        alice.refused(400, "malformed_request", "POST", "/api/v1/transfers", {"asset": "INR"})
        self.operator.ok("POST", "/api/v1/admin/assets/state", {"asset": "INR", "halted": True, "shard": "main"})
        try:
            alice.refused(422, "asset_halted", "POST", "/api/v1/transfers", self.transfer(1, "r"))
        finally:
            self.operator.ok("POST", "/api/v1/admin/assets/state", {"asset": "INR", "halted": False, "shard": "main"})
        self.assertEqual(alice.ok("GET", "/api/v1/balances")["balances"], before)

    def test_what_cannot_arrive_stays_under_way_and_arrives_later(self):
        alice = self.user(INR=100, crypto_INR=1)
        engine = self.exchange.programs()["engine-crypto"]
        os.kill(engine["process"], signal.SIGSTOP)
        try:
            sent = alice.ok("POST", "/api/v1/transfers", self.transfer(40, "late"))
            self.assertEqual(sent["transfer_status"], "Pending")
            (row,) = alice.ok("GET", "/api/v1/transfers?shard=main")["transfers"]
            self.assertEqual((row["reference"], Decimal(row["amount"]), row["to"]), ("late", 40, "crypto"))
        finally:
            os.kill(engine["process"], signal.SIGCONT)
        wait_until(lambda: self.inr(alice) == {"main": 60, "crypto": 41}, "it arrives by itself")
        wait_until(lambda: alice.ok("GET", "/api/v1/transfers")["transfers"] == [], "nothing is under way")
        self.assertEqual(alice.ok("POST", "/api/v1/transfers", self.transfer(40, "late"))["transfer_status"], "Arrived")
        self.assertEqual(self.inr(alice), {"main": 60, "crypto": 41})

    def test_servers_and_engines_that_die_on_the_way_lose_and_double_nothing(self):
        alice = self.user(INR=100000)
        stopping = threading.Event()
        sent = []

        def send():
            with Client(self.exchange.http_port, alice.token) as client:
                while not stopping.is_set():
                    reference = f"t{len(sent)}"
                    sent.append(reference)
                    answered = False
                    while not answered:  # the same reference until somebody says that it was taken
                        try:
                            answered = client.request("POST", "/api/v1/transfers", self.transfer(1, reference))[0] == 200
                        except (OSError, http.client.HTTPException, json.JSONDecodeError):
                            client.close()
                        if not answered:
                            time.sleep(0.05)

        sender = threading.Thread(target=send)
        sender.start()
        for name in ("api-server-1", "engine-crypto", "api-server-2", "engine", "api-server-1"):
            time.sleep(0.7)
            before = self.exchange.programs()[name]
            os.kill(before["process"], signal.SIGKILL)
            wait_until(lambda: self.exchange.programs()[name]["restarts"] > before["restarts"], f"{name} starts again")
        stopping.set()
        sender.join()
        self.assertGreater(len(sent), 20)
        wait_until(lambda: alice.request("GET", "/api/v1/transfers")[1].get("transfers") == [], "all have arrived")
        wait_until(lambda: alice.request("GET", "/api/v1/balances")[0] == 200, "balances are told")
        self.assertEqual(self.inr(alice), {"main": 100000 - len(sent), "crypto": len(sent)})


class Growth(unittest.TestCase):
    """A second shard beside an exchange that runs without any."""

    def test_the_first_shard_keeps_all_that_was_there(self):
        with tempfile.TemporaryDirectory(prefix="sauda-test-") as folder:
            data_dir = os.path.join(folder, "data")
            with Services(*ExchangeTest.flags, data_dir=data_dir) as exchange:
                alice = exchange.user("alice@example.com", INR=1000)
                placed = alice.place("Buy", "50.00", 2)
                exchange.stop()
            # What stands in the file belongs elsewhere already: it is told, and nothing is listed twice.
            refused = Services(*ExchangeTest.flags, "--shards-file", SHARDS, data_dir=data_dir)
            with self.assertRaisesRegex(RuntimeError, "gives the market BTC_USDT to shard crypto, but it is listed at main"):
                refused.start()
            refused.close()
            path = os.path.join(folder, "shards.toml")
            with open(path, "w", encoding="utf-8") as file:
                file.write('transferable = ["INR"]\n[[shard]]\nname = "main"\nnumber = 0\n'
                           '[[shard]]\nname = "new"\nnumber = 9\nassets = ["INR"]\n')
            with Services(*ExchangeTest.flags, "--shards-file", path, data_dir=data_dir) as exchange:
                with exchange.client() as anyone, exchange.operator() as operator:
                    token = anyone.ok("POST", "/login", {"email": "alice@example.com", "password": "correct horse"})["token"]
                    with exchange.client(token) as alice:
                        (order,) = alice.ok("GET", "/api/v1/orders")["orders"]
                        self.assertEqual(order["order_id"], placed["order_id"])
                        self.assertEqual(len(alice.ok("GET", "/api/v1/deposits")["deposits"]), 1)
                        operator.ok("POST", "/api/v1/admin/assets?shard=new", {"asset": "GOLD", "scale": 3})
                        operator.ok("POST", "/api/v1/admin/markets",
                                    {"market": "GOLD_INR", "base": "GOLD", "quote": "INR", "tick": "0.1", "lot": "0.001",
                                     "min_notional": "0", "maker_fee_percent": "0", "taker_fee_percent": "0", "fee_asset": "quote",
                                     "shard": "new"})
                        alice.ok("POST", "/api/v1/transfers", {"asset": "INR", "amount": "100", "from": "main", "to": "new",
                                                               "reference": "first"})
                        there = alice.place("Buy", "50.0", 1, market="GOLD_INR")
                        self.assertEqual(shard_of(there["order_id"]), 9)
                        alice.cancel_all()
                self.assertEqual(exchange.stop(), 0)


class Files(unittest.TestCase):
    """What a file of shards may not say."""

    def refusal(self, text, *flags):
        with tempfile.TemporaryDirectory(prefix="sauda-test-") as folder:
            path = os.path.join(folder, "shards.toml")
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            done = subprocess.run([BINARY, "orderbook-engine", "--data-dir", os.path.join(folder, "data"), "--shards-file", path, *flags],
                                  capture_output=True, text=True, timeout=PATIENCE_S, check=False)
            self.assertEqual(done.returncode, 1, done)
            return done.stderr

    def shard(self, name, number, assets="", markets=""):
        return f'[[shard]]\nname = "{name}"\nnumber = {number}\nengine = "http://127.0.0.1:1"\nassets = [{assets}]\nmarkets = [{markets}]\n'

    def test_each_contradiction_is_told(self):
        main, other = self.shard("main", 0), self.shard("other", 1)
        self.assertIn("two shards have the number 0", self.refusal(main + self.shard("other", 0)))
        self.assertIn("two shards have the name main", self.refusal(main + self.shard("main", 1)))
        self.assertIn("number must be a whole number from 0 to 255", self.refusal(self.shard("main", 256)))
        self.assertIn("each shard needs a name", self.refusal(self.shard("Main!", 0)))
        self.assertIn("the market A_B is listed twice", self.refusal(self.shard("main", 0, "", '"A_B"') + self.shard("other", 1, "", '"A_B"')))
        self.assertIn("the asset A is on several shards", self.refusal(self.shard("main", 0, '"A"') + self.shard("other", 1, '"A"')))
        self.assertIn("there is no setting colour", self.refusal(main + 'colour = "red"\n'))
        self.assertIn("one shard must have number 0", self.refusal(other))
        self.assertIn("there must be at least one [[shard]]", self.refusal(""))
        self.assertIn("lists no shard moon", self.refusal(main + other, "--shard", "moon"))
        self.assertIn(":2:", self.refusal("\n]"))


if __name__ == "__main__":
    unittest.main()
