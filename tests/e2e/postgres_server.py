"""A PostgreSQL server of one test program: unprivileged, in a temporary directory, on a socket in it and on no port."""
import os
import pwd
import signal
import subprocess
import tempfile
import time

PROGRAMS = "/usr/lib/postgresql/15/bin/"
PATIENCE_S = 30


class PostgresServer:
    def __init__(self):
        self._temporary = tempfile.TemporaryDirectory(prefix="sauda-pg-")
        self.directory = self._temporary.name
        self._user = []  # PostgreSQL refuses root
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(self.directory, user.pw_uid, user.pw_gid)
            self._user = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
        self.process = None
        self._databases = 0
        self._run([PROGRAMS + "initdb", "-D", self.directory + "/data", "-U", "sauda", "-A", "trust", "-E", "UTF8",
                   "--locale=C", "--no-sync"])

    def _command(self, arguments, *more):
        return ["setpriv", *self._user, *more, *arguments] if self._user or more else arguments

    def _run(self, arguments):
        subprocess.run(self._command(arguments), cwd="/", capture_output=True, check=True)

    def start(self):
        arguments = [PROGRAMS + "postgres", "-D", self.directory + "/data", "-k", self.directory, "-c",
                     "listen_addresses=", "-c", "fsync=off", "-c", "shared_buffers=32MB"]
        # QUIT: at once, and the server's own children with it, however this program ends.
        command = self._command(arguments, "--pdeathsig", "QUIT")
        with open(self.directory + ".log", "ab") as log:
            self.process = subprocess.Popen(command, cwd="/", stdout=log, stderr=log)
        end = time.monotonic() + PATIENCE_S
        while subprocess.run(["psql", "-h", self.directory, "-U", "sauda", "-c", "SELECT 1", "postgres"],
                             capture_output=True, check=False).returncode != 0:
            assert self.process.poll() is None and time.monotonic() < end, "the server does not start"
            time.sleep(0.05)
        return self

    def kill(self):
        """At once, as a crash would."""
        if self.process:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait()
            self.process = None

    def freeze(self, is_frozen):
        """Stops every process of it, or lets them go on."""
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children", encoding="utf-8") as file:
            children = [int(child) for child in file.read().split()]
        for process in (self.process.pid, *children):
            os.kill(process, signal.SIGSTOP if is_frozen else signal.SIGCONT)

    def close(self):
        self.kill()
        self._temporary.cleanup()
        os.remove(self.directory + ".log")

    def query(self, database, sql):
        """Rows of texts."""
        done = subprocess.run(["psql", "-h", self.directory, "-U", "sauda", "-At", "-F", "\t", "-c", sql, database],
                              capture_output=True, text=True, check=True)
        return [line.split("\t") for line in done.stdout.splitlines()]

    def new_database(self):
        """Name and connection URI of an empty one."""
        self._databases += 1
        name = f"test{self._databases}"
        self.query("postgres", f"CREATE DATABASE {name}")
        return name, f"postgresql://sauda@/{name}?host={self.directory}"
