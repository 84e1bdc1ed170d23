"""All services together: started one upon the other, watched, stopped in the opposite order."""
import json
import os
import signal
import time

from child import stop_together
from haproxy import Haproxy
from paths import private_folder, write_private
from postgresql import PostgreSql
from ports import Ports
from programs import Programs
from redis import GivenRedis, Redis
from shards import read_shards, write_shards

ROUND_S = 0.05
NOT_READY_S = 1  # so long an answer why it is not ready is waited over
STOP_S = 10
CLOSE_S = 1  # for HAProxy to stop letting clients in


class StartFailed(Exception):
    """A sentence, and what the program said."""


class Services:
    """The children by their names, in the order of their start. `stopping` tells that a signal asked for the end."""

    def __init__(self, settings, arguments, stopping):
        self._settings = settings
        self._stopping = stopping
        data_dir = private_folder(settings.data_dir)
        private_folder(data_dir, "logs")
        ports = Ports({settings.http_port, settings.ws_port})
        redis_port = None if settings.has_redis else ports.free()
        self._redis = GivenRedis() if settings.has_redis else Redis(data_dir, redis_port)
        redis = self._redis.children()
        self._stores = []
        store = {}
        if not settings.has_store and not arguments.sqlite:
            tell("Preparing PostgreSQL")
            postgresql = PostgreSql(data_dir, ports.free())
            store = postgresql.environment()
            self._stores = [postgresql.child()]
        shards, transferable = read_shards(settings.shards_file, ports)
        where = ["--engine-url", f"http://127.0.0.1:{shards[0].engine_port}"]
        if settings.shards_file:
            where = ["--shards-file", write_shards(os.path.join(data_dir, "shards.toml"), shards, transferable)]
        programs = Programs(settings, self._redis, store, ports, where)
        self._engines = [programs.engine(shard) for shard in shards]
        self._history_writers = [programs.history_writer(shard) for shard in shards]
        self._api_servers = [programs.api_server(number + 1) for number in range(arguments.api_servers)]
        self._broadcasters = [programs.broadcaster(number + 1) for number in range(arguments.broadcasters)]
        self.http_port = settings.http_port or ports.free()
        self.ws_port = settings.ws_port or ports.free()
        proxy_metrics = ports.free()
        proxy = Haproxy(data_dir, settings.bind, self.http_port, self.ws_port, proxy_metrics)

        def with_ports(children):
            return [(child.name, programs.ports[child.name]) for child in children]

        self._haproxy = proxy.child({"api_servers": with_ports(self._api_servers),
                                     "broadcasters": with_ports(self._broadcasters)})
        # Who is in one group starts at once. The first API server lists the default markets and makes the demo's users.
        self._groups = [[*redis, *self._stores], self._engines, [*self._history_writers, self._api_servers[0]],
                        [*self._api_servers[1:], *self._broadcasters], [self._haproxy]]
        self._ports = {**programs.ports, "redis": redis_port, "haproxy": proxy_metrics}
        if self._stores:
            self._ports["postgresql"] = postgresql.port

    @property
    def children(self):
        return [child for group in self._groups for child in group]

    def start(self):
        """Starts group after group, each when the one before is ready. Returns early when the end is asked for.

        Who does its work and is not ready all the same, such as an engine whose disk is nearly full, stops nobody.
        """
        for group in self._groups:
            for child in group:
                try:
                    child.start()
                except OSError as problem:
                    raise StartFailed(f"{child.name} cannot be started: {problem}") from problem
            self._write_services()
            for child in group:
                self._wait_until_ready(child)
        if not self._stopping():
            runtime = {"host": self._settings.bind, "http_port": self.http_port, "ws_port": self.ws_port, "process": os.getpid()}
            write_private(self._path("runtime.json"), json.dumps(runtime, separators=(",", ":")) + "\n")

    def _wait_until_ready(self, child):
        started = time.monotonic()
        answers_since = None
        shown = ""
        while not self._stopping():
            health = child.health()
            seconds = time.monotonic() - started
            if health.is_ready:
                return tell(f"  {child.name:<22} ready after {seconds:.1f} s, process {child.pid}")
            if child.has_ended():
                raise StartFailed(f"{child.name} {child.how_it_ended()}:\n{child.tail()}(see {child.logs})")
            answers_since = (answers_since or time.monotonic()) if health.is_alive else None
            if answers_since and time.monotonic() - answers_since >= NOT_READY_S:
                return tell(f"  {child.name:<22} runs, but is not ready: {health.problem}")
            if seconds > 2 and health.problem != shown:
                tell(f"  {child.name:<22} {health.problem}")
                shown = health.problem
            time.sleep(ROUND_S)
        return None

    def watch(self):
        """Starts again who dies, until the end is asked for."""
        while not self._stopping():
            for child in self.children:
                told = child.look()
                if told:
                    tell(f"{time.strftime('%Y-%m-%dT%H:%M:%S')} {told}")
                    self._write_services()
            time.sleep(ROUND_S)

    def reload(self):
        """Lets Sauda's programs read their settings again and open their logs anew."""
        for child in (*self._engines, *self._history_writers, *self._api_servers, *self._broadcasters):
            child.signal(signal.SIGHUP)

    def stop(self):
        """Nobody is let in any more; who is in is answered; nothing runs afterwards. What did not end in order."""
        self._remove("runtime.json")
        disorderly = []
        self._haproxy.signal(signal.SIGUSR1)
        time.sleep(ROUND_S)
        disorderly += stop_together([*self._api_servers, *self._broadcasters], STOP_S)
        disorderly += stop_together([self._haproxy], CLOSE_S)
        for group in (self._history_writers, self._engines, self._groups[0]):
            disorderly += stop_together(group, STOP_S)
        self._remove("services.json")
        return disorderly

    def _write_services(self):
        """services.json: who runs, for whoever looks after them."""
        rows = {child.name: {"process": child.pid, "port": self._ports[child.name], "logs": child.logs,
                             "restarts": child.restarts} for child in self.children if child.pid}
        write_private(self._path("services.json"), json.dumps(rows, indent=1) + "\n")

    def _path(self, name):
        return os.path.join(self._settings.data_dir, name)

    def _remove(self, name):
        try:
            os.unlink(self._path(name))
        except FileNotFoundError:
            pass


def tell(text):
    print(text, flush=True)
