"""kill -9 at random instants under real traffic, again and again on one data directory; then the clients' own records
are held against what the restarted exchange says.

SAUDA_CRASH_ROUNDS (default 25) and SAUDA_CRASH_SEED make longer and repeatable campaigns.
"""
import asyncio
import decimal
import http.client
import json
import os
import random
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "e2e"))
from harness import Exchange, receive  # noqa: E402

ROUNDS = int(os.environ.get("SAUDA_CRASH_ROUNDS", "25"))
SEED = int(os.environ.get("SAUDA_CRASH_SEED", str(random.randrange(1 << 30))))
USERS = 4
FLAGS = ("--no-demo", "--journal-segment-mib", "1", "--rate-logins-per-minute-ip", "100000",
         "--rate-requests-per-second-ip", "1000000", "--rate-request-burst-ip", "10000000",
         "--rate-orders-per-second-account", "1000000", "--rate-order-burst-account", "10000000")
FINAL = ("Filled", "Canceled", "Expired")


class Record:
    """What one user asked for and was told."""

    def __init__(self, email):
        self.email = email
        self.token = None
        self.next_id = 0
        self.orders = {}       # client order id -> (request, first report or None when no answer came)
        self.canceled = set()  # order ids whose cancel was acknowledged
        self.transfers = {}    # reference -> (kind, body, acknowledged)
        self.order_ids = set()

    def new_id(self):
        self.next_id += 1
        return f"{self.email.split('@')[0]}-{self.next_id}"


class Trader(threading.Thread):
    """Sends random requests until the exchange is gone."""

    def __init__(self, exchange, record, operator_token, seed):
        super().__init__()
        self.exchange, self.record, self.random = exchange, record, random.Random(seed)
        self.operator_token = operator_token
        self.acknowledged = 0
        self.problem = None

    def run(self):
        self.client = self.exchange.client(self.record.token)
        self.operator = self.exchange.client(self.operator_token)
        try:
            while True:
                self.random.choice((self.place, self.place, self.place, self.place, self.cancel, self.amend, self.transfer))()
        except (OSError, http.client.HTTPException, json.JSONDecodeError):
            pass  # killed
        except Exception as problem:  # pylint: disable=broad-except
            self.problem = problem
        finally:
            self.client.close()
            self.operator.close()

    def place(self):
        name = self.record.new_id()
        kind = self.random.choice(("Limit", "Limit", "Limit", "Market"))
        request = {"order_type": self.random.choice(("Buy", "Sell")), "order_kind": kind, "market": "TATA_INR",
                   "quantity": self.random.randint(1, 20), "client_order_id": name}
        if kind == "Limit":
            request["price"] = f"{100 + self.random.randint(-10, 10) * 0.05:.2f}"
            request["time_in_force"] = self.random.choice(("GTC", "GTC", "GTC", "IOC", "FOK"))
        self.record.orders[name] = (request, None)
        status, answer = self.client.request("POST", "/order", request)
        if status == 200:
            self.record.orders[name] = (request, answer)
            self.acknowledged += 1
            assert answer["order_id"] not in self.record.order_ids, ("order id twice", answer)
            self.record.order_ids.add(answer["order_id"])
        elif status in (422,):
            del self.record.orders[name]  # refused by a rule: it never was
        elif status not in (503, 504):
            raise AssertionError((status, answer))

    def cancel(self):
        if not self.record.order_ids:
            return
        order = self.random.choice(sorted(self.record.order_ids)[-30:])
        status, answer = self.client.request("DELETE", f"/order/{order}")
        if status == 200:
            assert answer["order_status"] == "Canceled", answer
            self.record.canceled.add(order)
            self.acknowledged += 1
        elif status not in (404, 503, 504):
            raise AssertionError((status, answer))

    def amend(self):
        if not self.record.order_ids:
            return
        order = self.random.choice(sorted(self.record.order_ids)[-30:])
        body = {"quantity": self.random.randint(1, 30)}
        if self.random.random() < 0.5:
            body["price"] = f"{100 + self.random.randint(-10, 10) * 0.05:.2f}"
        status, answer = self.client.request("PATCH", f"/order/{order}", body)
        if status not in (200, 404, 422, 503, 504):
            raise AssertionError((status, answer))

    def transfer(self):
        reference = "t-" + self.record.new_id()
        kind = self.random.choice(("deposit", "withdraw"))
        body = {"email": self.record.email, "asset": "INR", "amount": f"{self.random.randint(1, 9999) / 100:.2f}",
                "reference": reference}
        self.record.transfers[reference] = (kind, body, False)
        status, answer = self.operator.request("POST", f"/api/v1/admin/{kind}", body)
        if status == 200:
            self.record.transfers[reference] = (kind, body, True)
            self.acknowledged += 1
        elif status == 422:
            del self.record.transfers[reference]
        elif status not in (503, 504):
            raise AssertionError((status, answer))


async def private_events(exchange, token):
    """Every private event of an account that is still remembered, from its first one on."""
    async with exchange.socket() as socket:
        await socket.send(json.dumps({"Authenticate": token}))
        head = (await receive(socket))["account_sequence"]
        after = max(0, head - 900)
        await socket.send(json.dumps({"Resume": {"account_sequence": after}}))
        events = []
        while True:
            message = await receive(socket)
            assert message.get("event_type") != "resume_too_old", message
            if message.get("action") == "resumed":
                if message["replayed"] == len(events):
                    break
                continue
            if "event_type" in message:
                events.append(message)
            if len(events) == head - after:
                break
        sequences = [event["account_sequence"] for event in events]
        assert sequences == list(range(after + 1, head + 1)), (after, head, sequences[:5], sequences[-5:])
        return events


class CrashTest(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory(prefix="sauda-crash-")
        self.random = random.Random(SEED)
        self.exchange = Exchange(*FLAGS, data_dir=os.path.join(self.directory.name, "data"))
        self.records = [Record(f"user{i}@example.com") for i in range(USERS)]
        self.acknowledged = 0
        self.checked = 0
        self.trade_ids = {}

    def tearDown(self):
        self.exchange.kill()
        self.directory.cleanup()

    def test_what_was_acknowledged_survives_every_kill(self):
        print(f"seed {SEED}, {ROUNDS} rounds", flush=True)
        self.exchange.start()
        for record in self.records:
            self.exchange.user(record.email, INR="1000000", TATA="10000").close()
        for number in range(ROUNDS):
            self.traffic_until_killed(number)
            if self.random.random() < 0.2:
                self.kill_while_recovering()
            self.exchange.start()
            self.check_everything()
            if number % 8 == 7:
                self.check_replay()
                self.exchange.start()
            if sys.stdout.isatty() or number % 5 == 4:
                print(f"round {number + 1}/{ROUNDS}: {self.acknowledged} acknowledged, {self.checked} checks", flush=True)

    def traffic_until_killed(self, number):
        with open(os.path.join(self.exchange.data_dir, "operator.token"), encoding="utf-8") as file:
            operator_token = file.read().strip()
        traders = []
        for i, record in enumerate(self.records):
            client = self.exchange.client()
            record.token = client.ok("POST", "/login", {"email": record.email, "password": "correct horse"})["token"]
            client.close()
            traders.append(Trader(self.exchange, record, operator_token, SEED * 1000 + number * 10 + i))
        for trader in traders:
            trader.start()
        time.sleep(self.random.uniform(0.05, 1.2))
        if self.random.random() < 0.15:
            self.exchange.process.terminate()
            time.sleep(self.random.uniform(0, 0.1))
        self.exchange.kill()
        for trader in traders:
            trader.join()
            self.acknowledged += trader.acknowledged
            if trader.problem:
                raise trader.problem

    def kill_while_recovering(self):
        self.exchange.process = None  # the one that was killed; what is waited for below is its successor
        starting = threading.Thread(target=self.start_quietly)
        starting.start()
        while self.exchange.process is None:
            time.sleep(0.001)
        time.sleep(self.random.uniform(0.0, 0.15))
        self.exchange.kill()
        starting.join()

    def start_quietly(self):
        try:
            self.exchange.start()
        except RuntimeError:
            pass

    def check_everything(self):
        operator = self.exchange.operator()
        for record in self.records:
            client = self.exchange.client()
            record.token = client.ok("POST", "/login", {"email": record.email, "password": "correct horse"})["token"]
            client.close()
            client = self.exchange.client(record.token)
            self.check_orders(client, record)
            self.check_transfers(operator, client, record)
            self.check_fills(record)
            client.close()
        self.check_conservation()
        operator.close()

    def check_orders(self, client, record):
        for name, (request, report) in list(record.orders.items())[-150:]:
            if report is None:
                # No answer came: a retry settles it, and happens once in all.
                status, answer = client.request("POST", "/order", request)
                if status == 422:
                    del record.orders[name]
                    continue
                assert status == 200, (request, status, answer)
                record.orders[name] = (request, answer)
                record.order_ids.add(answer["order_id"])
                report = answer
            again_status, again = client.request("POST", "/order", request)
            assert again_status == 200 and again.get("duplicate") is True, (request, again)
            same = {key: value for key, value in again.items() if key != "duplicate"}
            first = {key: value for key, value in report.items() if key != "duplicate"}
            assert same == first, ("the first report changed", first, same)
            status, order = client.request("GET", f"/order/{report['order_id']}")
            assert status == 200, (report, order)
            assert decimal.Decimal(order["filled"]) >= decimal.Decimal(report["filled"]), (report, order)
            if report["order_status"] in FINAL:
                assert order["order_status"] == report["order_status"], (report, order)
            if report["order_id"] in record.canceled:
                assert order["order_status"] == "Canceled", order
            self.checked += 1

    def check_transfers(self, operator, client, record):
        for reference, (kind, body, acknowledged) in list(record.transfers.items())[-20:]:
            before = client.balance("INR")
            status, answer = operator.request("POST", f"/api/v1/admin/{kind}", body)
            if status == 422:
                assert not acknowledged, (reference, answer)
                del record.transfers[reference]
                continue
            assert status == 200, (reference, status, answer)
            if acknowledged:
                assert answer.get("duplicate") is True, (reference, answer)
                assert client.balance("INR") == before, "a reference counted twice"
            record.transfers[reference] = (kind, body, True)
            self.checked += 1

    def check_fills(self, record):
        """Fills that were acknowledged to their taker stand once in the account's events, as they were told."""
        events = asyncio.run(private_events(self.exchange, record.token))
        fills = {}
        for event in events:
            if "trade_id" not in event:
                continue
            key = (event["market"], event["trade_id"], event["liquidity"])
            assert key not in fills, ("a fill twice", event)
            fills[key] = event
        if not fills:
            return
        oldest = min(key[1] for key in fills)
        for _, report in list(record.orders.values())[-150:]:
            for fill in (report or {}).get("fills", []):
                if fill["trade_id"] <= oldest:
                    continue
                event = fills[("TATA_INR", fill["trade_id"], "taker")]
                told = (event["order_id"], event["price"], event["quantity"], event["fee"])
                assert told == (report["order_id"], fill["price"], fill["quantity"], fill["fee"]), (event, fill)
                self.checked += 1

    def check_conservation(self):
        """Shares are neither made nor lost: nobody deposits or withdraws them."""
        total = decimal.Decimal(0)
        for record in self.records:
            client = self.exchange.client(record.token)
            available, held = client.balance("TATA")
            total += decimal.Decimal(available) + decimal.Decimal(held)
            client.close()
        assert total == USERS * 10000, total

    def check_replay(self):
        """A clean stop; a full replay from the first command gives the state that was saved."""
        assert self.exchange.stop() == 0
        verified = self.exchange.journal("verify")
        assert "verified: yes" in verified.stdout, verified.stdout + verified.stderr
        self.checked += 1


if __name__ == "__main__":
    unittest.main(verbosity=1)
