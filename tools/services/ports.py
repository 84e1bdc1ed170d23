"""Ports of this machine that nothing listens on."""
import random
import socket

# Below the ports that the system gives to outgoing connections (32768 on), so that a program that starts again finds
# its port free.
LOWEST, HIGHEST = 20_000, 32_000


class Ports:
    """Gives every port once, and none of `reserved`."""

    def __init__(self, reserved=()):
        self._given = set(reserved)

    def free(self):
        while True:
            port = random.randint(LOWEST, HIGHEST)
            if port not in self._given and _is_free(port):
                self._given.add(port)
                return port


def _is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
