"""The benches as people run them: what they print, draw and refuse. How fast anything was is nobody's test."""
import json
import os
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree

from harness import BINARY, Exchange

PATIENCE_S = 120


def bench(*words, environment=None):
    return subprocess.run([BINARY, "bench", *words], capture_output=True, text=True, timeout=PATIENCE_S, check=False,
                          env=environment or os.environ)


def figures(text):
    return dict(line.split(": ", 1) for line in text.splitlines())


class Benches(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="sauda-test-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def test_the_api_bench_reports_beside_what_a_reply_costs_at_least(self):
        plot = os.path.join(self.folder, "plot.svg")
        with Exchange("--demo") as exchange:
            for scheme, clients in (("http://", "1"), ("", "3")):
                done = bench("api", "--target", f"{scheme}127.0.0.1:{exchange.http_port}", "--ws-port", str(exchange.ws_port),
                             "--clients", clients, "--orders", "60", "--data-dir", self.folder, "--json", "--plot", plot)
                self.assertEqual(done.returncode, 0, done.stderr)
                told = json.loads(done.stdout)
                self.assertEqual((told["orders"], told["fills"], told["fills_on_websocket"], told["failures"]), (60, 30, 30, 0))
                for name in ("reply", "websocket_fill", "bare_round_trip", "bare_sync"):
                    self.assertGreater(told[f"{name}_us_p50"], 0, name)
                self.assertEqual(xml.etree.ElementTree.parse(plot).getroot().tag, "{http://www.w3.org/2000/svg}svg")
        self.assertEqual(os.listdir(self.folder), ["plot.svg"], "what was written for syncs is gone")

    def test_a_target_that_is_no_address_is_refused_with_how_one_looks(self):
        for target in ("exchange:", "https://127.0.0.1:3000", "http://127.0.0.1:http", "127.0.0.1:3000/login", "127.0.0.1:70000"):
            done = bench("api", "--target", target, "--data-dir", self.folder)
            self.assertEqual((done.returncode, done.stdout), (2, ""), target)
            self.assertIn(f"--target must look like http://127.0.0.1:3000, not {target}", done.stderr)

    def test_nothing_acknowledged_is_lost_when_the_disk_is_full(self):
        done = bench("full-disk", "--disk-mib", "12", "--segment-mib", "2", "--data-dir", self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        told = figures(done.stdout)
        self.assertGreater(int(told["commands_acknowledged"]), 0)
        self.assertGreaterEqual(int(told["commands_recovered"]), int(told["commands_acknowledged"]))
        self.assertEqual(told["acknowledged_and_lost"], "0")

    def test_every_trade_comes_out_of_a_slow_disk(self):
        flow = os.path.join(self.folder, "moves.flow")
        self.assertEqual(bench("flow", "moves", flow, "--orders", "100000").returncode, 0)
        words = ("engine", "--flow", flow, "--stage", "durable", "--sync-delay", "20", "--runs", "1", "--data-dir", self.folder)
        done = bench(*words, "--warm-up", "0")
        self.assertEqual(done.returncode, 0, done.stderr)  # the digest of all trades agrees
        self.assertEqual(figures(done.stdout)["sync_delay_ms"], "20")
        self.assertGreaterEqual(int(figures(done.stdout)["orders_per_sync"]), 1)
        self.assertEqual(figures(bench(*words, "--warm-up", "0", "--sequencer-cpu", "none").stdout)["sequencer_cpu"], "none")
        refused = bench(*words, "--sequencer-cpu", "1024")
        self.assertIn("one of the CPUs that this process may use", refused.stderr)
        done = bench(*words, "--rate", "1000", "--seconds", "1")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertGreaterEqual(float(figures(done.stdout)["latency_us_p50"]), 20_000)
        refused = bench("engine", "--flow", flow, "--stage", "risk", "--sync-delay", "5")
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("--stage durable", refused.stderr)

    def test_a_start_with_and_without_a_snapshot_is_measured(self):
        done = bench("journal", "--commands", "30000", "--live", "1000", "--data-dir", self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        measured = figures(done.stdout)
        self.assertGreater(int(measured["commands"]), 30000)
        self.assertGreater(int(measured["snapshot_bytes"]), 0)
        self.assertEqual(os.listdir(self.folder), [])

    def test_counting_without_valgrind_says_what_to_install(self):
        flow = os.path.join(self.folder, "moves.flow")
        self.assertEqual(bench("flow", "moves", flow, "--orders", "100").returncode, 0)
        done = bench("count", "--flow", flow, "--data-dir", self.folder, environment={"PATH": self.folder})
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("apt-get install valgrind", done.stderr)


if __name__ == "__main__":
    unittest.main()
