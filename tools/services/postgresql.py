"""PostgreSQL of the services: a cluster of its own in the data directory, on a port of 127.0.0.1 with a password.

It refuses to run as root, so root runs it as the user that Debian's package made. That user may not enter the data
directory, which is its owner's alone: it is given the folder as an open descriptor instead of a path.
"""
import os
import pwd
import secrets
import shutil
import signal
import subprocess

import health
from child import Child
from paths import private_folder, template, write_private

PROGRAMS = "/usr/lib/postgresql/15/bin"
ROLE = "sauda"


class SetupFailed(Exception):
    """What the program said that was to make the cluster."""


class PostgreSql:
    def __init__(self, data_dir, port):
        self.port = port
        self._folder = private_folder(data_dir, "postgresql")
        self._log = os.path.join(data_dir, "logs", "postgresql.log")
        self._owner = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
        if self._owner:
            os.chown(self._folder, self._owner.pw_uid, self._owner.pw_gid)
        self._descriptor = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        self._password_path = os.path.join(data_dir, "postgresql.password")
        self._password = self._load_or_make_password()

    @property
    def url(self):
        """Where it is, without the password: that is in environment()."""
        return f"postgresql://{ROLE}@127.0.0.1:{self.port}/{ROLE}"

    def environment(self):
        """How Sauda's programs find it and show who they are."""
        return {"SAUDA_STORE": self.url, "PGPASSWORD": self._password}

    def child(self):
        """Ready to start; on the first start its cluster is made here."""
        if not os.path.exists(os.path.join(self._folder, "data", "PG_VERSION")):
            self._make_cluster()
        self._write("data/postgresql.conf", template("postgresql.conf"))
        words = self._words("QUIT", "postgres", "-D", self._path("data"), "-p", str(self.port), "-k", self._path("data"),
                            "-c", "unix_socket_permissions=0700")
        # SIGINT: clients are let go at once.
        return Child("postgresql", words, self._log, self._health, stop_signal=signal.SIGINT, descriptors=(self._descriptor,))

    def _load_or_make_password(self):
        try:
            with open(self._password_path, encoding="utf-8") as file:
                return file.read()
        except FileNotFoundError:
            password = secrets.token_hex(32)
            write_private(self._password_path, password)
            return password

    def _make_cluster(self):
        """A cluster with the database, whole or not at all."""
        new = os.path.join(self._folder, "data.new")
        shutil.rmtree(new, ignore_errors=True)
        self._write("password", self._password + "\n")
        self._run("initdb", "-D", self._path("data.new"), "-U", ROLE, "-E", "UTF8", "--locale=C", "--auth=scram-sha-256",
                  f"--pwfile={self._path('password')}", "--no-instructions")
        os.unlink(os.path.join(self._folder, "password"))
        self._run("postgres", "--single", "-D", self._path("data.new"), "postgres", text=f"CREATE DATABASE {ROLE}\n")
        os.rename(new, os.path.join(self._folder, "data"))

    def _run(self, program, *words, text=""):
        done = subprocess.run(self._words("KILL", program, *words), input=text, capture_output=True, text=True,
                              pass_fds=(self._descriptor,), check=False)
        if done.returncode != 0:
            raise SetupFailed(f"{program}: {done.stderr.strip() or done.stdout.strip()}")

    def _words(self, pdeathsig, program, *words):
        drop = ["--reuid", str(self._owner.pw_uid), "--regid", str(self._owner.pw_gid), "--clear-groups"] if self._owner else []
        return ["setpriv", *drop, "--pdeathsig", pdeathsig, "--no-new-privs", os.path.join(PROGRAMS, program), *words]

    def _path(self, name):
        """As the one who has the descriptor sees it."""
        return f"/proc/self/fd/{self._descriptor}/{name}"

    def _write(self, name, text):
        path = write_private(os.path.join(self._folder, name), text)
        if self._owner:
            os.chown(path, self._owner.pw_uid, self._owner.pw_gid)

    def _health(self):
        return health.of_postgresql(self.port, ROLE, self.environment())
