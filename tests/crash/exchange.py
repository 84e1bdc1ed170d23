"""The exchange under test as a process: started, killed, stopped, and looked into with `sauda journal`."""

import json
import os
import signal
import subprocess
import time

START_SECONDS_MAX = 60


class CheckFailed(Exception):
    """What the exchange did is not what it promised."""


class Exchange:
    """`sauda run` on one data directory, again and again."""

    def __init__(self, binary, data_dir, log_path):
        self.binary = binary
        self.data_dir = data_dir
        self.log_path = log_path
        self.process = None
        self.host = self.http_port = self.ws_port = None

    def spawn(self, flags=()):
        """Starts the process and returns at once."""
        command = [self.binary, "run", "--data-dir", self.data_dir, "--http-port", "0", "--ws-port", "0",
                   "--no-demo", "--log-level", "warning", *flags]
        with open(self.log_path, "ab") as log:
            log.write(f"--- {' '.join(command)}\n".encode())
            log.flush()
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def wait_until_ready(self):
        """Returns when it serves; CheckFailed when it ends instead."""
        path = os.path.join(self.data_dir, "runtime.json")
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise CheckFailed(f"the exchange does not start (status {self.process.returncode}):\n{self.log_tail()}")
            try:
                with open(path, encoding="utf-8") as file:
                    runtime = json.load(file)
            except (OSError, ValueError):
                runtime = {}
            if runtime.get("process") == self.process.pid:
                self.host, self.http_port, self.ws_port = runtime["host"], runtime["http_port"], runtime["ws_port"]
                return
            time.sleep(0.005)
        raise CheckFailed(f"the exchange is not ready after {START_SECONDS_MAX} s:\n{self.log_tail()}")

    def start(self, flags=()):
        self.spawn(flags)
        self.wait_until_ready()

    def kill(self):
        """SIGKILL. CheckFailed when it had ended by itself before, other than well."""
        if self.process.poll() not in (None, 0):
            raise CheckFailed(f"the exchange died by itself (status {self.process.returncode}):\n{self.log_tail()}")
        self.process.kill()
        self.process.wait()

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def stop(self):
        """SIGTERM, and the clean end that must follow."""
        self.terminate()
        status = self.process.wait(timeout=START_SECONDS_MAX)
        if status != 0:
            raise CheckFailed(f"a clean stop ended with status {status}:\n{self.log_tail()}")

    def end_for_good(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def log_tail(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return "".join(log.readlines()[-15:])

    def operator_token(self):
        with open(os.path.join(self.data_dir, "operator.token"), encoding="utf-8") as file:
            return file.read().strip()

    def journal(self, subcommand, *arguments):
        """Runs `sauda journal`; its exit status, and standard output or, where it failed, standard error."""
        done = subprocess.run([self.binary, "journal", subcommand, self.data_dir, *arguments],
                              capture_output=True, text=True, check=False)
        return done.returncode, done.stdout if done.returncode == 0 else done.stderr

    def verify(self):
        """The figures of `sauda journal verify`, which must succeed."""
        status, text = self.journal("verify")
        figures = dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)
        if status != 0 or figures.get("verified") != "yes":
            raise CheckFailed(f"journal verify fails: {text}")
        return figures
