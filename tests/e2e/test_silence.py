"""WebSockets are pinged, and who is silent all the same is cut off."""
import asyncio
import base64
import os
import socket as sockets
import subprocess
import unittest

from harness import BINARY, PATIENCE_S, Exchange, receive, run

PING = 0x89  # a whole frame, opcode 9 (RFC 6455, 5.2)


def upgraded(exchange):
    """A raw connection after its upgrade, that answers nothing by itself."""
    raw = sockets.create_connection(("127.0.0.1", exchange.ws_port), timeout=PATIENCE_S)
    key = base64.b64encode(os.urandom(16)).decode()
    raw.sendall(f"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode())
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += raw.recv(1)
    assert head.startswith(b"HTTP/1.1 101"), head
    return raw


class Silence(unittest.TestCase):
    def test_a_silent_peer_is_pinged_and_cut_off_and_one_that_answers_stays(self):
        with Exchange("--no-demo", "--ws-ping-seconds", "1", "--ws-silence-seconds", "3") as exchange:
            async def scenario():
                async with exchange.socket() as answering:
                    def listen():
                        received = b""
                        with upgraded(exchange) as raw:
                            while content := raw.recv(4096):
                                received += content
                        return received

                    received = await asyncio.to_thread(listen)
                    await answering.send('{"Ping":{}}')
                    self.assertEqual((await receive(answering))["event"], "pong")
                    return received

            received = run(scenario())
            self.assertEqual(received[0], PING)
            self.assertGreaterEqual(received.count(bytes([PING, 0])), 2)

    def test_the_defaults_are_those_of_the_contract(self):
        shown = subprocess.run([BINARY, "run", "--print-config"], capture_output=True, text=True, timeout=PATIENCE_S, check=True).stdout
        self.assertIn("ping-seconds = 20", shown)
        self.assertIn("silence-seconds = 30", shown)

    def test_a_silence_within_the_time_between_pings_is_refused(self):
        with self.assertRaisesRegex(RuntimeError, "ws.ping-seconds"):
            Exchange("--no-demo", "--ws-ping-seconds", "5", "--ws-silence-seconds", "5").start()


if __name__ == "__main__":
    unittest.main()
