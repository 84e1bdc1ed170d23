"""ops/: rules and dashboard name metrics that exist, and a Prometheus that scrapes a live exchange takes them."""
import json
import os
import re
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

from harness import ROOT, ExchangeTest

OPS = os.path.join(ROOT, "ops")
RULES = os.path.join(OPS, "prometheus", "rules.yml")
PATIENCE_S = 60


def read(*parts):
    with open(os.path.join(OPS, *parts), encoding="utf-8") as file:
        return file.read()


def promtool(*words, text=None):
    return subprocess.run(["promtool", *words], input=text, capture_output=True, text=True, timeout=60, check=False)


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def dashboard_expressions():
    """As Grafana sends them, with its variables filled in."""
    for panel in json.loads(read("grafana", "dashboard.json"))["panels"]:
        for target in panel["targets"]:
            yield target["expr"].replace("$__rate_interval", "1m").replace("$instance", ".*")


class Prometheus:
    """A Prometheus server of the test's own, which scrapes one exchange every half second."""

    def __init__(self, folder, exchange_ports):
        config = read("prometheus", "prometheus.yml")
        config = config.replace('"127.0.0.1:3000"', ", ".join(f'"127.0.0.1:{port}"' for port in exchange_ports)).replace("10s", "500ms").replace("rules.yml", RULES)
        path = os.path.join(folder, "prometheus.yml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(config)
        self.port = free_port()
        with open(os.path.join(folder, "prometheus.log"), "ab") as log:
            self.process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "prometheus", f"--config.file={path}", f"--storage.tsdb.path={folder}/data",
                                             f"--web.listen-address=127.0.0.1:{self.port}"], stdout=log, stderr=log)

    def ask(self, path, **parameters):
        """The data of its answer, or nothing while it does not answer."""
        query = urllib.parse.urlencode(parameters)
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/{path}?{query}", timeout=10) as response:
                return json.load(response)["data"]
        except urllib.error.HTTPError as error:
            raise AssertionError((path, parameters, error.read().decode())) from error
        except OSError:
            return None

    def wait_for(self, what, name=""):
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            found = what()
            if found:
                return found
            time.sleep(0.2)
        raise AssertionError(f"Prometheus does not get there: {name}")

    def close(self):
        self.process.kill()
        self.process.wait()


class Metrics(ExchangeTest):
    def setUp(self):
        # Some metrics come with their first event: an order, a refusal.
        alice = self.user(INR="1000")
        alice.place("Buy", "90.00", 1)
        alice.request("POST", "/order", {"order_type": "Buy", "order_kind": "Limit", "price": 90, "quantity": 1000, "market": "TATA_INR"})
        alice.cancel_all()
        alice.close()

    def pages(self):
        return [self.exchange.metrics_page(port) for port in self.exchange.metrics_ports()]

    def test_the_page_is_as_prometheus_wants_it_and_each_metric_has_help(self):
        for page in self.pages():
            checked = promtool("check", "metrics", text=page)
            self.assertEqual((checked.returncode, checked.stdout + checked.stderr), (0, ""))
            named = set(re.findall(r"^# TYPE (\S+)", page, re.MULTILINE))
            helped = set(re.findall(r"^# HELP (\S+) \S", page, re.MULTILINE))
            self.assertEqual(named, helped)
        self.assertGreater(len(set(re.findall(r"^# TYPE (\S+)", "".join(self.pages()), re.MULTILINE))), 20)

    def test_rules_are_right_and_fire_when_they_should(self):
        for words in (("check", "rules", RULES), ("check", "config", os.path.join(OPS, "prometheus", "prometheus.yml")),
                      ("test", "rules", os.path.join(OPS, "prometheus", "rules_test.yml"))):
            done = promtool(*words)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertIn("SUCCESS", done.stdout)

    def test_every_metric_that_is_named_exists(self):
        named = {"rules": set(re.findall(r"\bsauda_[a-z_]+", read("prometheus", "rules.yml"))),
                 "dashboard": set(re.findall(r"\bsauda_[a-z_]+", " ".join(dashboard_expressions())))}
        there = set(re.findall(r"^# TYPE (\S+)", "".join(self.pages()), re.MULTILINE))
        for where, names in named.items():
            self.assertGreater(len(names), 5, where)
            self.assertEqual({re.sub("_(bucket|sum|count)$", "", name) for name in names} - there, set(), where)

    def test_a_prometheus_scrapes_a_live_exchange(self):
        with tempfile.TemporaryDirectory(prefix="sauda-test-") as folder:
            prometheus = Prometheus(folder, self.exchange.metrics_ports())
            try:
                prometheus.wait_for(lambda: (prometheus.ask("query", query='up{job="sauda"} == 1') or {}).get("result"))
                prometheus.wait_for(lambda: self.all_rules_are_evaluated(prometheus))
                # Two scrapes make a rate.
                prometheus.wait_for(lambda: prometheus.ask("query", query="rate(sauda_engine_commands_total[1m])")["result"])
                for expression in dashboard_expressions():
                    prometheus.wait_for(lambda query=expression: prometheus.ask("query", query=query)["result"], expression)
                firing = [alert["labels"]["alertname"] for alert in prometheus.ask("alerts")["alerts"] if alert["state"] == "firing"]
                self.assertEqual(firing, [], "nothing is wrong with it")
            finally:
                prometheus.close()

    def all_rules_are_evaluated(self, prometheus):
        rules = [rule for group in (prometheus.ask("rules") or {"groups": []})["groups"] for rule in group["rules"]]
        self.assertEqual([rule for rule in rules if rule["health"] == "err"], [])
        return rules and all(rule["health"] == "ok" for rule in rules)


if __name__ == "__main__":
    unittest.main()
