"""Two users trade while a copy of the order book follows. See examples/README.md."""
import asyncio
import json
import os
import time
import urllib.request

import websockets

from order_book import OrderBook

URL = os.environ.get("SAUDA_URL", "http://127.0.0.1:3000")
WS_URL = os.environ.get("SAUDA_WS_URL", "ws://127.0.0.1:8080")
RUN = f"{time.time_ns()}"  # so that it can be run again: emails and references are used once
MARKET = "TATA_INR"


def ask(method, path, token=None, body=None):
    """The answer's JSON. A refusal is an urllib.error.HTTPError whose body tells why."""
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    request = urllib.request.Request(URL + path, None if body is None else json.dumps(body).encode(), headers, method=method)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def user(name):
    """A new user with funds, logged in: the token."""
    login = {"email": f"{name}-{RUN}@example.com", "password": "correct horse"}
    ask("POST", "/register", body=login)
    with open(os.environ.get("SAUDA_OPERATOR_TOKEN_FILE", "data/operator.token"), encoding="utf-8") as file:
        operator = file.read().strip()
    for asset in ("INR", "TATA"):
        ask("POST", "/api/v1/admin/deposit", operator,
            {"email": login["email"], "asset": asset, "amount": "10000", "reference": f"{name}-{asset}-{RUN}"})
    return ask("POST", "/login", body=login)["token"]


def order(side, price, quantity):
    # Decimals as text: what is sent is what is meant.
    return {"order_type": side, "order_kind": "Limit", "market": MARKET, "price": price, "quantity": quantity}


async def follow(socket, book, until):
    """Takes messages until the copy has reached the book update `until`."""
    updates = 0
    while book.sequence is None or book.sequence < until:
        message = json.loads(await asyncio.wait_for(socket.recv(), 10))
        if message.get("channel") == "orderbook" and "bids" in message:
            book.take(message)
            updates += 1
    return updates


async def main():
    alice, bob = user("alice"), user("bob")
    async with websockets.connect(WS_URL) as socket:
        await socket.send(json.dumps({"SubscribeOrderbook": MARKET, "request_id": 1}))
        for step in range(5):
            ask("POST", "/order", alice, order("Sell", f"10{step}.50", "10"))
        report = ask("POST", "/order", bob, order("Buy", "101.50", "25"))
        print("bob's order is", report["order_status"], "at", report["average_price"], "on average")
        canceled = [ask("DELETE", "/api/v1/orders", token)["canceled"] for token in (alice, bob)]
        print("canceled", canceled[0], "orders of alice and", canceled[1], "of bob")
        depth = ask("GET", f"/api/v1/depth?market={MARKET}&limit=5000")
        book = OrderBook()
        messages = await follow(socket, book, depth["sequence"])
    if book.sequence == depth["sequence"]:
        assert [list(level) for level in book.best_bids(5000)] == depth["bids"], "the copy is the exchange's book"
    print("the copy stands at sequence", book.sequence, "after", messages, "messages, each proven by its checksum")
    print("24 hours:", ask("GET", f"/api/v1/ticker?market={MARKET}")["volume"], "traded")
    print("done")


if __name__ == "__main__":
    asyncio.run(main())
