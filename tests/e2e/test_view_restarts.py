"""What is told after a restart is what was told before it, in order or killed, with checkpoints whole or damaged."""
import glob
import json
import os
import random
import struct
import time
import unittest

from harness import PATIENCE_S, Exchange

FLAGS = ("--no-demo", "--rate-logins-per-minute-ip", "100000", "--rate-requests-per-second-ip", "100000",
         "--rate-request-burst-ip", "1000000", "--rate-orders-per-second-account", "100000", "--rate-order-burst-account", "1000000")
INTERVALS = "1s 1m 3m 5m 15m 30m 1h 2h 4h 6h 8h 12h 1d 3d 1w 1M".split()
MARKETS = {"TATA_INR": (100, "0.05", 1), "BTC_USDT": (65000, "0.01", "0.001")}


def crc32c(data):
    """RFC 3720, bit by bit."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


class Traders:
    """Two users who do a bit of everything."""

    def __init__(self, exchange, seed):
        self.chance = random.Random(seed)
        self.clients = [exchange.user(f"trader{n}@example.com", INR="100000000", TATA="1000000", USDT="100000000", BTC="1000") for n in range(2)]
        self.open = []
        self.named = 0

    def moved_to(self, exchange):
        for client in self.clients:
            client.moved_to(exchange)

    def order(self):
        market = self.chance.choice(list(MARKETS))
        middle, tick, lot = MARKETS[market]
        order = {"market": market, "order_type": self.chance.choice(("Buy", "Sell")), "order_kind": "Limit",
                 "price": f"{middle + float(tick) * self.chance.randint(-4, 4):.2f}",
                 "quantity": f"{float(lot) * self.chance.randint(5, 40):.3f}" if market == "BTC_USDT" else self.chance.randint(1, 40)}
        if self.chance.random() < 0.3:
            self.named += 1
            order["client_order_id"] = f"name-{self.named}"
        if self.chance.random() < 0.1:
            order["time_in_force"] = "IOC"
        if self.chance.random() < 0.1:
            del order["price"]
            order["order_kind"] = "Market"
            if market == "BTC_USDT":
                del order["quantity"]
                order["quote_quantity"] = "500.25"
        return order

    def step(self):
        client = self.chance.choice(self.clients)
        mine = [order for owner, order in self.open if owner is client]
        what = self.chance.random()
        if what < 0.12 and mine:
            client.request("DELETE", f"/order/{self.chance.choice(mine)}")
        elif what < 0.3 and mine:
            client.request("PATCH", f"/order/{self.chance.choice(mine)}", {"quantity": self.chance.randint(20, 60)})
        else:
            status, answer = client.request("POST", "/order", self.order())
            if status == 200 and answer["order_status"] in ("New", "PartiallyFilled"):
                self.open = self.open[-60:] + [(client, answer["order_id"])]

    def trade(self, steps):
        for _ in range(steps):
            self.step()

    def all_pages(self, client, path, name):
        rows, cursor = [], ""
        while cursor is not None:
            page = client.ok("GET", f"{path}{cursor}")
            rows += page[name]
            cursor = None if page["next_cursor"] is None else f"&cursor={page['next_cursor']}"
        return rows

    def picture(self, until):
        """Everything that the exchange tells, of times before `until`."""
        told = {}
        anyone = self.clients[0]
        told["markets"] = anyone.ok("GET", "/api/v1/markets")["markets"]
        for market in MARKETS:
            told["depth", market] = anyone.ok("GET", f"/api/v1/depth?market={market}&limit=5000")
            told["trades", market] = self.all_pages(anyone, f"/api/v1/trades?market={market}&limit=1000", "trades")
            for window in ("1h", "4h", "24h", "7d"):
                ticker = anyone.ok("GET", f"/api/v1/ticker?market={market}&window={window}")
                del ticker["window_start"]
                told["ticker", market, window] = ticker
            for interval in INTERVALS:
                candles = self.all_pages(anyone, f"/api/v1/candles?market={market}&interval={interval}&limit=1000&to={until}", "candles")
                for candle in candles:
                    del candle["closed"]  # the clock's to say
                told["candles", market, interval] = candles
        for number, client in enumerate(self.clients):
            told["balances", number] = client.ok("GET", "/api/v1/balances")["balances"]
            for status in ("open", "closed"):
                rows = self.all_pages(client, f"/api/v1/orders?status={status}&limit=500", "orders")
                told[status, number] = rows
                for row in rows:
                    if row.get("client_order_id"):
                        told["named", number, row["client_order_id"]] = client.ok("GET", f"/order?client_order_id={row['client_order_id']}")
        return told


class ViewRestarts(unittest.TestCase):
    maxDiff = 4000

    def setUp(self):
        self.exchange = Exchange(*FLAGS, "--views-checkpoint-commands", "60").start()
        self.addCleanup(self.exchange.close)
        self.traders = Traders(self.exchange, 7)

    def checkpoints(self):
        """Their sequences, newest first."""
        files = glob.glob(os.path.join(self.exchange.data_dir, "views", "*.snapshot"))
        return sorted((int(os.path.basename(file).split(".")[0]) for file in files), reverse=True)

    def path(self, sequence):
        return os.path.join(self.exchange.data_dir, "views", f"{sequence:020}.snapshot")

    def wait_for_a_checkpoint(self, after):
        end = time.monotonic() + PATIENCE_S
        while not self.checkpoints() or self.checkpoints()[0] <= after:
            self.assertLess(time.monotonic(), end, "no checkpoint was taken")
            time.sleep(0.05)
        return self.checkpoints()[0]

    def lines(self, message):
        entries = [json.loads(line) for line in self.exchange.log().splitlines() if line.startswith("{")]
        return [entry for entry in entries if entry.get("message", entry.get("msg")) == message]

    def last_fold(self):
        return self.lines("views folded")[-1]

    def restarted(self, ending=None):
        self.exchange.restart(ending)
        self.traders.moved_to(self.exchange)

    def compare(self, before, until):
        for key in (("trades", "TATA_INR"), ("trades", "BTC_USDT"), ("open", 0), ("closed", 1), ("candles", "BTC_USDT", "1m")):
            self.assertTrue(before[key], "there is something to compare")
        after = self.traders.picture(until)
        self.assertEqual(set(before), set(after))
        for key, told in before.items():
            self.assertEqual(told, after[key], key)

    def both(self, ending, changed=lambda: None):
        """Ends the exchange, starts it again, and finds everything as it was."""
        until = int(time.time() * 1000)
        before = self.traders.picture(until)

        def end():
            ending()
            changed()

        self.restarted(end)
        self.compare(before, until)
        self.assertEqual(self.traders.clients[0].sequence(), self.last_fold()["sequence"])

    def test_in_order_and_killed(self):
        self.assertEqual(self.last_fold()["checkpoint"], 0)
        self.traders.trade(150)
        time.sleep(1.2)  # so that there are flat candles of a second
        self.traders.trade(30)
        self.both(self.exchange.stop)
        self.assertEqual(self.last_fold()["checkpoint"], self.last_fold()["sequence"], "a clean stop leaves nothing to fold")
        # Taken while it runs; the rest of the events is folded on top.
        newest = self.checkpoints()[0]
        self.traders.trade(120)
        taken = self.wait_for_a_checkpoint(newest)
        self.traders.trade(40)
        self.both(self.exchange.kill)
        folded = self.last_fold()
        self.assertGreaterEqual(folded["checkpoint"], taken)
        self.assertLess(folded["checkpoint"], folded["sequence"])
        self.assertLessEqual(len(self.checkpoints()), 2)
        # Again and again, each on top of the last.
        for round_number in range(4):
            self.traders.trade(25)
            self.both(self.exchange.kill if round_number % 2 else self.exchange.stop)

        self.exchange.stop()
        self.assertIn("checkpoints_compared: 2\n", self.exchange.journal("verify").stdout)

    def test_verify_finds_a_checkpoint_that_tells_something_else(self):
        self.traders.trade(80)
        self.exchange.stop()
        (sequence,) = self.checkpoints()[:1]
        self.assertIn("verified: yes", self.exchange.journal("verify").stdout)
        with open(self.path(sequence), "rb") as file:
            original = file.read()
        self.rewrite(sequence, lambda content: content.__setitem__(25, content[25] ^ 1))  # the time, by a little
        verified = self.exchange.journal("verify")
        self.assertEqual(verified.returncode, 1)
        self.assertIn("other views than it holds", verified.stderr)
        self.damage(sequence)
        self.assertEqual(self.exchange.journal("verify").returncode, 1)
        with open(self.path(sequence), "wb") as file:
            file.write(original)
        self.assertIn("verified: yes", self.exchange.journal("verify").stdout)

    def damage(self, sequence, at=-20):
        with open(self.path(sequence), "r+b") as file:
            data = bytearray(file.read())
            data[at] ^= 1
            file.seek(0)
            file.write(data)

    def rewrite(self, sequence, change):
        """Changes the content, and makes every checksum hold again."""
        with open(self.path(sequence), "r+b") as file:
            data = bytearray(file.read())
            content = data[80:]
            change(content)
            content[8:12] = struct.pack("<I", crc32c(content[12:]))
            data[80:] = content
            data[64:68] = struct.pack("<I", crc32c(content))
            data[8:12] = struct.pack("<I", crc32c(data[12:80]))
            file.seek(0)
            file.write(data)

    def make_other_version(self, sequence):
        """A checkpoint of a later build."""
        self.rewrite(sequence, lambda content: content.__setitem__(12, content[12] + 1))

    def test_what_cannot_be_used_is_passed_over(self):
        self.traders.trade(100)
        self.both(self.exchange.stop)
        self.traders.trade(100)
        self.both(self.exchange.stop)
        newer, older = self.checkpoints()
        self.both(self.exchange.stop, lambda: self.damage(newer))
        self.assertEqual(self.last_fold()["checkpoint"], older)
        self.assertEqual([entry["sequence"] for entry in self.lines("checkpoint of views passed over")], [newer])
        self.assertGreater(self.checkpoints()[0], 0)
        passed_over = len(self.lines("checkpoint of views passed over"))
        self.both(self.exchange.stop, lambda: [self.make_other_version(sequence) for sequence in self.checkpoints()])
        self.assertEqual(self.last_fold()["checkpoint"], 0, "from the beginning")
        reasons = [entry["reason"] for entry in self.lines("checkpoint of views passed over")[passed_over:]]
        self.assertTrue(reasons and all("another version" in reason or "checksum" in reason for reason in reasons), reasons)
        self.assertTrue(any("another version" in reason for reason in reasons), reasons)

    def test_one_ahead_of_the_journal_is_removed(self):
        self.traders.trade(60)
        self.both(self.exchange.stop)
        newest = self.checkpoints()[0]
        ahead = newest + 1000

        def lost_end():
            os.rename(self.path(newest), self.path(ahead))

        self.both(self.exchange.stop, lost_end)
        self.assertEqual(self.last_fold()["checkpoint"], 0)
        self.assertNotIn(ahead, self.checkpoints())

    def test_without_the_folder_nothing_is_missing(self):
        self.traders.trade(60)
        self.both(self.exchange.stop)
        self.both(self.exchange.stop, lambda: [os.remove(self.path(sequence)) for sequence in self.checkpoints()])
        self.assertEqual(self.last_fold()["checkpoint"], 0)


if __name__ == "__main__":
    unittest.main()
