"""Settings of Sauda's programs, as whoever starts the services gives them.

They come as flags, from a TOML file (--config) and from the environment, and every program reads them with its own
rules: flags become environment variables here, so that each program takes what is its own.
"""
import os
import re
import subprocess
import tomllib

PROGRAMS = ("orderbook-engine", "api-server", "event-broadcaster", "history-writer")
# What the services are wired by, so that nobody else sets it. (Passwords of a Redis of one's own come from the environment,
# where no list of processes shows them.)
WIRED = {"--secrets-dir", "--redis-password", "--redis-sentinel-password", "--engine-url", "--engine-port", "--log-file",
         "--http-trusted-proxies"}


class BadSettings(Exception):
    """A sentence for whoever gave them."""


class Settings:
    """What was given. `environment` is that of every program, `config` the words that name the TOML file."""

    def __init__(self, binary, words):
        self._binary = binary
        self.config = []
        self.environment = {"SAUDA_DATA_DIR": "data-services", **os.environ}
        self._take(words)
        texts = {program: self._print_config(program, self.config, self.environment) for program in PROGRAMS}
        shown = {program: tomllib.loads(text) for program, text in texts.items()}
        api_server = shown["api-server"]
        self.data_dir = os.path.abspath(api_server["data"]["dir"])
        self.bind = api_server["bind"]
        self.demo = api_server["demo"]
        self.http_port = api_server["http"]["port"]
        self.ws_port = shown["event-broadcaster"]["ws"]["port"]
        self.shards_file = self._shards_file(api_server["shards"]["file"])
        self.has_redis = "SAUDA_REDIS_URL" in self.environment
        self.has_store = "\n# store is set\n" in texts["api-server"]

    def _shards_file(self, path):
        """The programs are told of a copy, so that it is not in their environment."""
        self.environment.pop("SAUDA_SHARDS_FILE", None)
        return os.path.abspath(path) if path else ""

    def _take(self, words):
        known = set().union(*(self._flags_of(program) for program in PROGRAMS))
        rest = list(words)
        while rest:
            flag, has_value, value = rest.pop(0).partition("=")
            if flag in ("--demo", "--no-demo"):
                self.environment["SAUDA_DEMO"] = "true" if flag == "--demo" else "false"
                continue
            if flag in WIRED:
                raise BadSettings(f"{flag} is set by ./run services itself")
            if flag != "--config" and flag not in known:
                raise BadSettings(f"there is no setting {flag}; see ./run services --help")
            if not has_value:
                if not rest:
                    raise BadSettings(f"{flag} needs a value")
                value = rest.pop(0)
            if flag == "--config":
                self.config = ["--config", os.path.abspath(value)]
            else:
                self.environment["SAUDA_" + flag[2:].replace("-", "_").upper()] = value

    def _print_config(self, program, words, environment):
        done = subprocess.run([self._binary, program, "--print-config", *words], capture_output=True, text=True,
                              env=environment, check=False)
        if done.returncode != 0:
            raise BadSettings(done.stderr.strip().removeprefix(f"sauda {program}: "))
        return done.stdout

    def _flags_of(self, program):
        bare = {name: value for name, value in os.environ.items() if not name.startswith("SAUDA_")}
        names = re.findall(r"^# environment SAUDA_(\w+)$", self._print_config(program, [], bare), re.MULTILINE)
        return {"--" + name.lower().replace("_", "-") for name in names}
