"""Sauda's own programs: which port each gets, and with what settings it starts.

All share one data directory, laid out as `sauda run` lays it out: engine and servers have their own files in it.
"""
import os

import health
from child import Child
from paths import BINARY, private_folder


class Programs:
    """Makes the children. `settings` is what was given, `redis` where they meet, `store` the environment that tells where
    users and history are, `where` the words that tell where the engines are."""

    def __init__(self, settings, redis, store, ports, where):
        self._settings = settings
        self._redis = redis
        self._store = store
        self._ports = ports
        self._where = where
        self.ports = {}

    def engine(self, shard):
        words = [*self._of(shard), "--engine-port", str(shard.engine_port), "--secrets-dir", self._settings.data_dir]
        if shard.name:
            words += self._where
        data_dir = private_folder(shard.data_dir(self._settings.data_dir))
        return self._child("orderbook-engine", shard.file("engine"), shard.engine_port, words, data_dir)

    def api_server(self, number):
        port = self._ports.free()
        return self._front("api-server", f"api-server-{number}", port, ["--http-port", str(port)])

    def broadcaster(self, number):
        port = self._ports.free()
        return self._front("event-broadcaster", f"event-broadcaster-{number}", port, ["--ws-port", str(port)])

    def history_writer(self, shard):
        port = self._ports.free()
        return self._front("history-writer", shard.file("history-writer"), port,
                           [*self._of(shard), "--http-port", str(port)])

    @staticmethod
    def _of(shard):
        return ["--shard", shard.name] if shard.name else []

    def _front(self, program, name, port, words):
        words = [*words, *self._where]
        if program != "history-writer":
            words += ["--http-trusted-proxies", "127.0.0.1"]
        return self._child(program, name, port, words)

    def _child(self, program, name, port, words, data_dir=None):
        user = "engine" if program == "orderbook-engine" else program
        redis_words, redis_environment = self._redis.wiring(user)
        words = [BINARY, program, *self._settings.config, "--data-dir", data_dir or self._settings.data_dir, "--bind", "127.0.0.1",
                 *redis_words, "--log-file", self._log(name, "log"), *words]
        environment = {**self._settings.environment, **self._store, **redis_environment}
        self.ports[name] = port
        return Child(name, words, self._log(name, "out"), lambda: health.of_http("127.0.0.1", port), environment)

    def _log(self, name, ending):
        return os.path.join(self._settings.data_dir, "logs", f"{name}.{ending}")
