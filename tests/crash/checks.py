"""What must hold after a crash, checked from the clients' own records and nothing else."""

import time
from decimal import Decimal

from account import MARKETS, Account, expect
from exchange import CheckFailed
from records import AMEND, BATCH, CANCEL, CANCEL_ALL, DEPOSIT, OUTCOME_UNKNOWN, PLACE, REPLACE, WITHDRAW, Request
from wire import HttpConnection, WebSocket

WINDOW = 1000   # private events that the exchange remembers for Resume
# What this traffic gives cause for; anything else that is refused is a finding.
REFUSALS = ("insufficient_funds", "invalid_combination", "post_only_would_take", "quantity_too_large", "unknown_order",
            "overloaded", "cancel_only", "engine_down", "expired_before_sequencing")
REMEMBERED_CLOSED = 300   # of an account's newest closed orders, surely remembered by the views: amending needs those
PATIENCE_S = 40   # after a crash history catches up, and a deadline or two pass


def is_fresh(reply):
    return not reply.get("duplicate", False)


def without_duplicate(reply):
    return {name: value for name, value in reply.items() if name != "duplicate"}


def read(connection, path):
    """Status and reply once history is there: it lags, and says so rather than tell what is stale. And once nothing is on
    its way any more that could answer otherwise."""
    end = time.monotonic() + PATIENCE_S
    while True:
        status, reply = connection.request("GET", path)
        if status != 202 and reply.get("code") != "history_behind" or time.monotonic() > end:
            return status, reply
        if status == 202:
            time.sleep(0.05)


class Auditor:
    """Keeps one Account per user over the whole campaign."""

    def __init__(self, rng, refusals=REFUSALS):
        """`refusals`: codes that this traffic gives cause for."""
        self._expected_refusals = refusals
        self._users = []
        self._rng = rng
        self._accounts = {}
        self._accepted_by = {}      # order id → email: of all users
        self._order_max = 0         # of the rounds before
        self._sequences = set()     # acknowledged, each the place of one command
        self._sequence_max = 0      # of the rounds before
        self._trades = {}           # (market, trade id) → {liquidity: event}
        self._trade_max = {}        # market → newest trade of the rounds before
        self._amended = {}          # order id → keys of amendments that succeeded
        self.refusals = {}          # code → how often
        self.checked = {"acknowledged": 0, "refused": 0, "unanswered": 0, "repeated": 0, "events": 0, "orders_read": 0,
                        "told_unknown": 0}

    def add(self, user):
        """From now on this user is checked, too."""
        self._users.append(user)
        self._accounts[user.email] = Account(user)

    # --- One round ---

    def check_round(self, exchange, registrations):
        """Everything about the round that the crash ended. The exchange runs, and nobody else uses it."""
        connections = {user.email: HttpConnection(exchange.host, exchange.http_port, user.token)
                       for user in self._users}
        self._fold_all(exchange)
        for user in self._users:
            self._check_requests(user, user.requests)
        for user in self._users:
            self._resolve(user, connections[user.email], exchange)
        for user in self._users:
            self._repeat_some(user, connections[user.email], exchange)
        self._fold_all(exchange)
        for user in self._users:
            self._check_requests(user, user.resolved)
            self._check_exactly_once(user)
        self._check_trades()
        for user in self._users:
            self._check_reads(user, connections[user.email])
        self._check_depth(connections[self._users[0].email])
        self._check_conservation()
        self._check_registrations(exchange, registrations)
        self._close_round()
        for connection in connections.values():
            connection.close()

    def _close_round(self):
        self._order_max = max(self._accepted_by, default=0)
        self._sequence_max = max(self._sequences, default=0)
        for market, trade in self._trades:
            self._trade_max[market] = max(self._trade_max.get(market, 0), trade)

    # --- Private events ---

    def _fold_all(self, exchange):
        for user in self._users:
            account = self._accounts[user.email]
            for event in self._events_since(exchange, user, account.sequence):
                account.fold(event)
                self.checked["events"] += 1
                self._note(user, event)

    def _events_since(self, exchange, user, after):
        """All private events above `after`, by Resume. What was streamed before the crash must be the same."""
        socket = WebSocket(exchange.host, exchange.ws_port)
        socket.send({"Authenticate": user.token})
        head = socket.receive()
        expect(head.get("action") == "authenticated", "the session of before the crash is gone", head)
        head = head["account_sequence"]
        expect(head >= max(user.live, default=0), f"streamed events are gone: the account is at {head}",
               user.live.get(max(user.live, default=0)))
        begin = max(after, head - WINDOW)
        socket.send({"Resume": {"account_sequence": begin}})
        answer = socket.receive()
        expect(answer.get("action") == "resumed" and answer["replayed"] == head - begin, "Resume fails", answer)
        replayed = [socket.receive() for _ in range(head - begin)]
        socket.close()
        for event in replayed:
            streamed = user.live.get(event["account_sequence"], event)
            expect(streamed == event, "an event was streamed otherwise before the crash", streamed, event)
        unknown = [sequence for sequence in range(after + 1, begin + 1) if sequence not in user.live]
        expect(not unknown, f"the stream to {user.email} lags more than Resume remembers: lower the traffic",
               f"known through {after}, streamed {len(user.live)} through {max(user.live, default=0)}, head {head}")
        return [user.live[sequence] for sequence in range(after + 1, begin + 1)] + replayed

    def _note(self, user, event):
        if event["event_type"] == "OrderAccepted":
            order = event["order_id"]
            expect(order not in self._accepted_by, "an order id was given to two orders", event)
            expect(order > self._order_max, f"an order id of an earlier round comes again (newest {self._order_max})",
                   event)
            self._accepted_by[order] = user.email
        elif "trade_id" in event:
            market, trade = event["market"], event["trade_id"]
            expect(trade > self._trade_max.get(market, 0), "a trade id of an earlier round comes again", event)
            sides = self._trades.setdefault((market, trade), {})
            expect(event["liquidity"] not in sides, "a trade has two takers or two makers", event, sides)
            sides[event["liquidity"]] = event

    def _check_trades(self):
        """Both sides of every new trade were told, and told the same; no trade id is left out."""
        newest = {}
        for (market, trade), sides in self._trades.items():
            newest[market] = max(newest.get(market, 0), trade)
            if trade <= self._trade_max.get(market, 0):
                continue
            expect(len(sides) == 2, "a trade has one side only", market, sides)
            maker, taker = sides["maker"], sides["taker"]
            same = all(maker[name] == taker[name] for name in ("price", "quantity", "time"))
            expect(same and maker["side"] != taker["side"] and maker["order_id"] == taker["matched_with"]
                   and taker["order_id"] == maker["matched_with"], "the sides of a trade disagree", maker, taker)
        for market, trade in newest.items():
            count = sum(1 for name, _ in self._trades if name == market)
            expect(count == trade, f"{market} has {count} trades, numbered up to {trade}")

    # --- Acknowledged requests ---

    def _check_requests(self, user, requests):
        account = self._accounts[user.email]
        for request in requests:
            if not request.is_answered():
                continue
            parts = request.reply.get("results", [])   # of a batch: each has an outcome of its own
            for status, reply in [(part["http_status"], part) for part in parts] or [(request.status, request.reply)]:
                self._count(status, reply)
            try:
                self._check_answer(account, request)
            except CheckFailed as failure:
                raise CheckFailed(f"{failure}\n  {user.email}: {request}") from None

    def _count(self, status, reply):
        if status < 300 or status in OUTCOME_UNKNOWN:
            self.checked["acknowledged"] += status < 300
            return
        code = reply["code"]
        expect(code in self._expected_refusals, "refused for a reason that this traffic does not give", reply)
        self.checked["refused"] += 1
        self.refusals[code] = self.refusals.get(code, 0) + 1

    def _check_answer(self, account, request):
        if request.kind == BATCH and request.is_success():
            for index, (body, reply) in enumerate(zip(request.body["orders"], request.reply["results"])):
                key = body.get("client_order_id", f"{request.key()}:{index}")
                self._check_place(account, key, reply["http_status"], reply, None)
        elif request.kind in (PLACE, REPLACE):
            self._check_place(account, request.key(), request.status, request.reply, request)
        elif request.kind == AMEND and request.is_success():
            self._check_amend(account, request)
        elif request.kind in (CANCEL, CANCEL_ALL) and request.is_success():
            self._check_cancel(account, request.reply)
        elif request.kind in (DEPOSIT, WITHDRAW):
            self._check_transfer(account, request)

    def _note_sequence(self, reply):
        sequence = reply["sequence"]
        expect(sequence > self._sequence_max, f"sequence {sequence} comes again (newest {self._sequence_max})", reply)
        expect(sequence not in self._sequences, "two acknowledged commands have one sequence", reply)
        self._sequences.add(sequence)

    def _check_place(self, account, key, status, reply, request):
        if status in OUTCOME_UNKNOWN:
            return
        if request is not None and request.replays is not None and status in (429, 503):
            return   # not even looked at
        if status >= 300:
            expect(key not in account.by_client_id, "a refused order exists", account.by_client_id.get(key))
            return
        if request is not None and request.replays is not None:
            expect(not is_fresh(reply) and without_duplicate(reply) == without_duplicate(request.replays.reply),
                   "a repeated request is answered otherwise", request.replays.reply)
        if is_fresh(reply):
            self._note_sequence(reply)
        order = account.by_client_id.get(key)
        expect(order is not None, "an acknowledged order is gone", reply)
        expect(order.id == reply["order_id"] and reply["client_order_id"] == key, "the order is another", order)
        fills = order.taker_fills()[:len(reply["fills"])]
        expect(reply["fills"] == [{name: fill[name] for name in
                                   ("trade_id", "price", "quantity", "fee", "fee_asset", "liquidity")}
                                  for fill in fills], "acknowledged fills are not those of the account", order)
        filled = sum((Decimal(fill["quantity"]) for fill in fills), Decimal(0))
        expect(Decimal(reply["filled"]) == filled <= order.filled, "fills were taken back", order)
        if reply["order_status"] in ("Filled", "Canceled", "Expired"):
            expect(order.status == reply["order_status"] and order.filled == filled, "a final order changed", order)
        if request is not None and request.kind == REPLACE:
            replaced = account.orders[request.order]
            expect(reply["replaced_order_id"] == replaced.id and replaced.reason == "replaced",
                   "an acknowledged replacement left the old order", replaced)

    def _check_cancel(self, account, reply):
        self._note_sequence(reply)
        orders = reply["order_ids"] if "order_ids" in reply else [reply["order_id"]]
        for order in (account.orders[number] for number in orders):
            expect(order.status == "Canceled" and order.reason.startswith("canceled"),
                   "an acknowledged cancel is undone", order)
            if "filled" in reply:
                expect(Decimal(reply["filled"]) == order.filled, "a canceled order filled on", order)

    def _check_amend(self, account, request):
        order, reply = account.orders[request.order], request.reply
        if is_fresh(reply):
            self._note_sequence(reply)
        self._amended.setdefault(order.id, set()).add(request.key())
        if reply["order_status"] == "Canceled":
            expect(order.reason == "reduced_to_nothing", "an order was reduced to nothing and is not", order)
            return
        matching = [event for event in order.amendments if event["quantity"] == reply["quantity"]]
        expect(bool(matching), "an acknowledged amendment is gone", order)

    def _check_transfer(self, account, request):
        event = account.transfers.get(request.key())
        if not request.is_success():
            expect(event is None, "a refused transfer moved money", event)
            return
        if is_fresh(request.reply):
            self._note_sequence(request.reply)
        expect(event is not None, "an acknowledged transfer is gone", request.reply)
        kind = "Deposit" if request.kind == DEPOSIT else "Withdrawal"
        expect(event["event_type"] == kind and event["asset"] == request.body["asset"]
               and Decimal(event["amount"]) == Decimal(request.body["amount"]), "the transfer is another", event)

    # --- Requests without an answer ---

    def _resolve(self, user, connection, exchange):
        """Repeats what was not answered. It counts once: before the crash or now."""
        user.resolved = []
        operator = HttpConnection(exchange.host, exchange.http_port, exchange.operator_token())
        for request in [r for r in user.requests if not r.is_answered()]:
            if request.kind == CANCEL_ALL:
                continue   # names nothing that could tell whether it was done
            self.checked["unanswered"] += 1
            again = Request(request.kind, request.method, request.path, request.body, order=request.order)
            if request.kind == PLACE:
                self._ask_by_client_id(user, connection, request)
            sender = operator if request.kind in (DEPOSIT, WITHDRAW) else connection
            again.status, again.reply = sender.request(again.method, again.path, again.body)
            expect(again.status not in (503, 504, 429), "a lone request is not taken", again)
            self._check_resolved(self._accounts[user.email], again)
            user.resolved.append(again)
        operator.close()

    def _ask_by_client_id(self, user, connection, request):
        status, reply = read(connection, f"/order?client_order_id={request.key()}")
        exists = request.key() in self._accounts[user.email].by_client_id
        expect(status == (200 if exists else 404), "asking by client order id answers otherwise", request, reply)
        expect(not (exists and request.was_told_unknown), "an order came of it after it was said to be unknown", request)
        self.checked["told_unknown"] += request.was_told_unknown

    def _check_resolved(self, account, again):
        """Duplicate if and only if the events told of it before."""
        if again.kind == BATCH and again.is_success():
            outcomes = [(f"{again.key()}:{i}", reply["http_status"], reply) for i, reply in
                        enumerate(again.reply["results"])]
        else:
            outcomes = [(again.key(), again.status, again.reply)]
        for key, status, reply in outcomes:
            if again.kind in (DEPOSIT, WITHDRAW):
                was_applied = key in account.transfers
            elif again.kind in (PLACE, REPLACE, BATCH):
                was_applied = key in account.by_client_id
            else:
                return   # amendments are counted, cancels repeat themselves
            expect(was_applied == (status < 300 and not is_fresh(reply)),
                   "a request without an answer was applied and is not known, or the other way round", again)

    def _check_exactly_once(self, user):
        account = self._accounts[user.email]
        sent = set()
        for request in user.requests:
            if request.kind == BATCH:
                sent.update(f"{request.key()}:{index}" for index in range(len(request.body["orders"])))
            elif request.kind in (PLACE, REPLACE):
                sent.add(request.key())
        for order in account.orders.values():
            if order.id > self._order_max:
                expect(order.client_order_id in sent, "an order that nobody sent", order)
            # An amendment of everything that is open ends the order instead.
            done = len(order.amendments) + (order.reason == "reduced_to_nothing")
            asked = len(self._amended.get(order.id, ()))
            expect(done == asked, f"{asked} amendments succeeded, {done} were applied", order)

    # --- Repetitions of acknowledged requests ---

    def _repeat_some(self, user, connection, exchange):
        """A client that asks again after the crash gets its first report."""
        good = [r for r in user.requests if r.is_success() and r.replays is None
                and r.kind in (PLACE, REPLACE, AMEND, BATCH, DEPOSIT, WITHDRAW)]
        forgotten = set(self._accounts[user.email].closed[:-REMEMBERED_CLOSED])
        operator = HttpConnection(exchange.host, exchange.http_port, exchange.operator_token())
        # The last ones of all, since nothing came after them that could have saved them, and some others.
        for request in good[-8:] + self._rng.sample(good[:-8], min(12, len(good[:-8]))):
            if request.kind == BATCH and any(r["http_status"] >= 300 for r in request.reply["results"]):
                continue   # a refused order may be good now
            if request.kind == AMEND and request.order in forgotten:
                continue   # the order itself is history
            self.checked["repeated"] += 1
            sender = operator if request.kind in (DEPOSIT, WITHDRAW) else connection
            status, reply = sender.request(request.method, request.path, request.body)
            if request.kind in (DEPOSIT, WITHDRAW):
                expect(status == 200 and not is_fresh(reply), "a reference counts twice", request, reply)
                continue
            firsts = request.reply["results"] if request.kind == BATCH else [request.reply]
            nows = reply["results"] if request.kind == BATCH and status == 200 else [reply]
            for first, now in zip(firsts, nows):
                is_same = without_duplicate(first) == without_duplicate(now)
                expect(status == request.status and is_same and not is_fresh(now),
                       "a request repeated after the crash is answered otherwise", request, reply)
        operator.close()

    # --- What the exchange answers now ---

    def _check_reads(self, user, connection):
        account = self._accounts[user.email]
        status, reply = connection.request("GET", "/api/v1/balances")
        expect(status == 200 and reply["account_sequence"] == account.sequence, "balances cannot be read", reply)
        for balance in reply["balances"]:
            asset = balance["asset"]
            available, held = Decimal(balance["available"]), Decimal(balance["held"])
            total = account.totals.get(asset, Decimal(0))
            least, most = account.held_range(asset)
            expect(available + held == total and available >= 0, f"{user.email} should have {total}", balance)
            expect(least <= held <= most, f"{user.email} should hold {least} to {most}", balance)
        self._check_open_orders(account, connection)
        # Old ones are forgotten by the views, and told of by history.
        for order in (account.orders[number] for number in self._rng.sample(account.closed, min(15, len(account.closed)))):
            for path in (f"/order/{order.id}", f"/order?client_order_id={order.client_order_id}"):
                status, reply = read(connection, path)
                expect(status == 200, "a closed order is gone", order, reply)
                self._compare_order(order, reply)

    def _check_open_orders(self, account, connection):
        expected = account.open_orders()
        cursor = 0
        while cursor is not None:
            status, reply = connection.request("GET", f"/api/v1/orders?status=open&limit=500&cursor={cursor}")
            expect(status == 200, "open orders cannot be read", reply)
            for order in reply["orders"]:
                expect(order["order_id"] in expected, "an order is open that should not be", order)
                self._compare_order(expected.pop(order["order_id"]), order)
            cursor = reply["next_cursor"]
        expect(not expected, "open orders are gone", *expected.values())

    def _compare_order(self, order, reply):
        self.checked["orders_read"] += 1
        price = None if reply["price"] is None else Decimal(reply["price"])
        told = (reply["order_id"], reply["client_order_id"], reply["market"], reply["order_type"],
                reply["order_status"], price, Decimal(reply["quantity"] or 0), Decimal(reply["filled"]),
                Decimal(reply["leaves"]))
        known = (order.id, order.client_order_id, order.market, order.side, order.status, order.price,
                 order.quantity, order.filled, order.leaves)
        # An order that rested again after it traded and was amended may be New or PartiallyFilled by name.
        expect(told == known, "an order is told otherwise than its events", f"told  {told}", f"known {known}", order)

    def _check_depth(self, connection):
        """The public book is the sum of everybody's open orders."""
        for market in MARKETS:
            status, reply = connection.request("GET", f"/api/v1/depth?market={market}&limit=1000")
            expect(status == 200, "depth cannot be read", reply)
            for side, levels in (("Buy", reply["bids"]), ("Sell", reply["asks"])):
                expected = {}
                for account in self._accounts.values():
                    for order in account.open_orders().values():
                        if order.market == market and order.side == side:
                            expected[order.price] = expected.get(order.price, Decimal(0)) + order.leaves
                told = {Decimal(price): Decimal(quantity) for price, quantity in levels}
                expect(told == expected, f"the {side} side of {market} is not the sum of its orders", told, expected)

    def _check_conservation(self):
        """What all users have, plus the fees they paid, is what came in less what went out."""
        for asset in {asset for market in MARKETS.values() for asset in market}:
            accounts = self._accounts.values()
            have, paid, came = (sum((sums.get(asset, Decimal(0)) for sums in group), Decimal(0)) for group in
                                ([a.totals for a in accounts], [a.fees for a in accounts],
                                 [a.deposited for a in accounts]))
            expect(have + paid == came, f"{asset}: users have {have}, paid {paid}, and {came} came in")

    def _check_registrations(self, exchange, registrations):
        anyone = HttpConnection(exchange.host, exchange.http_port)
        for request in registrations:
            if not request.is_answered() or request.status == 503:
                status, reply = anyone.request("POST", "/register", request.body)
                expect(status in (201, 409), "a registration without an answer cannot be repeated", request, reply)
            else:
                expect(request.status == 201, "a registration was refused", request)
            status, reply = anyone.request("POST", "/login", request.body)
            expect(status == 200, "a registered user cannot log in", request, reply)
            trader = HttpConnection(exchange.host, exchange.http_port, reply["token"])
            status, reply = trader.request("GET", "/api/v1/balances")
            expect(status == 200, "a registered user has no account", request, reply)
            trader.close()
            self.checked["acknowledged"] += request.status is not None
        anyone.close()
