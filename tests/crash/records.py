"""What clients remember: every request they sent, and the complete reply where there was one."""

import dataclasses
import itertools

PLACE, BATCH, REPLACE, AMEND, CANCEL, CANCEL_ALL, DEPOSIT, WITHDRAW = (
    "place", "batch", "replace", "amend", "cancel", "cancel_all", "deposit", "withdraw")
OUTCOME_UNKNOWN = (502, 504)   # they say so themselves; 502 is a proxy's


@dataclasses.dataclass
class Request:
    """One request that may change something. `status` is None while, and where, no complete reply came."""
    kind: str
    method: str
    path: str
    body: dict | None
    status: int | None = None
    reply: dict | None = None
    order: int = 0              # the order that an amendment or cancel names
    replays: "Request | None" = None  # this is a deliberate repetition of that one
    was_told_unknown: bool = False    # 404, when its client asked for its order by client order id

    def is_answered(self):
        return self.status is not None and self.status not in OUTCOME_UNKNOWN

    def is_success(self):
        return self.status is not None and self.status < 300

    def key(self):
        """What makes the request safe to repeat, if anything does."""
        body = self.body or {}
        return body.get("reference") or body.get("client_order_id")


class User:
    """One trader: its credentials and what it remembers of the round that runs."""

    def __init__(self, index):
        self.index = index
        self.email = f"trader{index}@crash.test"
        self.password = f"violet-anchor-{index}-mosaic"
        self.token = None
        self.requests = []   # of this round, in the order of sending per thread
        self.live = {}       # account_sequence → private event, as streamed in this round
        self._numbers = itertools.count(1)

    def next_key(self, round_number):
        return f"r{round_number}u{self.index}n{next(self._numbers)}"

    def begin_round(self):
        self.requests = []
        self.live = {}
