"""HAProxy with the configuration of ops/services before servers that misbehave."""
import http.client
import http.server
import json
import os
import sys
import tempfile
import threading
import time
import unittest

from harness import PATIENCE_S, ROOT

sys.path.insert(0, os.path.join(ROOT, "tools", "services"))
from child import stop_together  # noqa: E402  pylint: disable=wrong-import-position
from haproxy import Haproxy  # noqa: E402  pylint: disable=wrong-import-position
from ports import Ports  # noqa: E402  pylint: disable=wrong-import-position


class Server(http.server.ThreadingHTTPServer):
    """Stands for one of Sauda's servers: answers health, and does with orders what `behave` says."""

    daemon_threads = True

    def __init__(self, name):
        super().__init__(("127.0.0.1", 0), Handler)
        self.name = name
        self.is_ready = True
        self.behave = lambda handler: handler.answer(200, {"server": name})
        self.requests = []
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def port(self):
        return self.server_address[1]

    def handle_error(self, request, client_address):
        """HAProxy ends the connection of a health check without a word."""

    def close(self):
        self.shutdown()
        self.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle_any(self):
        if self.path.startswith("/health/"):
            is_good = self.server.is_ready or self.path == "/health/live"
            return self.answer(200 if is_good else 503, {})
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.requests.append(self.headers)
        return self.server.behave(self)

    do_GET = do_POST = handle_any

    def answer(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def hang_up(self):
        self.close_connection = True

    def log_message(self, *_):
        pass


class Proxy(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="sauda-test-")
        self.addCleanup(folder.cleanup)
        os.mkdir(os.path.join(folder.name, "logs"))
        self.servers = [Server("first"), Server("second")]
        for server in self.servers:
            self.addCleanup(server.close)
        ports = Ports()
        proxy = Haproxy(folder.name, "127.0.0.1", ports.free(), ports.free(), ports.free())
        self.port = proxy.http_port
        named = [(server.name, server.port) for server in self.servers]
        child = proxy.child({"api_servers": named, "broadcasters": named})
        child.start()
        self.addCleanup(stop_together, [child], PATIENCE_S)
        self.wait_until(lambda: child.health().is_ready, lambda: child.tail(20))

    def wait_until(self, condition, told=lambda: "in time"):
        end = time.monotonic() + PATIENCE_S
        while not condition():
            self.assertLess(time.monotonic(), end, told())
            time.sleep(0.02)

    def ask(self, method="POST", token="", headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            connection.request(method, "/order", "{}", {"Authorization": f"Bearer {token}", **(headers or {})})
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()

    def requests(self):
        return [request for server in self.servers for request in server.requests]

    def test_the_same_token_meets_the_same_server_and_others_are_spread(self):
        met = {token: {self.ask(token=str(token))[1]["server"] for _ in range(3)} for token in range(20)}
        self.assertEqual({len(servers) for servers in met.values()}, {1})
        self.assertEqual(set.union(*met.values()), {"first", "second"})

    def test_only_what_changes_nothing_is_sent_again(self):
        for server in self.servers:
            server.behave = Handler.hang_up
        for method, sent_most in (("POST", 1), ("GET", 3)):
            before = len(self.requests())
            status, answer = self.ask(method)
            self.assertEqual((status, answer["code"]), (502, "outcome_unknown"))
            self.assertIn(len(self.requests()) - before, range(1, sent_most + 1), method)

    def test_who_cannot_be_connected_to_is_passed_over(self):
        self.servers[0].close()
        for token in range(20):  # health has not told yet, or it has
            self.assertEqual(self.ask(token=str(token)), (200, {"server": "second"}))
        self.servers[1].close()
        self.wait_until(lambda: self.ask()[0] == 503)
        self.assertEqual(self.ask()[1]["code"], "unavailable")

    def test_who_is_not_ready_is_passed_over_until_none_is(self):
        self.servers[0].is_ready = False
        self.wait_until(lambda: all(self.ask(token=str(token))[1]["server"] == "second" for token in range(10)))
        self.servers[1].is_ready = False
        self.wait_until(lambda: {self.ask(token=str(token))[1]["server"] for token in range(20)} == {"first", "second"})
        self.servers[0].is_ready = True
        self.wait_until(lambda: all(self.ask(token=str(token))[1]["server"] == "first" for token in range(10)))

    def test_a_client_does_not_choose_its_address(self):
        self.ask(headers={"X-Forwarded-For": "192.0.2.1"})
        self.assertEqual([request.get_all("X-Forwarded-For") for request in self.requests()], [["127.0.0.1"]])


if __name__ == "__main__":
    unittest.main()
