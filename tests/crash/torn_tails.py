"""Damage on the real disk, on copies of a killed exchange's data directory: what was acknowledged is never cut,
and what was not never keeps the exchange from starting.

    SAUDA=<binary> python3 torn_tails.py

The journal's layout is in src/journal/batch.h and segment.h. SAUDA_CRASH_SEED repeats the choice of places.
"""

import hashlib
import os
import random
import re
import shutil
import struct
import sys
import tempfile
import unittest
from decimal import Decimal

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from exchange import CheckFailed, Exchange  # noqa: E402
from wire import HttpConnection  # noqa: E402

SEED = int(os.environ.get("SAUDA_CRASH_SEED", str(random.SystemRandom().randrange(1 << 32))))
SEGMENT_HEADER = 4096
BATCH_HEADER = struct.Struct("<4sIQIIQqQIIII")   # the 64 bytes of batch.h
FLAGS = ["--journal-segment-mib", "1"]
EMAIL, PASSWORD = "saver@crash.test", "violet-anchor-mosaic"
WITH_EVENTS, WITHOUT_EVENTS = 30, 10   # deposits that the event log has, and lacks, after the loss of power


class Batch:
    def __init__(self, path, offset, header):
        (_, _, self.durable, _, self.length, self.first_sequence, _, _, _, self.records, self.kind, _) = header
        self.path, self.offset = path, offset

    @property
    def last_sequence(self):
        return self.first_sequence + self.records - 1


def last_segment(data_dir):
    journal = os.path.join(data_dir, "journal")
    return os.path.join(journal, max(name for name in os.listdir(journal) if name.endswith(".seg")))


def batches_of(path):
    with open(path, "rb") as file:
        content = file.read()
    found, offset = [], SEGMENT_HEADER
    while content[offset:offset + 4] == b"SJB1":
        found.append(Batch(path, offset, BATCH_HEADER.unpack_from(content, offset)))
        offset += found[-1].length
    return found


def patch(path, offset, content):
    with open(path, "r+b") as file:
        file.seek(offset)
        file.write(content)


def flip(path, offset, bit):
    with open(path, "rb") as file:
        file.seek(offset)
        byte = file.read(1)[0]
    patch(path, offset, bytes([byte ^ (1 << bit)]))


def digest(directory):
    """Of the segments: what a crash left half made (*.tmp) may go at any start."""
    names = sorted(name for name in os.listdir(directory) if name.endswith(".seg"))
    parts = []
    for name in names:
        with open(os.path.join(directory, name), "rb") as file:
            parts.append((name, hashlib.sha256(file.read()).hexdigest()))
    return parts


class TornTails(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        """One killed exchange. Beside its data directory as it is, one whose event log ends earlier: what loss
        of power leaves, since the event log is synced now and then and the journal before every answer."""
        print(f"seed {SEED}", flush=True)
        cls.directory = tempfile.mkdtemp(prefix="sauda-torn-")
        cls.addClassCleanup(shutil.rmtree, cls.directory)
        origin = os.path.join(cls.directory, "killed")
        exchange = Exchange(os.environ["SAUDA"], origin, os.path.join(cls.directory, "log"))
        cls.addClassCleanup(exchange.end_for_good)
        exchange.start(FLAGS)
        anyone = HttpConnection(exchange.host, exchange.http_port)
        credentials = {"email": EMAIL, "password": PASSWORD}
        assert anyone.request("POST", "/register", credentials)[0] == 201
        cls.token = anyone.request("POST", "/login", credentials)[1]["token"]
        operator = HttpConnection(exchange.host, exchange.http_port, exchange.operator_token())
        cls.sequences = [cls.deposit(operator, number) for number in range(WITH_EVENTS)]
        events = os.path.join(cls.directory, "events")
        shutil.copytree(os.path.join(origin, "events"), events)
        cls.sequences += [cls.deposit(operator, WITH_EVENTS + number) for number in range(WITHOUT_EVENTS)]
        exchange.kill()
        anyone.close()
        operator.close()
        cls.killed = origin
        cls.powerless = os.path.join(cls.directory, "powerless")
        shutil.copytree(origin, cls.powerless)
        shutil.rmtree(os.path.join(cls.powerless, "events"))
        shutil.copytree(events, os.path.join(cls.powerless, "events"))

    @staticmethod
    def deposit(operator, number):
        body = {"email": EMAIL, "asset": "INR", "amount": "1", "reference": f"saved-{number}"}
        status, reply = operator.request("POST", "/api/v1/admin/deposit", body)
        assert status == 200, reply
        return reply["sequence"]

    def setUp(self):
        self.random = random.Random(f"{SEED}-{self.id()}")

    def copy_of(self, origin):
        data_dir = os.path.join(self.directory, "copy")
        shutil.rmtree(data_dir, ignore_errors=True)
        shutil.copytree(origin, data_dir)
        exchange = Exchange(os.environ["SAUDA"], data_dir, os.path.join(self.directory, "log"))
        self.addCleanup(exchange.end_for_good)
        return exchange, batches_of(last_segment(data_dir))

    def expect_refused(self, exchange, batch):
        """No start; the file and the place are named; the disk is left as it is."""
        journal = os.path.join(exchange.data_dir, "journal")
        before = digest(journal)
        with self.assertRaises(CheckFailed) as raised:
            exchange.start(FLAGS)
        exchange.end_for_good()
        text = str(raised.exception).split("sauda run: ")[-1]
        self.assertIn("does not start", str(raised.exception))
        self.assertIn(batch.path, text)
        place = int(re.search(r"at offset (\d+)", text).group(1))
        self.assertTrue(batch.offset <= place <= batch.offset + batch.length, (text, batch.offset))
        self.assertEqual(before, digest(journal))

    def expect_started(self, exchange, deposits, torn):
        """It serves, with so many deposits; what was cut is kept; a full replay agrees."""
        exchange.start(FLAGS)
        saver = HttpConnection(exchange.host, exchange.http_port, self.token)
        status, reply = saver.request("GET", "/api/v1/balances")
        saver.close()
        self.assertEqual(status, 200)
        balances = {balance["asset"]: Decimal(balance["available"]) for balance in reply["balances"]}
        self.assertEqual(balances["INR"], deposits)
        operator = HttpConnection(exchange.host, exchange.http_port, exchange.operator_token())
        status, reply = operator.request("POST", "/api/v1/admin/deposit", {
            "email": EMAIL, "asset": "INR", "amount": "1", "reference": f"saved-{deposits - 1}"})
        operator.close()
        self.assertTrue(status == 200 and reply.get("duplicate"), reply)
        exchange.stop()
        kept = [name for name in os.listdir(os.path.join(exchange.data_dir, "journal")) if ".torn" in name]
        self.assertEqual(len(kept), 1 if torn else 0, kept)
        exchange.verify()

    def test_a_flipped_byte_of_what_was_acknowledged_is_refused(self):
        _, batches = self.copy_of(self.killed)
        last = batches[-1]
        for batch in [batches[0], last, *self.random.sample(batches[1:-1], 6)]:
            exchange, _ = self.copy_of(self.killed)
            flip(batch.path, batch.offset + self.random.randrange(batch.length), self.random.randrange(8))
            with self.subTest(offset=batch.offset):
                self.expect_refused(exchange, batch)

    def test_a_segment_that_ends_within_what_was_acknowledged_is_refused(self):
        for place in (0, 1, 63, 64, -1):
            exchange, batches = self.copy_of(self.killed)
            last = batches[-1]
            os.truncate(last.path, last.offset + (place if place >= 0 else last.length - 1))
            with self.subTest(place=place):
                self.expect_refused(exchange, last)

    def test_torn_bytes_behind_what_was_acknowledged_are_cut(self):
        _, batches = self.copy_of(self.killed)
        last = batches[-1]
        end = last.offset + last.length
        with open(last.path, "rb") as file:
            file.seek(last.offset)
            image = file.read(last.length)
        next_image = image[:24] + struct.pack("<Q", last.last_sequence + 1) + image[32:]   # checksums of another
        tails = {"noise": self.random.randbytes(200), "part of a header": image[:40], "header only": image[:64],
                 "another's checksums": next_image, "one byte": b"S"}
        for name, tail in tails.items():
            exchange, _ = self.copy_of(self.killed)
            patch(last.path, end, tail)
            with self.subTest(tail=name):
                self.expect_started(exchange, WITH_EVENTS + WITHOUT_EVENTS, torn=True)

    def test_events_that_power_loss_took_are_made_again(self):
        exchange, _ = self.copy_of(self.powerless)
        self.expect_started(exchange, WITH_EVENTS + WITHOUT_EVENTS, torn=False)

    def test_a_torn_last_batch_that_nothing_proves_durable_is_cut(self):
        for kind in ("flip", "truncate", "zeros"):
            exchange, batches = self.copy_of(self.powerless)
            last = batches[-1]
            self.assertEqual(last.last_sequence, self.sequences[-1])
            at = last.offset + self.random.randrange(last.length)
            if kind == "flip":
                flip(last.path, at, self.random.randrange(8))
            elif kind == "truncate":
                os.truncate(last.path, max(at, last.offset + 1))
            else:
                patch(last.path, last.offset + 32, bytes(last.length - 32))
            with self.subTest(kind=kind):
                self.expect_started(exchange, WITH_EVENTS + WITHOUT_EVENTS - 1, torn=True)

    def test_a_flipped_byte_that_a_later_batch_proves_durable_is_refused(self):
        """The event log lacks it, but a batch behind it was written when it was durable."""
        _, batches = self.copy_of(self.powerless)
        for batch in self.random.sample(batches[-WITHOUT_EVENTS:-1], 5):
            self.assertTrue(any(later.durable >= batch.last_sequence for later in batches))
            exchange, _ = self.copy_of(self.powerless)
            flip(batch.path, batch.offset + self.random.randrange(batch.length), self.random.randrange(8))
            with self.subTest(offset=batch.offset):
                self.expect_refused(exchange, batch)


if __name__ == "__main__":
    unittest.main()
