"""What an unlucky producer, or a hostile one, writes into the stream of commands: the engine takes every command once, in time,
or not at all. (The exchange's own programs do none of this: they send nothing twice.)"""
import os
import socket
import struct
import unittest

from harness import PATIENCE_S, wait_until
from service_test import ServicesTest, find, order

COMMANDS = "sauda:{main}:commands"


def crc32c_table():
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        yield value


TABLE = list(crc32c_table())


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def packed(*frames):
    """The fields of an entry with these frames, of the lane for placing."""
    data = b"".join(struct.pack("<I", len(frame)) + frame for frame in frames)
    return [b"frames", data, b"crc", str(crc32c(data)).encode()]


class Wire:
    """A connection to Redis that takes any bytes."""

    def __init__(self, port, password):
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
        self._answers = self._socket.makefile("rb")
        self("auth", "operator", password)

    def __call__(self, *words):
        words = [word if isinstance(word, bytes) else str(word).encode() for word in words]
        self._socket.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words))
        return self._answer()

    def _answer(self):
        line = self._answers.readline()
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            raise AssertionError(rest)
        if kind == b"*":
            return [self._answer() for _ in range(int(rest))]
        if kind == b"$":
            return None if rest == b"-1" else self._answers.read(int(rest) + 2)[:-2]
        return rest

    def close(self):
        self._answers.close()
        self._socket.close()


class Streams(ServicesTest):
    def setUp(self):
        with open(os.path.join(self.exchange.data_dir, "redis", "operator.password"), encoding="utf-8") as file:
            self.redis = Wire(self.exchange.programs()["redis"]["port"], file.read())
        self.addCleanup(self.redis.close)
        self.alice = self.user(INR=100000)

    def entries(self):
        return self.redis("xrange", COMMANDS, "-", "+")

    def write(self, fields):
        self.redis("xadd", COMMANDS, "*", *fields)

    def held(self, *keys):
        """Orders on their way through one server, each an entry of its own, and those entries. The engine does not read."""
        flights, fields = [], []
        for key in keys:
            flights.append(self.sent("api-server-1", self.alice, order(client_order_id=key)))
            wait_until(lambda: len(self.entries()) == len(flights), "it is in the stream")
            fields.append(self.entries()[-1][1])
        return flights, fields

    def settled(self, flights):
        """What those who sent were answered."""
        for flight, _ in flights:
            flight.join()
        wait_until(lambda: self.commands_in_redis() == 0, "all of it is taken, or passed over")
        return [told[0] for _, told in flights]

    def check_that_each_is_there_once(self, *keys):
        placed = self.alice.ok("GET", "/api/v1/orders?status=open")["orders"]
        self.assertEqual(sorted(each["client_order_id"] for each in placed), sorted(keys))
        self.assertEqual(self.alice.balance("INR")[1], f"{50.05 * len(keys):.4f}", "with its fee")
        closed = self.alice.ok("GET", "/api/v1/orders?status=closed")["orders"]
        self.assertEqual(closed, [])

    def metric(self, name):
        return self.exchange._metrics_of(self.exchange.programs()["engine"]["port"])[name]  # pylint: disable=protected-access

    def test_an_entry_that_stands_there_several_times_is_taken_once(self):
        with self.engine_not_reading():
            flights, (entry,) = self.held("twice")
            for _ in range(3):
                self.write(entry)
        self.assertEqual([status for status, _ in self.settled(flights)], [200])
        self.check_that_each_is_there_once("twice")

    def test_older_entries_after_newer_ones_are_taken_once_each(self):
        with self.engine_not_reading():
            flights, (first, second, third) = self.held("first", "second", "third")
            self.redis("xtrim", COMMANDS, "maxlen", "0")
            for entry in (third, first, second, first, third):
                self.write(entry)
        answers = self.settled(flights)
        self.assertEqual([status for status, _ in answers], [200] * 3, answers)
        self.check_that_each_is_there_once("first", "second", "third")
        ids = [answer["order_id"] for _, answer in answers]
        self.assertEqual(sorted(ids), [ids[2], ids[0], ids[1]], "in the order in which they came")

    def test_an_entry_that_comes_again_later_does_nothing(self):
        with self.engine_not_reading():
            flights, (entry,) = self.held("again")
        (status, placed), = self.settled(flights)
        self.assertEqual(status, 200)
        self.write(entry)
        self.settled([])
        self.check_that_each_is_there_once("again")
        self.alice.ok("DELETE", f"/order/{placed['order_id']}")
        for forget in (lambda: None, lambda: self.redis("flushall"), lambda: self.kill("engine")):
            forget()
            self.write(entry)
            wait_until(lambda: self.is_ready("engine") and self.commands_in_redis() == 0, "it was taken")
            wait_until(lambda: self.taken(self.alice), "the exchange goes on")
            self.assertEqual(self.alice.ok("GET", "/api/v1/orders?status=open")["orders"], [])

    def test_an_entry_that_comes_late_is_refused(self):
        with self.engine_not_reading():
            flights, (entry,) = self.held("late")
            self.redis("xtrim", COMMANDS, "maxlen", "0")
        ((status, answer),) = self.settled(flights)
        self.assertEqual((status, answer["code"]), (504, "outcome_unknown"))
        self.assertEqual(find(self.alice, "late")[0], 404)
        self.write(entry)
        self.settled([])
        self.assertEqual(find(self.alice, "late")[0], 404)
        self.check_that_each_is_there_once()

    def test_what_is_no_command_is_passed_over(self):
        with self.engine_not_reading():
            flights, (entry,) = self.held("good")
            frames = entry[1]
            frame = frames[4:]
            self.assertEqual(entry, packed(frame), "how an entry is made")
            self.redis("xtrim", COMMANDS, "maxlen", "0")
            self.write([b"frames", frames, b"crc", b"1"])
            self.write([b"frames", frames[:-1], b"crc", str(crc32c(frames[:-1])).encode()])
            self.write([b"other", b"fields"])
            self.write(packed(b"", b"\xff" * 40, frame[:-1], frame + b"\0"))
            self.write(packed(frame[:2] + b"\0" * 8 + frame[10:]))   # from the sequencer itself, it says
            self.write(entry)
        self.assertEqual([status for status, _ in self.settled(flights)], [200])
        self.check_that_each_is_there_once("good")
        self.assertGreaterEqual(self.metric("sauda_redis_commands_malformed_total"), 3)
        self.assertGreaterEqual(self.metric("sauda_engine_dropped_total"), 5)


if __name__ == "__main__":
    unittest.main()
