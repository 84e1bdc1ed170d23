"""examples/ do what they say, against a running exchange, and notice when what they are told is wrong."""
import json
import os
import subprocess
import unittest

from harness import PATIENCE_S, ROOT, ExchangeTest

EXAMPLES = os.path.join(ROOT, "examples")
PYTHON = "/usr/bin/python3"

# A snapshot and an update as the exchange sends them: checksums of "100.50:10:100.55:5" and "100.50:7:100.55:5".
SNAPSHOT = {"channel": "orderbook", "market": "TATA_INR", "sequence": 7, "bids": [["100.50", "10"]], "asks": [["100.55", "5"]],
            "checksum": 3073000955}
UPDATE = {"channel": "orderbook", "market": "TATA_INR", "first_sequence": 8, "last_sequence": 9, "bids": [["100.50", "7"]], "asks": [],
          "checksum": 3031541109}

TAKE_IN = {
    "python": [PYTHON, "-c", "import json, sys; from order_book import OrderBook; book = OrderBook()\n"
                             "for message in json.load(sys.stdin): book.take(message)\nprint(book.sequence)"],
    "javascript": ["node", "-e", "const { OrderBook } = require('./order_book.js'); const book = new OrderBook();"
                                 "for (const message of JSON.parse(require('fs').readFileSync(0))) book.take(message);"
                                 "console.log(book.sequence)"],
}


class Examples(ExchangeTest):
    def run_example(self, *words):
        environment = {**os.environ, "SAUDA_URL": f"http://127.0.0.1:{self.exchange.http_port}",
                       "SAUDA_WS_URL": f"ws://127.0.0.1:{self.exchange.ws_port}", "NODE_PATH": "/usr/share/nodejs",
                       "SAUDA_OPERATOR_TOKEN_FILE": os.path.join(self.exchange.data_dir, "operator.token")}
        with self.exchange.client() as client:
            before = client.ok("GET", "/api/v1/ticker?market=TATA_INR")["trades"]
            done = subprocess.run(words, capture_output=True, text=True, timeout=4 * PATIENCE_S, env=environment, cwd=EXAMPLES, check=False)
            self.assertEqual((done.returncode, done.stdout.splitlines()[-1:]), (0, ["done"]), done.stdout + done.stderr)
            self.assertGreater(client.ok("GET", "/api/v1/ticker?market=TATA_INR")["trades"], before, "it traded")
            depth = client.ok("GET", "/api/v1/depth?market=TATA_INR")
            self.assertEqual((depth["bids"], depth["asks"]), ([], []), "it canceled what was left")
        return done.stdout

    def test_curl(self):
        for _ in range(2):
            out = self.run_example("curl/trade.sh")
        self.assertIn('"order_status":"Canceled"', out)
        self.assertIn('"filled":"4"', out)

    def test_python(self):
        for _ in range(2):
            out = self.run_example(PYTHON, "python/trade.py")
        self.assertIn("bob's order is PartiallyFilled at 101.00 on average", out)
        self.assertIn("each proven by its checksum", out)

    def test_javascript(self):
        for _ in range(2):
            out = self.run_example("node", "javascript/trade.js")
        self.assertIn("bob's order is PartiallyFilled at 101.00 on average", out)
        self.assertIn("each proven by its checksum", out)

    def take(self, language, *messages):
        return subprocess.run(TAKE_IN[language], input=json.dumps(messages), capture_output=True, text=True, timeout=PATIENCE_S,
                              cwd=os.path.join(EXAMPLES, language), check=False)

    def test_a_gap_and_a_wrong_book_are_noticed(self):
        for language in TAKE_IN:
            good = self.take(language, SNAPSHOT, UPDATE)
            self.assertEqual((good.returncode, good.stdout.strip()), (0, "9"), good.stderr)
            gap = self.take(language, SNAPSHOT, {**UPDATE, "first_sequence": 9})
            self.assertNotEqual(gap.returncode, 0)
            self.assertIn("does not follow", gap.stderr)
            for bad in ({**SNAPSHOT, "asks": []}, {**SNAPSHOT, "bids": [["100.50", "11"]]}, {**SNAPSHOT, "checksum": 1}):
                wrong = self.take(language, bad)
                self.assertNotEqual(wrong.returncode, 0)
                self.assertIn("checksum", wrong.stderr)


if __name__ == "__main__":
    unittest.main()
