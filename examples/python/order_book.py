"""A copy of one market's order book, kept by the messages of SubscribeOrderbook and proven by every one of them."""
import binascii
from decimal import Decimal


class OutOfStep(Exception):
    """The copy is no longer the exchange's book: subscribe again for a fresh snapshot."""


class OrderBook:
    def __init__(self):
        self.sequence = None  # the book update that the copy reflects
        self.bids = {}  # price text to quantity text
        self.asks = {}

    def take(self, message):
        """Follows one message of the channel `orderbook`: a snapshot, or an update that continues the copy."""
        if "sequence" in message:
            self.bids, self.asks = {}, {}
            self.sequence = message["sequence"]
        else:
            if message["first_sequence"] != self.sequence + 1:
                raise OutOfStep(f"update {message['first_sequence']} does not follow {self.sequence}")
            self.sequence = message["last_sequence"]
        for side, levels in ((self.bids, message["bids"]), (self.asks, message["asks"])):
            for price, quantity in levels:
                if quantity == "0":
                    side.pop(price, None)
                else:
                    side[price] = quantity
        if self.checksum() != message["checksum"]:
            raise OutOfStep(f"the checksum differs at sequence {self.sequence}")

    def best_bids(self, count):
        return sorted(self.bids.items(), key=lambda level: Decimal(level[0]), reverse=True)[:count]

    def best_asks(self, count):
        return sorted(self.asks.items(), key=lambda level: Decimal(level[0]))[:count]

    def checksum(self):
        """CRC-32 of the ten best levels: bid, ask, next bid, next ask, ... each as price:quantity, joined by colons."""
        bids, asks = self.best_bids(10), self.best_asks(10)
        levels = [side[i] for i in range(10) for side in (bids, asks) if i < len(side)]
        return binascii.crc32(":".join(f"{price}:{quantity}" for price, quantity in levels).encode())
