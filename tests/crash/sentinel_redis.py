"""A Redis that fails over by itself: a master, its replica and three Sentinels, as the files under ops/services have them
but for ports and passwords."""

import hashlib
import os
import re
import signal
import subprocess
import sys
import time

from exchange import CheckFailed

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.append(os.path.join(ROOT, "tools", "services"))

from paths import template, write_private   # noqa: E402  pylint: disable=wrong-import-position,import-error
from ports import Ports                     # noqa: E402  pylint: disable=wrong-import-position,import-error

PATIENCE_S = 30
SENTINELS = 3
PASSWORD = "of-every-user-of-this-test"
SENTINELS_PASSWORD = "of-the-sentinels-of-this-test"


class SentinelRedis:
    """Servers by port. The first is the master at first."""

    def __init__(self, directory):
        os.makedirs(directory)
        self._directory = directory
        ports = Ports()
        self._servers = [ports.free(), ports.free()]
        self._sentinels = [ports.free() for _ in range(SENTINELS)]
        self._processes = {}

    def start(self):
        for number, port in enumerate(self._servers):
            self._start_server(port, *(["--replicaof", "127.0.0.1", str(self._servers[0])] if number else []))
        for port in self._sentinels:
            self._start_sentinel(port)
        replica = f"port\n{self._servers[1]}\n"
        self._wait_until(lambda: all(replica in self._ask(port, "sentinel", "replicas", "sauda") and
                                     f"num-other-sentinels\n{SENTINELS - 1}" in self._ask(port, "sentinel", "master", "sauda")
                                     for port in self._sentinels), "the Sentinels do not know each other")
        self._wait_until(self._is_replicated, "the replica does not follow")

    def flags(self):
        """For `./run services`, whose programs are all one user here."""
        sentinels = ",".join(f"127.0.0.1:{port}" for port in self._sentinels)
        return ["--redis-url", f"redis-sentinel://operator@{sentinels}/sauda"]

    def environment(self):
        return {"SAUDA_REDIS_PASSWORD": PASSWORD, "SAUDA_REDIS_SENTINEL_PASSWORD": SENTINELS_PASSWORD}

    def close(self):
        for process in self._processes.values():
            process.kill()
            process.wait()

    # --- Failing over ---

    def fail_over(self, sig):
        """Ends or stops the master by a signal, until the Sentinels name another; then it comes back, and is a replica in the
        end. How many seconds it took until another was named."""
        old = self.master()
        began = time.monotonic()
        self._processes[old].send_signal(sig)
        self._wait_until(lambda: self.master() not in (old, None), "the Sentinels name no other master")
        took = time.monotonic() - began
        if sig == signal.SIGSTOP:
            self._processes[old].send_signal(signal.SIGCONT)
        else:
            self._processes[old].wait()
            self._start_server(old, "--replicaof", "127.0.0.1", str(self.master()))
        return took

    def master(self):
        """What most Sentinels say; nothing where they do not agree."""
        named = [self._ask(port, "sentinel", "get-master-addr-by-name", "sauda").split("\n")[-1] for port in self._sentinels]
        best = max(named, key=named.count)
        return int(best) if named.count(best) > SENTINELS // 2 and best.isdigit() else None

    def wait_until_whole(self):
        """The former master follows the present one, so that there is somebody to fail over to."""
        self._wait_until(self._is_replicated, "nobody follows the master")

    def _is_replicated(self):
        master = self.master()
        return master is not None and "connected" in self._ask(next(port for port in self._servers if port != master), "role")

    # --- Processes ---

    def _start_server(self, port, *words):
        digest = hashlib.sha256(PASSWORD.encode()).hexdigest()
        users = write_private(self._path("users.acl"), re.sub("[A-Z_]+_SHA256", digest, template("users.acl")))
        config = write_private(self._path(f"{port}.conf"), template("redis.conf"))   # its own: Sentinel has it rewritten
        self._spawn(port, config, "--port", str(port), "--dir", self._directory, "--dbfilename", f"{port}.rdb", "--aclfile", users,
                    "--masteruser", "replica", "--masterauth", PASSWORD, *words)

    def _start_sentinel(self, port):
        text = template("sentinel.conf").replace("127.0.0.1 6379", f"127.0.0.1 {self._servers[0]}")
        text = text.replace("SENTINELS_OWN_PASSWORD", SENTINELS_PASSWORD).replace("SENTINEL_PASSWORD", PASSWORD)
        self._spawn(port, write_private(self._path(f"{port}.conf"), text), "--sentinel", "--port", str(port), "--dir", self._directory)

    def _spawn(self, port, *words):
        with open(self._path(f"{port}.log"), "ab") as log:
            self._processes[port] = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "redis-server", *words],
                                                     stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def _ask(self, port, *words):
        """What it answers; empty when it does not."""
        user, password = ("default", SENTINELS_PASSWORD) if port in self._sentinels else ("operator", PASSWORD)
        command = ["redis-cli", "-p", str(port), "--user", user, *words]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=2,
                                  env=os.environ | {"REDISCLI_AUTH": password})
        except subprocess.TimeoutExpired:
            return ""
        return done.stdout.strip()

    def _wait_until(self, condition, told):
        end = time.monotonic() + PATIENCE_S
        while not condition():
            if time.monotonic() > end:
                raise CheckFailed(f"{told}; their logs are in {self._directory}")
            time.sleep(0.05)

    def _path(self, name):
        return os.path.join(self._directory, name)
