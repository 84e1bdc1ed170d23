"""The campaign against `./run services`: traffic of several clients goes on while one thing is disturbed, nothing is put
right by hand, and the clients' own records tell whether what came of it is true.

    SAUDA=<binary> python3 services_campaign.py

Each of the programs is killed in turn, then come disturbances of all kinds. SAUDA_CRASH_ROUNDS (9), SAUDA_CRASH_SEED
(random; it repeats choices, not instants), SAUDA_CRASH_DIR (where the data directory is made; kept after a failure),
SAUDA_CHAOS=redis-kill,engine-stop (these in turn, and no others; see disturbances.py: with redis-failover among them Redis is
a master with a replica and three Sentinels).
"""

import os
import random
import shutil
import sys
import tempfile
import threading
import time

import disturbances
from account import MARKETS
from campaign import FLAGS, Campaign
from checks import REFUSALS, Auditor
from departing import DepartingTrader, DepartingUser
from exchange import CheckFailed
from lasting_traffic import BookFollower, LastingOperator, LastingStreamer, LastingTrader, Watch
from readiness_watch import ReadinessWatch
from sentinel_redis import SentinelRedis
from services_exchange import PATIENCE_S, ServicesExchange
from wire import HttpConnection, WebSocket

TRADERS_PER_USER = 2
PAUSE_S = 0.02    # of a trader between two requests, in the mean
SETTLE_S = 6.5    # an order whose outcome nobody knows is executed within its 5 s and the second of grace, or never
# And these: the proxy finds no server, or a server cannot look up what it needs to know. Nothing was done.
MORE_REFUSALS = ("unavailable", "behind", "storage_failed")
QUIET_S = 1.0     # so long every request is served before it counts as recovered


class ServicesCampaign(Campaign):
    def __init__(self, binary, directory, kinds, seed):
        super().__init__(binary, directory, len(kinds), seed)
        self._kinds = kinds
        has_sentinels = any(kind in disturbances.OF_SENTINELS for kind in kinds)
        self._redis = SentinelRedis(os.path.join(directory, "redis")) if has_sentinels else None
        self._auditor = Auditor(random.Random(seed + 1), (*REFUSALS, *MORE_REFUSALS))
        self._exchange = ServicesExchange(binary, os.path.join(directory, "data"), os.path.join(directory, "log"), self._redis)
        self._readiness = ReadinessWatch(self._exchange)
        self._read_behind = self._read = self._updates = self._reconnects = 0
        self._departing = None   # a user who goes away again and again

    def run(self):
        try:
            if self._redis is not None:
                self._redis.start()
            self._exchange.start(FLAGS)
            self._readiness.start()
            self._enter_traders()
            self._departing = DepartingUser(self._exchange)
            self._auditor.check_round(self._exchange, [])
            for number, kind in enumerate(self._kinds, 1):
                self._round_of(number, kind)
            self._check_that_there_was_traffic()
            self._verify()
            print(f"{self._read} orders read at once on a new connection ({self._read_behind} more not answered), "
                  f"{self._updates} updates of books proved, streams resumed {self._reconnects} times, orders gone with "
                  f"{self._departing.departures} connections, and {self._departing.lapses} times before them")
        finally:
            self._readiness.stop()
            self._exchange.end_for_good()
            if self._redis is not None:
                self._redis.close()

    # --- One round ---

    def _round_of(self, number, kind):
        registrations, watch = [], Watch()
        stop, end = threading.Event(), threading.Event()
        streamers, follower, others = self._begin(number, kind, registrations, watch, stop, end)
        try:
            time.sleep(self._rng.uniform(0.5, 1.5))
            began_at = time.monotonic()
            self._readiness.begin_round()
            (disturbances.ALL | disturbances.OF_SENTINELS)[kind](self._exchange, self._rng)
            over_at = time.monotonic()
            self._exchange.wait_until_ready_again()
            ready_s = time.monotonic() - over_at
            self._wait_until_served(watch, over_at)
            served_s = max(0.0, watch.last_failed_at - over_at)
            self._wait_while_unknown(watch)
            stop.set()
            self._join(others)
            self._wait_while_unknown(watch)   # of the last ones, if any
            self._compare_ends(streamers, follower)
        finally:
            stop.set()
            end.set()
        self._join([*streamers, follower])
        self._auditor.check_round(self._exchange, registrations)
        self._tell(number, kind, watch, began_at, served_s, ready_s)
        readers = [thread.reader for thread in others if isinstance(thread, LastingTrader)]
        self._read += sum(reader.seen for reader in readers)
        self._read_behind += sum(reader.not_answered for reader in readers)
        self._updates += follower.updates
        self._reconnects += watch.reconnects

    def _begin(self, number, kind, registrations, watch, stop, end):
        for user in self._everybody:
            user.begin_round()
        streamers = [LastingStreamer(self._exchange, user, number, self._rng.random(), stop, end, watch)
                     for user in self._traders]
        traders = [LastingTrader(self._exchange, user, number, self._rng.random(), stop, watch, PAUSE_S)
                   for user in self._traders for _ in range(TRADERS_PER_USER)]
        operator = LastingOperator(self._exchange, self._traders, registrations, number, self._rng.random(), stop)
        departing = DepartingTrader(self._exchange, self._departing, kind, self._rng.random(), stop)
        follower = BookFollower(self._exchange, end)
        for listener in (*streamers, follower):
            listener.start()
        for streamer in streamers:
            if not streamer.attached.wait(PATIENCE_S):
                raise CheckFailed(f"a stream of private events does not start: {streamer.failure!r}")
        for thread in (*traders, operator, departing):
            thread.start()
        return streamers, follower, [*traders, operator, departing]

    def _wait_until_served(self, watch, over_at):
        """Everybody is served again, and nobody meets a failure any more."""
        end = time.monotonic() + PATIENCE_S
        while True:
            # A request that waits for its answer was sent before: failures are counted by the time of sending.
            quiet_since = max(over_at, watch.last_failed_at)
            served = all(watch.served_at.get(user.index, 0) > quiet_since for user in self._traders)
            if served and time.monotonic() - quiet_since > QUIET_S:
                return
            if time.monotonic() > end:
                raise CheckFailed(f"orders are not taken again after {PATIENCE_S} s: {dict(watch.counts)}; "
                                  f"not ready: {self._exchange.unready()}")
            time.sleep(0.05)

    @staticmethod
    def _wait_while_unknown(watch):
        """Outcomes that nobody knows are settled by time. (Traffic may go on.) New ones must not come for ever."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() - watch.last_unknown_at < SETTLE_S:
            if time.monotonic() > end:
                raise CheckFailed(f"outcomes are unknown again and again: {dict(watch.counts)}")
            time.sleep(0.05)

    @staticmethod
    def _join(threads):
        for thread in threads:
            thread.join(timeout=60)
            if thread.is_alive() or thread.failure is not None:
                raise CheckFailed(f"a client ended badly: {thread} {thread.failure!r}") from thread.failure

    # --- What listeners have at the end ---

    def _compare_ends(self, streamers, follower):
        """Each stream goes up to its account's head, and each book that was rebuilt is the exchange's."""
        for user, streamer in zip(self._traders, streamers):
            head = self._head(user)
            self._wait_for(streamer, lambda: streamer.last >= head,
                           lambda: f"the stream of {user.email} stands at {streamer.last}, not {head}")
        anyone = HttpConnection(self._exchange.host, self._exchange.http_port)
        for market in MARKETS:
            status, depth = anyone.request("GET", f"/api/v1/depth?market={market}&limit=1000")
            if status != 200:
                raise CheckFailed(f"depth cannot be read: {status} {depth}")
            self._wait_for(follower, lambda: follower.sequence(market) >= depth["sequence"],
                           lambda: f"the book of {market} stands at {follower.sequence(market)}, not {depth['sequence']}")
            if follower.levels(market) != [depth["bids"], depth["asks"]]:
                raise CheckFailed(f"the book that was rebuilt is another:\n  {follower.levels(market)}\n  {depth}")
        anyone.close()

    def _head(self, user):
        socket = WebSocket(self._exchange.host, self._exchange.ws_port)
        socket.send({"Authenticate": user.token})
        answer = socket.receive()
        socket.close()
        if answer.get("action") != "authenticated":
            raise CheckFailed(f"{user.email} cannot authenticate: {answer}")
        return answer["account_sequence"]

    @staticmethod
    def _wait_for(thread, condition, told):
        end = time.monotonic() + PATIENCE_S
        while not condition():
            if thread.failure is not None:
                raise CheckFailed(f"a listener ended badly: {thread.failure!r}") from thread.failure
            if time.monotonic() > end:
                raise CheckFailed(told())
            time.sleep(0.02)

    # --- Before and after all rounds ---

    def _check_that_there_was_traffic(self):
        checked = self._auditor.checked
        if checked["acknowledged"] < 100 * len(self._kinds) or self._read < 10 * len(self._kinds) or self._updates == 0:
            raise CheckFailed(f"too little was acknowledged or read to prove anything: {checked}, {self._read} read")

    def _tell(self, number, kind, watch, began_at, served_s, ready_s):
        answers = ", ".join(f"{what}: {count}" for what, count in sorted(watch.counts.items())) or "nothing"
        noticed_s = self._readiness.noticed_s(began_at)
        refused = "" if noticed_s is None else f"noticed by all API servers within {noticed_s:.2f} s, "
        print(f"round {number}/{len(self._kinds)} {kind}: {refused}served again after {served_s:.2f} s, all ready after {ready_s:.2f} s; "
              f"failed meanwhile: {answers}", flush=True)

    def _verify(self):
        exchange = self._exchange
        self._readiness.stop()
        exchange.stop()
        first = exchange.verify()
        exchange.start(FLAGS)
        exchange.stop()
        second = exchange.verify()
        if first["last_sequence"] != second["last_sequence"] or first["state_hash"] != second["state_hash"]:
            raise CheckFailed(f"a restart without traffic changes the state:\n  {first}\n  {second}")
        print(f"verified: {first['last_sequence']} commands, state {first['state_hash']}", flush=True)


def chosen(rng):
    """The disturbances of all rounds."""
    named = [name for name in os.environ.get("SAUDA_CHAOS", "").split(",") if name]
    there = [*disturbances.ALL, *disturbances.OF_SENTINELS]
    unknown = set(named) - set(there)
    if unknown:
        sys.exit(f"SAUDA_CHAOS names {', '.join(sorted(unknown))}; there are {', '.join(there)}")
    own_redis = [name for name in named if name.startswith("redis-") and name in disturbances.ALL]
    if own_redis and any(name in disturbances.OF_SENTINELS for name in named):
        sys.exit(f"{', '.join(own_redis)}: not where Redis has Sentinels")
    if named:
        return named * max(1, int(os.environ.get("SAUDA_CRASH_ROUNDS", "0")) // len(named))
    count = int(os.environ.get("SAUDA_CRASH_ROUNDS", "9"))
    kinds = [f"{kind}-kill" for kind in rng.sample(disturbances.KILLED, len(disturbances.KILLED))]
    while len(kinds) < count:
        kinds += rng.sample(list(disturbances.ALL), len(disturbances.ALL))
    return kinds[:count]


def main():
    binary = os.environ["SAUDA"]
    seed = int(os.environ.get("SAUDA_CRASH_SEED", str(random.SystemRandom().randrange(1 << 32))))
    kinds = chosen(random.Random(seed))
    directory = tempfile.mkdtemp(prefix="sauda-chaos-", dir=os.environ.get("SAUDA_CRASH_DIR"))
    print(f"seed {seed}, {len(kinds)} rounds, in {directory}", flush=True)
    campaign = ServicesCampaign(binary, directory, kinds, seed)
    try:
        campaign.run()
    except CheckFailed as failure:
        print(f"\nFAILED with seed {seed}; the data directory is kept in {directory}\n{failure}")
        return 1
    shutil.rmtree(directory)
    print("refusals: " + ", ".join(f"{code} {count}" for code, count in sorted(campaign.refusals().items())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
