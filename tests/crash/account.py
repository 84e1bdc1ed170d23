"""A second opinion on one account, folded from its private events alone.

Every event is checked against what came before it, so a stream that repeats, skips or contradicts itself does
not fold.
"""

import dataclasses
from decimal import Decimal

from exchange import CheckFailed

MARKETS = {"TATA_INR": ("TATA", "INR"), "JIO_INR": ("JIO", "INR"), "BTC_USDT": ("BTC", "USDT"), "ETH_USDT": ("ETH", "USDT")}
FILLS = ("PartialFill", "FullFill", "MarketPartialFill")
FINAL = ("Filled", "Canceled", "Expired")


def expect(condition, message, *details):
    if not condition:
        raise CheckFailed(message + "".join(f"\n  {detail}" for detail in details))


@dataclasses.dataclass
class Order:
    id: int
    client_order_id: str
    market: str
    side: str
    kind: str
    price: Decimal | None
    quantity: Decimal
    leaves: Decimal
    filled: Decimal = Decimal(0)
    status: str = "New"
    reason: str = ""
    fills: list = dataclasses.field(default_factory=list)   # events
    amendments: list = dataclasses.field(default_factory=list)

    def is_open(self):
        return self.status not in FINAL

    def taker_fills(self):
        return [fill for fill in self.fills if fill["liquidity"] == "taker"]


class Account:
    """Folds the events of one user's account."""

    def __init__(self, user):
        self.user = user
        self.sequence = 0
        self.time = 0
        self.orders = {}
        self.by_client_id = {}
        self.closed = []      # order ids, in the order in which they closed
        self.transfers = {}   # reference → event
        self.totals = {}      # asset → available plus held
        self.deposited = {}   # asset → deposits less withdrawals
        self.fees = {}        # asset → fees less rebates

    def fold(self, event):
        expect(event["account_sequence"] == self.sequence + 1,
               f"account_sequence jumps from {self.sequence}", event)
        expect(event["time"] >= self.time, "time runs backwards", event)
        self.sequence, self.time = event["account_sequence"], event["time"]
        kind = event["event_type"]
        if kind == "OrderAccepted":
            self._accept(event)
        elif kind in FILLS:
            self._fill(event)
        elif kind in ("OrderCanceled", "OrderExpired"):
            self._end(event)
        elif kind == "OrderAmended":
            self._amend(event)
        elif kind in ("Deposit", "Withdrawal"):
            self._transfer(event)
        else:
            raise CheckFailed(f"an event of a kind that nobody asked for: {event}")

    def _open(self, event):
        order = self.orders.get(event["order_id"])
        expect(order is not None and order.is_open(), "an event of an order that is not open", event, order)
        return order

    def _accept(self, event):
        client_order_id = event["client_order_id"]
        expect(event["order_id"] not in self.orders, "an order id is used twice", event)
        expect(client_order_id not in self.by_client_id, "one client order id became two orders", event,
               self.by_client_id.get(client_order_id))
        price = Decimal(event["price"]) if "price" in event else None
        quantity = Decimal(event["quantity"] or 0)  # null: it counts quote
        order = Order(event["order_id"], client_order_id, event["market"], event["side"], event["order_kind"],
                      price, quantity, quantity)
        self.orders[order.id] = self.by_client_id[client_order_id] = order

    def _fill(self, event):
        order = self._open(event)
        quantity, price, fee = Decimal(event["quantity"]), Decimal(event["price"]), Decimal(event["fee"])
        order.fills.append(event)
        order.filled += quantity
        order.leaves = Decimal(event["leaves"])
        if order.quantity:
            expect(order.leaves == order.quantity - order.filled, "leaves and filled disagree", event, order)
        is_full = event["event_type"] == "FullFill"
        order.status = "Filled" if is_full else "PartiallyFilled"
        if is_full:
            self.closed.append(order.id)
        base, quote = MARKETS[order.market]
        sign = 1 if order.side == "Buy" else -1
        self._add(self.totals, base, sign * quantity)
        self._add(self.totals, quote, -sign * quantity * price)
        self._add(self.totals, event["fee_asset"], -fee)
        self._add(self.fees, event["fee_asset"], fee)

    def _end(self, event):
        order = self._open(event)
        if order.quantity:
            expect(Decimal(event["unfilled"]) == order.leaves, "an order ends with other leaves", event, order)
        order.leaves = Decimal(0)
        order.status = "Expired" if event["event_type"] == "OrderExpired" else "Canceled"
        order.reason = event["reason"]
        self.closed.append(order.id)

    def _amend(self, event):
        order = self._open(event)
        order.amendments.append(event)
        order.price, order.quantity = Decimal(event["price"]), Decimal(event["quantity"])
        order.leaves = Decimal(event["leaves"])
        expect(order.leaves == order.quantity - order.filled, "an amendment's leaves are wrong", event, order)

    def _transfer(self, event):
        reference = event["reference"]
        expect(reference not in self.transfers, "a reference moved money twice", event)
        self.transfers[reference] = event
        amount = Decimal(event["amount"]) * (1 if event["event_type"] == "Deposit" else -1)
        self._add(self.totals, event["asset"], amount)
        self._add(self.deposited, event["asset"], amount)

    @staticmethod
    def _add(sums, asset, amount):
        sums[asset] = sums.get(asset, Decimal(0)) + amount

    def open_orders(self):
        return {order.id: order for order in self.orders.values() if order.is_open()}

    def held_range(self, asset):
        """The least and the most that open orders may hold of `asset`: buyers also hold the fee to come."""
        least = most = Decimal(0)
        for order in self.open_orders().values():
            base, quote = MARKETS[order.market]
            if order.side == "Sell" and base == asset:
                least += order.leaves
                most += order.leaves
            elif order.side == "Buy" and quote == asset:
                least += order.leaves * order.price
                most += order.leaves * order.price * Decimal("1.001") + Decimal("0.001")
        return least, most
