"""The configuration files that operators are given: every one is parsed or started by the program it is for."""
import hashlib
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

from harness import BINARY, PATIENCE_S, ROOT

sys.path.insert(0, os.path.join(ROOT, "tools", "services"))
import health  # noqa: E402  pylint: disable=wrong-import-position

FILES = os.path.join(ROOT, "ops", "services")
UNITS = os.path.join(ROOT, "ops", "systemd")
PASSWORD = "a password of this test"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


class ServiceFiles(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="sauda-test-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def start(self, *words, environment=None):
        with open(os.path.join(self.folder, "output"), "ab") as output:
            process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *words], stdout=output, stderr=output, env=environment)

        def end():
            process.kill()
            process.wait()

        self.addCleanup(end)
        return process

    def redis(self, port, *words, user=None):
        words = ["redis-cli", "-p", str(port), *(["--user", user, "--pass", PASSWORD, "--no-auth-warning"] if user else []), *words]
        return subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE_S, check=False).stdout.strip()

    def wait_for(self, wanted, ask, log=None):
        end = time.monotonic() + PATIENCE_S
        while wanted not in (answer := ask()):
            self.assertLess(time.monotonic(), end, (answer, read(log or os.path.join(self.folder, "output"))[-3000:]))
            time.sleep(0.05)

    def start_redis(self, *words):
        digest = hashlib.sha256(PASSWORD.encode()).hexdigest()
        users = self.write("users.acl", re.sub("[A-Z_]+_SHA256", digest, read(FILES, "users.acl")))
        port = free_port()
        self.start("redis-server", os.path.join(FILES, "redis.conf"), "--port", str(port), "--dir", self.folder,
                   "--aclfile", users, *words)
        self.wait_for("PONG", lambda: self.redis(port, "ping", user="operator"))
        return port

    def test_redis_keeps_to_its_file(self):
        port = self.start_redis()
        for name, value in (("maxmemory-policy", "noeviction"), ("save", ""), ("appendonly", "no"), ("protected-mode", "yes")):
            self.assertEqual(self.redis(port, "config", "get", name, user="operator").split("\n")[1:], [value] if value else [], name)

    def test_users_of_redis_have_the_rights_that_their_program_needs_and_no_more(self):
        port = self.start_redis()
        commands, events = "sauda:{main}:commands", "sauda:{main}:events"
        may = {"engine": [("xadd", events, "*", "a", "b"), ("xread", "streams", commands, "0"), ("xtrim", commands, "minid", "0")],
               "api-server": [("xadd", commands, "*", "a", "b"), ("xread", "streams", events, "0"), ("xlen", commands)],
               "event-broadcaster": [("xadd", commands, "*", "a", "b"), ("publish", "market.TATA_INR.trades", "x")],
               "history-writer": [("xread", "streams", events, "0")],
               None: [("ping",)]}
        may_not = {"engine": [("flushall",), ("config", "set", "save", "1 1"), ("set", "other", "1"), ("keys", "*")],
                   "api-server": [("xadd", events, "*", "a", "b"), ("xread", "streams", commands, "0"), ("xtrim", commands, "maxlen", "0"),
                                  ("set", "sauda:{main}:journal", "x"), ("del", commands), ("publish", "market.TATA_INR.trades", "x")],
                   "event-broadcaster": [("xadd", events, "*", "a", "b"), ("flushall",), ("shutdown",)],
                   "history-writer": [("xadd", events, "*", "a", "b"), ("xadd", commands, "*", "a", "b")],
                   None: [("get", commands), ("publish", "market.TATA_INR.trades", "x"), ("subscribe", "other"), ("acl", "list")]}
        for user, each in may.items():
            for words in each:
                self.assertNotIn("NOPERM", self.redis(port, *words, user=user), (user, words))
        for user, each in may_not.items():
            for words in each:
                self.assertIn("NOPERM", self.redis(port, *words, user=user), (user, words))
        self.assertIn("WRONGPASS", subprocess.run(["redis-cli", "-p", str(port), "--user", "engine", "--pass", "guess", "ping"],
                                                  capture_output=True, text=True, check=False).stderr)

    def test_without_passwords_redis_does_not_take_the_file_of_users(self):
        done = subprocess.run(["redis-server", "--port", "0", "--aclfile", os.path.join(FILES, "users.acl")], capture_output=True,
                              text=True, timeout=PATIENCE_S, cwd=self.folder, check=False)
        self.assertNotEqual(done.returncode, 0, "a password that everybody knows is none")

    def test_sentinel_watches_redis(self):
        master, port = self.start_redis(), free_port()
        self.start_sentinel(master, port)

        def ask(*words):
            return self.redis(port, "sentinel", *words, user="default")

        self.wait_for(str(master), lambda: ask("get-master-addr-by-name", "sauda"))
        # Only with its user's rights does it learn what the master is.
        self.wait_for("role-reported\nmaster", lambda: ask("master", "sauda"))
        self.wait_for("\nflags\nmaster\n", lambda: ask("master", "sauda"))
        self.assertIn("NOAUTH", self.redis(port, "sentinel", "remove", "sauda"))

    def start_sentinel(self, master, port):
        text = read(FILES, "sentinel.conf").replace("127.0.0.1 6379", f"127.0.0.1 {master}")
        text = re.sub("SENTINEL_PASSWORD|SENTINELS_OWN_PASSWORD", f'"{PASSWORD}"', text)
        self.start("redis-server", self.write("sentinel.conf", text), "--sentinel", "--port", str(port), "--dir", self.folder)

    def test_programs_show_the_sentinels_their_password(self):
        master, port = self.start_redis(), free_port()
        self.start_sentinel(master, port)
        clean = {name: value for name, value in os.environ.items() if not name.startswith("SAUDA_")}
        clean["SAUDA_REDIS_PASSWORD"] = PASSWORD
        for passwords, wanted in (({}, "NOAUTH"), ({"SAUDA_REDIS_SENTINEL_PASSWORD": "guess"}, "WRONGPASS"),
                                  ({"SAUDA_REDIS_SENTINEL_PASSWORD": PASSWORD}, "")):
            engine_port = free_port()
            engine = self.start(BINARY, "orderbook-engine", "--data-dir", os.path.join(self.folder, "data"), "--engine-port",
                                str(engine_port), "--redis-url", f"redis-sentinel://engine@127.0.0.1:{port}/sauda",
                                environment={**clean, **passwords})
            self.wait_for(wanted or str(health.READY), lambda: str(health.of_http("127.0.0.1", engine_port)))
            engine.terminate()
            self.assertEqual(engine.wait(PATIENCE_S), 0)

    def test_postgresql_keeps_to_its_file_and_asks_for_a_password(self):
        from child import stop_together  # pylint: disable=import-outside-toplevel
        from postgresql import PostgreSql  # pylint: disable=import-outside-toplevel
        os.mkdir(os.path.join(self.folder, "logs"))
        server = PostgreSql(self.folder, free_port())
        child = server.child()
        child.start()
        self.addCleanup(stop_together, [child], PATIENCE_S)
        self.wait_for("ready", lambda: "ready" if child.health().is_ready else "not yet", child.log_path)

        def ask(query, **environment):
            words = ["psql", "-w", "-At", "-d", server.url, "-c", query]
            return subprocess.run(words, capture_output=True, text=True, env={**os.environ, **environment}, check=False)

        self.assertEqual(ask("SHOW shared_buffers", **server.environment()).stdout.strip(), "128MB")
        self.assertEqual(ask("SHOW synchronous_commit", **server.environment()).stdout.strip(), "on")
        self.assertIn("password authentication failed", ask("SELECT 1", PGPASSWORD="guess").stderr)
        self.assertEqual(stop_together([child], PATIENCE_S), [])

    def test_haproxy_accepts_its_file(self):
        done = subprocess.run(["/usr/sbin/haproxy", "-c", "-f", os.path.join(FILES, "haproxy.cfg")], capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done)

    def test_the_programs_accept_their_settings(self):
        clean = {name: value for name, value in os.environ.items() if not name.startswith("SAUDA_")}
        for program in ("run", "orderbook-engine", "api-server", "event-broadcaster", "history-writer"):
            done = subprocess.run([BINARY, program, "--config", os.path.join(FILES, "sauda.toml"), "--print-config"], env=clean,
                                  capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn('data.dir = "/var/lib/sauda"', done.stdout)

    def test_systemd_accepts_the_units(self):
        folder = shutil.copytree(UNITS, os.path.join(self.folder, "units"))
        names = sorted(name for name in os.listdir(folder) if name.endswith(".service"))
        self.assertEqual(len(names), 6)
        started = []
        for name in names:
            path = os.path.join(folder, name)
            text = read(path)
            command = re.search("^ExecStart=/usr/bin/sauda (.*)$", text, re.MULTILINE)[1]
            self.assertIn("--config /etc/sauda/sauda.toml", command)
            words = command.replace("%i", "1").replace("/etc/sauda/sauda.toml", os.path.join(FILES, "sauda.toml")).split()
            done = subprocess.run([BINARY, *words, "--print-config"], capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text.replace("/usr/bin/sauda", BINARY))
            if "@" in name:
                os.rename(path, path := path.replace("@", "@1"))
            started.append(path)
        if shutil.which("systemd-analyze") is None:
            self.skipTest("systemd-analyze is not here: the commands of the units were tried, their sandbox was not")
        environment = {**os.environ, "SYSTEMD_UNIT_PATH": folder + ":"}
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", *started], capture_output=True, text=True, env=environment, check=False)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))

    def test_units_and_haproxy_agree_on_ports(self):
        haproxy = read(FILES, "haproxy.cfg")
        for unit, flag, servers in (("sauda-api-server@.service", "--http-port", "api-server"),
                                    ("sauda-event-broadcaster@.service", "--ws-port", "event-broadcaster")):
            port = re.search(flag + r" (\d+)%i", read(UNITS, unit))[1]
            found = set(re.findall(rf"server {servers}-(\d) 127\.0\.0\.1:(\d+)$", haproxy, re.MULTILINE))
            self.assertEqual(found, {("1", port + "1"), ("2", port + "2")})


if __name__ == "__main__":
    unittest.main()
