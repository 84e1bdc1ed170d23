"""HAProxy before the servers of one kind and another."""
import os
import re

import health
from child import Child
from paths import private_folder, template, write_private


def configuration(servers):
    """haproxy.cfg with these servers: of each backend, by the first part of its name, [(name, port), ...]."""
    lines = []
    here = []
    for line in template("haproxy.cfg").splitlines():
        if re.match(r"\w", line):
            section = line.split()
            here = servers[section[1].removesuffix("_alive")] if section[0] == "backend" else []
        elif line.strip().startswith("server ") and here:
            lines += [f"    server {name} 127.0.0.1:{port}" for name, port in here]
            here = []
        if not line.strip().startswith("server "):
            lines.append(line)
    return "\n".join(lines) + "\n"


class Haproxy:
    def __init__(self, data_dir, bind, http_port, ws_port, metrics_port):
        self._folder = private_folder(data_dir, "haproxy")
        self._log = os.path.join(data_dir, "logs", "haproxy.log")
        self._host = "127.0.0.1" if bind in ("0.0.0.0", "::") else bind
        self.http_port, self.ws_port = http_port, ws_port
        shown = f"[{bind}]" if ":" in bind else bind
        self._environment = {**os.environ, "SAUDA_REST_BIND": f"{shown}:{http_port}", "SAUDA_SOCKET_BIND": f"{shown}:{ws_port}",
                             "SAUDA_PROXY_METRICS_BIND": f"127.0.0.1:{metrics_port}"}

    def child(self, servers):
        path = write_private(os.path.join(self._folder, "haproxy.cfg"), configuration(servers))
        return Child("haproxy", ["/usr/sbin/haproxy", "-db", "-f", path], self._log, self._health, self._environment)

    def _health(self):
        rest = health.of_http(self._host, self.http_port)
        return health.of_http(self._host, self.ws_port) if rest.is_ready else rest
