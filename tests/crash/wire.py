"""Just enough HTTP/1.1 and WebSocket (RFC 6455) over plain sockets: keep-alive, and every byte accounted for.

A reply counts as received only when it is complete. Everything else is `ConnectionLost`: the request may or may
not have been applied.
"""

import base64
import json
import os
import socket
import struct


class ConnectionLost(Exception):
    """The peer went away before a complete reply; the outcome is unknown."""


class Silence(ConnectionLost):
    """Nothing came within the timeout. The connection may go on: what came so far is kept."""


class _Stream:
    """Reads lines and counted bytes from a socket."""

    def __init__(self, host, port, timeout):
        try:
            self.socket = socket.create_connection((host, port), timeout=timeout)
        except OSError as error:
            raise ConnectionLost(str(error)) from error
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = bytearray()

    def send(self, data):
        try:
            self.socket.sendall(data)
        except OSError as error:
            raise ConnectionLost(str(error)) from error

    def _fill(self):
        try:
            data = self.socket.recv(65536)
        except TimeoutError:
            raise
        except OSError as error:
            raise ConnectionLost(str(error)) from error
        if not data:
            raise ConnectionLost("closed")
        self._buffer += data

    def read_until(self, mark):
        while (at := self._buffer.find(mark)) < 0:
            self._fill()
        head = bytes(self._buffer[:at])
        del self._buffer[: at + len(mark)]
        return head

    def peek(self, count):
        while len(self._buffer) < count:
            self._fill()
        return bytes(self._buffer[:count])

    def read(self, count):
        data = self.peek(count)
        del self._buffer[:count]
        return data

    def close(self):
        self.socket.close()


def _headers(head):
    lines = head.split(b"\r\n")
    fields = (line.partition(b":") for line in lines[1:])
    return int(lines[0].split(b" ")[1]), {name.lower(): value.strip() for name, _, value in fields}


class HttpConnection:
    """One keep-alive connection, opened at the first request. Not for several threads at once."""

    def __init__(self, host, port, token=None, timeout=20.0):
        self._address = (host, port, timeout)
        self.token = token
        self._stream = None

    def request(self, method, path, body=None):
        """(status, decoded JSON body). Raises ConnectionLost, after which the connection is opened anew."""
        text = b"" if body is None else json.dumps(body).encode()
        head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(text)}\r\n"
        if body is not None:
            head += "Content-Type: application/json\r\n"
        if self.token:
            head += f"Authorization: Bearer {self.token}\r\n"
        try:
            if self._stream is None:
                self._stream = _Stream(*self._address)
            self._stream.send(head.encode() + b"\r\n" + text)
            status, fields = _headers(self._stream.read_until(b"\r\n\r\n"))
            reply = self._stream.read(int(fields.get(b"content-length", b"0")))
        except (ConnectionLost, TimeoutError) as error:
            self.close()
            raise ConnectionLost(str(error)) from error
        if fields.get(b"connection", b"").lower() == b"close":
            self.close()
        return status, json.loads(reply)

    def close(self):
        if self._stream is not None:
            self._stream.close()
            self._stream = None


class WebSocket:
    """A client's end. One thread may send while another receives."""

    def __init__(self, host, port, timeout=20.0):
        self._stream = _Stream(host, port, timeout)
        key = base64.b64encode(os.urandom(16)).decode()
        self._stream.send(
            (f"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n").encode())
        try:
            status, _ = _headers(self._stream.read_until(b"\r\n\r\n"))
        except TimeoutError as error:
            raise ConnectionLost("no answer to the upgrade") from error
        if status != 101:
            raise ConnectionLost(f"upgrade refused with {status}")

    def wait_at_most(self, seconds):
        """So long receive() waits from now on; after Silence it can be called again."""
        self._stream.socket.settimeout(seconds)

    def send(self, message):
        self._send_frame(1, json.dumps(message).encode())

    def _send_frame(self, opcode, payload):
        size = len(payload)
        if size < 126:
            head = struct.pack(">BB", 0x80 | opcode, 0x80 | size)
        elif size < 65536:
            head = struct.pack(">BBH", 0x80 | opcode, 0x80 | 126, size)
        else:
            head = struct.pack(">BBQ", 0x80 | opcode, 0x80 | 127, size)
        mask = os.urandom(4)
        pad = (mask * (size // 4 + 1))[:size]
        masked = (int.from_bytes(payload, "big") ^ int.from_bytes(pad, "big")).to_bytes(size, "big")
        self._stream.send(head + mask + masked)

    def _read_frame(self):
        first, second = self._stream.peek(2)
        extra = {126: 2, 127: 8}.get(second & 127, 0)
        head = self._stream.peek(2 + extra)
        size = int.from_bytes(head[2:], "big") if extra else second & 127
        frame = self._stream.read(2 + extra + size)
        return first & 15, frame[2 + extra:]

    def receive(self):
        """The next message, decoded. Pings are answered on the way. Raises ConnectionLost at the end."""
        while True:
            try:
                opcode, payload = self._read_frame()
            except TimeoutError as error:
                raise Silence("silence") from error
            if opcode == 1:
                return json.loads(payload)
            if opcode == 8:
                raise ConnectionLost("closed by the exchange")
            if opcode == 9:
                self._send_frame(10, payload)

    def reset(self):
        """Ends the connection as a machine does that knows it no more."""
        self._stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self):
        self._stream.close()
