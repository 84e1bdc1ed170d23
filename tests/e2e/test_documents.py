"""What the documents tell the reader to type works as it stands there: docs/operating.md and the README."""
import json
import os
import re
import shlex
import signal
import subprocess
import tempfile
import unittest

from harness import BINARY, PATIENCE_S, ROOT, Exchange, catch_up, receive, run
from postgres_server import PostgresServer

# The words that stand for the reader's own.
WORDS = {"EMAIL": "alice@example.com", "ASSET": "INR", "AMOUNT": "12.34", "SEQUENCE": "1", "SEQ": "10", "ORDER_ID": "1"}
# Of `sauda admin`: what answers with a table.
READINGS = ("accounts", "balances", "markets", "health")


def read(name):
    with open(os.path.join(ROOT, name), encoding="utf-8") as file:
        return file.read()


def commands(document):
    """Every `sauda ...` in a block or in backquotes, as its words; a comment's "also:" gives more."""
    prose = re.sub(r"^(    |```).*$", "", document, flags=re.MULTILINE)
    lines = re.findall(r"^    ((?:build/release/)?sauda .*)$", document, re.MULTILINE)
    lines += re.findall(r"`((?:build/release/)?sauda [^`]*)`", prose)
    for line in lines:
        text, _, comment = line.partition("#")
        required = re.sub(r"\[[^]]*\]", "", text)
        for variant in dict.fromkeys((required, text.replace("[", "").replace("]", ""))):
            yield shlex.split(variant)[1:]
        if "also:" in comment:
            words = shlex.split(required)[1:]
            verb = next(i for i, word in enumerate(words) if words[0] == "admin" and i > 2)
            for other in comment.split("also:")[1].split(","):
                yield words[:verb] + [other.strip()] + words[verb + 1:]


class Operating(unittest.TestCase):
    """docs/operating.md, from its top to its bottom."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="sauda-test-")
        self.data_dir = os.path.join(self.folder.name, "data")
        self.commands = list(commands(read("docs/operating.md")))
        self.address = None

    def tearDown(self):
        self.folder.cleanup()

    def typed(self, words):
        places = {"D": self.data_dir, "DIR": os.path.join(self.folder.name, "backup"), "NEW": os.path.join(self.folder.name, "new"), "/srv/sauda": self.data_dir, "sauda.toml": os.path.join(self.folder.name, "sauda.toml")}
        places["R"] = f"reference-of-{words[3:4]}"
        return [self.database() if word == "URI" or word.startswith("postgresql://") else WORDS.get(word, places.get(word, word))
                for word in words]

    def database(self):
        """The address of the reader's PostgreSQL database."""
        if self.address is None:
            server = PostgresServer().start()
            self.addCleanup(server.close)
            self.address = server.new_database()[1]
        return self.address

    def of(self, name):
        return [self.typed(words) for words in self.commands if words[0] == name]

    def do(self, words):
        clean = {name: value for name, value in os.environ.items() if not name.startswith("SAUDA_")}
        done = subprocess.run([BINARY, *words], capture_output=True, text=True, timeout=PATIENCE_S, env=clean, check=False)
        self.assertEqual(done.returncode, 0, (words, done.stdout, done.stderr))
        return done.stdout

    def test_there_is_nothing_else_to_type(self):
        self.assertEqual({words[0] for words in self.commands}, {"run", "admin", "journal", "backup", "restore", "version"})
        self.assertGreater(len(self.commands), 15)

    def test_the_ways_to_start_it(self):
        for words in self.of("run"):
            if "--print-config" in words:
                with open(os.path.join(self.folder.name, "sauda.toml"), "w", encoding="utf-8") as file:
                    file.write(self.do(words))
        for words in self.of("run"):
            if "--print-config" not in words:
                # Ports and folder come from the environment, so that nothing of this machine is in the way.
                with Exchange(*words[1:], data_dir=self.data_dir) as exchange:
                    for number in (signal.SIGTERM, signal.SIGINT):
                        self.assertEqual(exchange.stop(number), 0, words)
                        exchange.start()
                    self.assertEqual(exchange.stop(), 0)

    def test_operators_commands_and_journal(self):
        with Exchange("--no-demo", data_dir=self.data_dir) as exchange:
            with exchange.user(WORDS["EMAIL"], INR="1000") as alice:
                alice.place("Buy", "90.00", 1)
            for words in self.of("admin"):
                if words[3] in READINGS:
                    self.assertTrue(self.do(words), words)
                else:
                    self.assertEqual(json.loads(self.do(words))["status"], "Success", words)
            with exchange.client() as client:
                states = {market["market"]: market["state"] for market in client.ok("GET", "/api/v1/markets")["markets"]}
            self.assertEqual((set(states.values()), "ABC_INR" in states), ({"trading"}, True), "it ends as it began, with one market more")
            journal = [words for words in self.of("journal") if "--store" not in words]
            for words in journal:
                if words[1] != "verify":
                    self.assertTrue(self.do(words), words)
            self.assertEqual(exchange.stop(), 0)
            for words in journal:
                self.assertTrue(self.do(words), words)
            dump = self.do(["journal", "dump", self.data_dir])
            for name in ("Deposit", "Withdraw", "ListAsset", "ListMarket", "SetMarketState", "SetFees", "SetAccountState"):
                self.assertIn(f" {name} ", dump)

    def test_what_looks_into_postgresql(self):
        with Exchange("--no-demo", data_dir=self.data_dir, environment={"SAUDA_STORE": self.database()}) as exchange:
            exchange.user(WORDS["EMAIL"], INR="1000").close()
            catch_up(exchange)
            self.assertEqual(exchange.stop(), 0)
        words = [words for words in self.of("journal") if "--store" in words]
        self.assertTrue(words)
        for each in words:
            self.assertIn("verified: yes", self.do(each))

    def test_backup_and_restore(self):
        with Exchange("--no-demo", data_dir=self.data_dir) as exchange:
            with exchange.user(WORDS["EMAIL"], INR="1000") as alice:
                order = alice.place("Buy", "90.00", 1)["order_id"]
                for name in ("version", "backup", "restore"):
                    for words in self.of(name):
                        self.assertTrue(self.do(words), words)
                self.assertEqual(exchange.stop(), 0)
                with Exchange("--no-demo", data_dir=self.typed(["NEW"])[0]) as restored:
                    alice.moved_to(restored)
                    self.assertEqual(alice.ok("GET", f"/order/{order}")["order_status"], "New")

    def test_every_verb_of_the_command_line_is_documented(self):
        for name in ("admin", "journal"):
            listed = self.do([name, "--help"]).split("Subcommands:")[-1]
            # The one that the exchange calls itself is not for people.
            verbs = set(re.findall(r"^  ([a-z][a-z-]*)", listed, re.MULTILINE)) - {"roll-snapshot"}
            documented = {word for words in self.commands if words[0] == name for word in words}
            self.assertEqual(verbs - documented, set())

    def test_every_file_of_a_data_directory_is_documented(self):
        table = re.findall(r"^\| `([^`]+)`", read("docs/operating.md"), re.MULTILINE)
        with Exchange("--no-demo", data_dir=self.data_dir) as exchange:
            there = {name + ("/" if os.path.isdir(os.path.join(self.data_dir, name)) else "") for name in os.listdir(self.data_dir)}
            exchange.stop()
        helpers = {name for name in there if re.match(r"(identity|history)\.sqlite-", name)}  # SQLite's own, beside its file
        self.assertEqual(there - helpers - set(table), set())

    def test_every_metric_that_is_worth_an_alert_is_there(self):
        named = set(re.findall(r"`(sauda_[a-z_]+)", read("docs/operating.md")))
        self.assertGreater(len(named), 3)
        with Exchange("--no-demo") as exchange:
            there = {re.sub("(_bucket|_sum|_count)$", "", sample.split("{")[0]) for sample in exchange.metrics()}
        self.assertEqual(named - there, set())


class Readme(unittest.TestCase):
    """The first trade, as it stands there but for the ports."""

    def test_the_first_trade(self):
        readme = read("README.md")
        block = re.search(r"```sh\n(.*?)```", readme, re.DOTALL)[1]
        promised = re.search(r'^    (\{"status":"Success","order_id".*?\})\],\.\.\.\}', readme, re.DOTALL | re.MULTILINE)[1]
        message = re.search(r"^    > (.*)$", readme, re.MULTILINE)[1]
        with Exchange() as exchange:
            script = block.replace("127.0.0.1:3000", f"127.0.0.1:{exchange.http_port}")
            self.assertNotEqual(script, block)
            heard = run(self.listen(exchange, message, script))
            for part in re.findall(r'"[a-z_]+":(?:"[^"]*"|\d+)', promised):
                self.assertIn(part, heard["answer"])
            self.assertEqual([m.get("event_type") for m in heard["messages"]][-1], "Trade")

    async def listen(self, exchange, message, script):
        async with exchange.socket() as socket:
            await socket.send(message)
            messages = [await receive(socket), await receive(socket)]
            done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=PATIENCE_S, check=True)
            messages += [await receive(socket), await receive(socket)]
            return {"answer": done.stdout, "messages": messages}

    def test_the_command_line_that_it_listens_with(self):
        line = re.search(r"^    (/usr/bin/python3 -m websockets ws://127\.0\.0\.1:8080)$", read("README.md"), re.MULTILINE)[1]
        with Exchange() as exchange:
            words = line.replace("8080", str(exchange.ws_port)).split()
            done = subprocess.run(words, input="", capture_output=True, text=True, timeout=PATIENCE_S, check=False)
            self.assertIn("Connected to", done.stdout + done.stderr)

    def test_how_users_are_funded(self):
        funding = [words for words in commands(read("README.md")) if words[0] == "admin"]
        self.assertEqual(len(funding), 1)
        with Exchange("--no-demo") as exchange:
            with exchange.user(WORDS["EMAIL"]) as alice:
                words = [WORDS.get(word, exchange.data_dir if word == "data" else word) for word in funding[0]]
                subprocess.run([BINARY, *words], check=True, capture_output=True, timeout=PATIENCE_S)
                self.assertEqual(alice.balance("INR"), ("12.3400", "0.0000"))


if __name__ == "__main__":
    unittest.main()
