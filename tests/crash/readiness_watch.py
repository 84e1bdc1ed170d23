"""How soon API servers notice that they cannot take orders: asked all the time, since who waits for an order notices late."""

import threading
import time

from wire import ConnectionLost, HttpConnection

LOOK_S = 0.02


class ReadinessWatch(threading.Thread):
    """Looks at every API server, without the proxy before them."""

    def __init__(self, exchange):
        super().__init__(daemon=True)
        self._exchange = exchange
        self._stop_event = threading.Event()
        self._unready_at = {}   # port → when it first said so in this round

    def begin_round(self):
        self._unready_at = {}

    def stop(self):
        self._stop_event.set()
        if self.is_alive():
            self.join()

    def noticed_s(self, began_at):
        """After how many seconds all of them had said so; None where one never did."""
        unready_at = dict(self._unready_at)
        if set(self._exchange.api_ports()) - set(unready_at):
            return None
        return max(unready_at.values()) - began_at

    def run(self):
        while not self._stop_event.wait(LOOK_S):
            unready_at = self._unready_at
            for port in self._exchange.api_ports():
                if port not in unready_at and not self._is_ready(port):
                    unready_at[port] = time.monotonic()

    @staticmethod
    def _is_ready(port):
        connection = HttpConnection("127.0.0.1", port)
        try:
            return connection.request("GET", "/health/ready")[0] == 200
        except ConnectionLost:
            return True   # a server that is gone says nothing
        finally:
            connection.close()
