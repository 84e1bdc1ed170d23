"""The exchange under test as several programs: `./run services`, whose programs are disturbed one by one."""

import json
import os
import signal
import subprocess
import sys
import time

from exchange import CheckFailed, Exchange

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.append(os.path.join(ROOT, "tools", "services"))

from health import of_http, of_postgresql, of_redis   # noqa: E402  pylint: disable=wrong-import-position,import-error

PATIENCE_S = 60


class ServicesExchange(Exchange):
    """`./run services` on one data directory. Everything is looked up anew each time: programs die and come again."""

    def __init__(self, binary, data_dir, log_path, redis=None):
        """`redis`: a SentinelRedis in the place of the services' own."""
        super().__init__(binary, data_dir, log_path)
        self.redis = redis

    def spawn(self, flags=()):
        command = ["setpriv", "--pdeathsig", "KILL", os.path.join(ROOT, "tools", "services", "run_services"),
                   "--data-dir", self.data_dir, "--http-port", "0", "--ws-port", "0", "--no-demo", *flags]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SAUDA_")}
        if self.redis is not None:
            command += self.redis.flags()
            environment |= self.redis.environment()
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env=environment | {"SAUDA": self.binary})

    def programs(self):
        """Process, port, logs and restarts of each program, by name."""
        with open(os.path.join(self.data_dir, "services.json"), encoding="utf-8") as file:
            return json.load(file)

    def api_ports(self):
        """Of each API server, without the proxy before them."""
        return [program["port"] for name, program in self.programs().items() if name.startswith("api-server")]

    def operator_password(self):
        with open(os.path.join(self.data_dir, "redis", "operator.password"), encoding="utf-8") as file:
            return file.read()

    def redis_cli(self, *words):
        """What Redis answers its operator; CheckFailed when it refuses."""
        command = ["redis-cli", "-e", "-p", str(self.programs()["redis"]["port"]), "--user", "operator", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_S,
                              env=os.environ | {"REDISCLI_AUTH": self.operator_password()})
        if done.returncode != 0:
            raise CheckFailed(f"redis-cli {' '.join(words)}: {done.stdout} {done.stderr}")
        return done.stdout.strip()

    # --- Disturbing one program ---

    def signal_program(self, name, sig):
        """To the program, and to the processes that it has of its own."""
        process = self.programs()[name]["process"]
        own = []
        if sig != signal.SIGKILL:
            with open(f"/proc/{process}/task/{process}/children", encoding="utf-8") as file:
                own = [int(child) for child in file.read().split()]
        for target in (process, *own):
            try:
                os.kill(target, sig)
            except ProcessLookupError:
                pass   # a process of its own that ended meanwhile

    def kill_program(self, name):
        """kill -9, and then it is started again by who watches over it."""
        restarts = self.programs()[name]["restarts"]
        self.signal_program(name, signal.SIGKILL)
        self._wait_until(lambda: self.programs()[name]["restarts"] > restarts, f"{name} is not started again")

    # --- How they are ---

    def unready(self):
        """Names of the programs that do not do their work, each with its reason."""
        reasons = {}
        for name, program in self.programs().items():
            health = self._health(name, program["port"])
            if not health.is_ready:
                reasons[name] = health.problem
        return reasons

    def _health(self, name, port):
        if name == "redis":
            return of_redis(port, "operator", self.operator_password())
        if name == "haproxy":
            return of_http(self.host, self.http_port)
        if name == "postgresql":
            with open(os.path.join(self.data_dir, "postgresql.password"), encoding="utf-8") as file:
                return of_postgresql(port, "sauda", {"PGPASSWORD": file.read()})
        return of_http("127.0.0.1", port)

    def wait_until_ready_again(self):
        """All programs, with nothing done by hand."""
        self._wait_until(lambda: not self.unready(), lambda: f"programs are not ready again: {self.unready()}")
        if self.redis is not None:
            self.redis.wait_until_whole()

    def _wait_until(self, condition, told):
        end = time.monotonic() + PATIENCE_S
        while not condition():
            if self.process.poll() is not None:
                raise CheckFailed(f"./run services ended with {self.process.returncode}:\n{self.log_tail()}")
            if time.monotonic() > end:
                raise CheckFailed(told() if callable(told) else told)
            time.sleep(0.05)
