"""The crash campaign: real traffic, kill -9 at a random instant, restart, and the clients' word against it.

    SAUDA=<binary> python3 campaign.py

SAUDA_CRASH_ROUNDS (25), SAUDA_CRASH_SEED (random; threads and the kill's instant are not repeatable, the
choices are), SAUDA_CRASH_DIR (where the data directory is made; kept after a failure).

What kill -9 cannot show is loss of power: what the kernel has is not lost. That is the journal's own campaign,
on a simulated disk.
"""

import os
import random
import shutil
import sys
import tempfile
import threading
import time

from checks import Auditor
from exchange import CheckFailed, Exchange
from records import CANCEL_ALL, DEPOSIT, Request, User
from traffic import ASSETS, Operator, Streamer, Trader
from wire import HttpConnection

TRADERS = 5
VERIFY_EVERY = 5
ROUNDS_PER_TRADER = 20
FLAGS = ["--journal-segment-mib", "1", "--rate-requests-per-second-ip", "1000000", "--rate-request-burst-ip",
         "1000000", "--rate-orders-per-second-account", "1000000", "--rate-order-burst-account", "1000000",
         "--rate-logins-per-minute-ip", "100000"]


class Campaign:
    def __init__(self, binary, directory, rounds, seed):
        self._rng = random.Random(seed)
        self._rounds = rounds
        self._exchange = Exchange(binary, os.path.join(directory, "data"), os.path.join(directory, "log"))
        self._traders = []     # who trade now
        self._everybody = []   # and who did
        self._auditor = Auditor(random.Random(seed + 1))
        self.endings = {}

    def run(self):
        try:
            for number in range(1, self._rounds + 1):
                if number % ROUNDS_PER_TRADER == 1:
                    self._new_traders()
                ending = self._round(number)
                self.endings[ending] = self.endings.get(ending, 0) + 1
                self._report(number, ending)
                if number % VERIFY_EVERY == 0 or number == self._rounds:
                    self._verify()
            self._check_that_there_was_traffic()
        finally:
            self._exchange.end_for_good()

    def _check_that_there_was_traffic(self):
        checked = self._auditor.checked
        if checked["acknowledged"] < max(2 * checked["refused"], 10 * self._rounds) or checked["unanswered"] == 0:
            raise CheckFailed(f"too little was acknowledged to prove anything: {checked}")

    def refusals(self):
        return self._auditor.refusals

    # --- Parts of a round ---

    def _flags(self):
        """Limits vary from run to run."""
        flags = list(FLAGS) + ["--journal-durability", self._rng.choice(("fdatasync", "fdatasync", "os"))]
        if self._rng.random() < 0.2:
            flags += ["--engine-queue-frames", "16"]   # 503 now and then
        if self._rng.random() < 0.3:
            flags += ["--journal-snapshots-kept", str(self._rng.randint(1, 4))]
        flags += ["--views-checkpoint-commands", self._rng.choice(("200", "2000", "200000"))]
        return flags

    def _enter_traders(self):
        first = len(self._everybody)
        self._traders = [User(index) for index in range(first, first + TRADERS)]
        self._everybody += self._traders
        for user in self._traders:
            self._enter(user)

    def _new_traders(self):
        """Traders with funds, acknowledged, in place of those before, who cancel what they have; then a crash.
        An account may have 100,000 client order ids within ten minutes, and this is faster than that."""
        exchange = self._exchange
        if exchange.process is None or exchange.process.poll() is not None:
            exchange.start(self._flags())
        for user in self._traders:
            user.begin_round()
            self._send(user, Request(CANCEL_ALL, "DELETE", "/api/v1/orders", None), user.token)
        for user in self._everybody:
            user.begin_round()
        self._enter_traders()
        exchange.kill()
        exchange.start(self._flags())
        self._auditor.check_round(exchange, [])

    def _enter(self, user):
        credentials = {"email": user.email, "password": user.password}
        self._send(user, Request("register", "POST", "/register", credentials), None)
        login = Request("login", "POST", "/login", credentials)
        self._send(user, login, None)
        user.token = login.reply["token"]
        user.requests = []
        for asset, amount in ASSETS.items():
            body = {"email": user.email, "asset": asset, "amount": amount, "reference": f"{user.index}-{asset}"}
            self._send(user, Request(DEPOSIT, "POST", "/api/v1/admin/deposit", body), self._exchange.operator_token())
        self._auditor.add(user)

    def _send(self, user, request, token):
        connection = HttpConnection(self._exchange.host, self._exchange.http_port, token)
        user.requests.append(request)
        request.status, request.reply = connection.request(request.method, request.path, request.body)
        connection.close()
        if not request.is_success():
            raise CheckFailed(f"refused while nothing else went on: {request}")

    def _round(self, number):
        exchange, rng = self._exchange, self._rng
        if exchange.process.poll() is not None:
            self._interrupted_starts()
            exchange.start(self._flags())
        registrations = []
        threads, stop = self._begin_traffic(number, registrations)
        ending = rng.choices(("kill", "kill while it stops", "stop"), (80, 12, 8))[0]
        time.sleep(rng.uniform(0.05, 1.5))
        if ending == "kill while it stops":
            exchange.terminate()
            time.sleep(rng.choice((0.0, 0.001, 0.01, 0.05)) + rng.random() * 0.03)
        if ending == "stop":
            exchange.stop()
        else:
            exchange.kill()
        stop.set()
        for thread in threads:
            thread.join(timeout=60)
            if thread.is_alive() or thread.failure is not None:
                raise CheckFailed(f"a client ended badly: {thread} {thread.failure!r}")
        self._interrupted_starts()
        exchange.start(self._flags())
        self._auditor.check_round(exchange, registrations)
        return ending

    def _interrupted_starts(self):
        """Recovery is killed, too, and must be able to begin again."""
        while self._rng.random() < 0.3:
            self._exchange.spawn(self._flags())
            time.sleep(self._rng.uniform(0.0, 0.12))
            self._exchange.kill()
            self.endings["kill while it starts"] = self.endings.get("kill while it starts", 0) + 1

    def _begin_traffic(self, number, registrations):
        stop = threading.Event()
        for user in self._everybody:
            user.begin_round()
        streamers = [Streamer(self._exchange, user, number, self._rng.random(), stop) for user in self._traders]
        traders = [Trader(self._exchange, user, number, self._rng.random(), stop)
                   for user in self._traders for _ in range(2)]
        operator = Operator(self._exchange, self._traders, registrations, number, self._rng.random(), stop)
        for streamer in streamers:
            streamer.start()
        for streamer in streamers:
            if not streamer.attached.wait(20):
                raise CheckFailed(f"a stream of private events does not start: {streamer.failure!r}")
        for thread in [*traders, operator]:
            thread.start()
        return [*streamers, *traders, operator], stop

    def _verify(self):
        """Full replay agrees with the event log, with every snapshot and checkpoint, and with a restart from them."""
        exchange = self._exchange
        exchange.stop()
        first = exchange.verify()
        exchange.start(self._flags())
        exchange.stop()
        second = exchange.verify()
        for name in ("last_sequence", "state_hash"):
            if first[name] != second[name]:
                raise CheckFailed(f"a restart without traffic changes {name}:\n  {first}\n  {second}")
        print(f"  verified: {first['last_sequence']} commands, state {first['state_hash']}, "
              f"{second['snapshots_compared']} snapshots, {second['checkpoints_compared']} checkpoints", flush=True)
        if int(second["checkpoints_compared"]) == 0:
            raise CheckFailed("no checkpoint of the views was compared")

    def _report(self, number, ending):
        checked = " ".join(f"{name} {count}" for name, count in self._auditor.checked.items())
        line = f"round {number}/{self._rounds} ({ending}): {checked}"
        is_tty = sys.stdout.isatty()
        print(("\r\x1b[K" if is_tty else "") + line, end="" if is_tty and number < self._rounds else "\n", flush=True)


def main():
    binary = os.environ["SAUDA"]
    rounds = int(os.environ.get("SAUDA_CRASH_ROUNDS", "25"))
    seed = int(os.environ.get("SAUDA_CRASH_SEED", str(random.SystemRandom().randrange(1 << 32))))
    directory = tempfile.mkdtemp(prefix="sauda-crash-", dir=os.environ.get("SAUDA_CRASH_DIR"))
    print(f"seed {seed}, {rounds} rounds, in {directory}", flush=True)
    campaign = Campaign(binary, directory, rounds, seed)
    try:
        campaign.run()
    except CheckFailed as failure:
        print(f"\nFAILED with seed {seed}; the data directory is kept in {directory}\n{failure}")
        return 1
    shutil.rmtree(directory)
    print("refusals: " + ", ".join(f"{code} {count}" for code, count in sorted(campaign.refusals().items())))
    print("endings: " + ", ".join(f"{name} {count}" for name, count in campaign.endings.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
