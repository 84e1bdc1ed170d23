"""Candles and tickers, over REST and WebSocket: they agree with the trades to the last unit."""
import decimal
import json
import time
import unittest

from harness import ExchangeTest, ask, receive, receive_until, run

INTERVALS = "1s 1m 3m 5m 15m 30m 1h 2h 4h 6h 8h 12h 1d 3d 1w 1M".split()
D = decimal.Decimal


def all_trades(client, market):
    """Every trade that the exchange tells of, oldest first."""
    trades, cursor = [], ""
    while cursor is not None:
        page = client.ok("GET", f"/api/v1/trades?market={market}&limit=1000{cursor}")
        trades += page["trades"]
        cursor = None if page["next_cursor"] is None else f"&cursor={page['next_cursor']}"
    return trades[::-1]


def summed(trades):
    """What a candle of these trades must tell."""
    bought = [trade for trade in trades if trade["taker_side"] == "Buy"]
    volume = lambda some: sum((D(trade["quantity"]) for trade in some), D(0))
    value = lambda some: sum((D(trade["quantity"]) * D(trade["price"]) for trade in some), D(0))
    prices = [D(trade["price"]) for trade in trades]
    return {"open": prices[0], "high": max(prices), "low": min(prices), "close": prices[-1], "volume": volume(trades),
            "quote_volume": value(trades), "trades": len(trades), "first_trade_id": trades[0]["trade_id"],
            "last_trade_id": trades[-1]["trade_id"], "taker_buy_volume": volume(bought), "taker_buy_quote_volume": value(bought)}


def as_numbers(candle):
    return {name: D(value) if isinstance(value, str) else value for name, value in candle.items()}


class Summaries(ExchangeTest):
    def trade(self, market="BTC_USDT", prices=("65000.01", "64000", "66000.5"), quantity="0.00123"):
        """Each price traded twice: a buyer takes, then a seller does."""
        seller, buyer = self.user(BTC="1", USDT="1000000"), self.user(BTC="1", USDT="1000000")
        for price in prices:
            seller.place("Sell", price, quantity, market=market)
            buyer.place("Buy", price, quantity, market=market)
            buyer.place("Buy", price, quantity, market=market)
            seller.place("Sell", price, quantity, market=market)
        seller.close()
        buyer.close()

    def test_candles_agree_with_the_trades(self):
        self.trade()
        time.sleep(1.1)
        self.trade(prices=("70000", "60000.25"))
        client = self.exchange.client()
        trades = all_trades(client, "BTC_USDT")
        for interval in INTERVALS:
            candles = client.ok("GET", f"/api/v1/candles?market=BTC_USDT&interval={interval}")["candles"]
            self.assertEqual([c["start"] for c in candles[1:]], [c["end"] for c in candles[:-1]], "no gap")
            seen = 0
            for candle in candles:
                within = [trade for trade in trades if candle["start"] <= trade["time"] < candle["end"]]
                seen += len(within)
                if within:
                    wanted = summed(within)
                    self.assertEqual({name: as_numbers(candle)[name] for name in wanted}, wanted, interval)
                else:
                    self.assertEqual((candle["trades"], candle["first_trade_id"], D(candle["volume"])), (0, None, 0))
                    self.assertEqual(len({candle[name] for name in ("open", "high", "low", "close")}), 1)
            self.assertEqual(seen, len(trades), "every trade is in a candle")
            self.assertFalse(candles[-1]["closed"] and interval != "1s")
        client.close()

    def test_candles_are_paged(self):
        self.trade(prices=("65000",))
        time.sleep(3.2)
        self.trade(prices=("65000",))
        client = self.exchange.client()
        path = "/api/v1/candles?market=BTC_USDT&interval=1s"
        newest = client.ok("GET", path + "&limit=1")["candles"][0]
        whole = client.ok("GET", f"{path}&limit=1000&to={newest['start']}")["candles"]
        self.assertGreaterEqual(len(whole), 3)
        paged, cursor = [], ""
        while cursor is not None:
            page = client.ok("GET", f"{path}&limit=2&to={newest['start']}{cursor}")
            self.assertLessEqual(len(page["candles"]), 2)
            paged = page["candles"] + paged
            cursor = None if page["next_cursor"] is None else f"&cursor={page['next_cursor']}"
        self.assertEqual(paged, whole)
        part = client.ok("GET", f"{path}&from={whole[1]['start']}&to={whole[2]['end']}")
        self.assertEqual((part["candles"], part["next_cursor"]), (whole[1:3], None))
        self.assertEqual(client.ok("GET", f"{path}&from={2 ** 53 - 1}")["candles"], [])
        self.assertEqual(client.ok("GET", "/api/v1/candles?market=JIO_INR")["candles"], [], "nothing was ever traded")
        client.close()

    def test_bad_parameters_are_told(self):
        client = self.exchange.client()
        for query in ("", "market=BTC_USDT&interval=2m", "market=BTC_USDT&interval=", "market=BTC_USDT&interval=1D", "market=BTC_USDT&from=x",
                      "market=BTC_USDT&to=-1", "market=BTC_USDT&limit=0", "market=BTC_USDT&limit=1001", "market=BTC_USDT&cursor=1.5"):
            client.refused(400, "malformed_request", "GET", "/api/v1/candles?" + query)
        client.refused(422, "unknown_market", "GET", "/api/v1/candles?market=NO_SUCH")
        client.refused(422, "unknown_market", "GET", "/api/v1/ticker?market=NO_SUCH")
        for query in ("market=BTC_USDT&window=2h", "window=", "limit=0", "cursor=x"):
            client.refused(400, "malformed_request", "GET", "/api/v1/ticker?" + query)
        client.close()

    def test_tickers_agree_with_trades_and_book(self):
        self.trade()
        with self.user(USDT="100000", BTC="1") as alice:
            alice.place("Buy", "50000", "0.001", market="BTC_USDT")
            alice.place("Sell", "90000.01", "0.002", market="BTC_USDT")
            trades = all_trades(alice, "BTC_USDT")
            wanted = summed(trades)
            for window in ("1h", "4h", "24h", "7d"):
                ticker = alice.ok("GET", f"/api/v1/ticker?market=BTC_USDT&window={window}")
                self.assertEqual(ticker["window"], window)
                got = as_numbers({name: value for name, value in ticker.items() if name not in ("status", "market", "window")})
                for name in ("open", "high", "low", "volume", "quote_volume", "trades", "first_trade_id", "last_trade_id"):
                    self.assertEqual(got[name], wanted[name], name)
                self.assertEqual((got["last_price"], got["best_bid"], got["best_ask_quantity"]), (wanted["close"], D(50000), D("0.002")))
                self.assertEqual(got["change"], wanted["close"] - wanted["open"])
                exact = 100 * (wanted["close"] - wanted["open"]) / wanted["open"]
                self.assertEqual(got["change_percent"], exact.quantize(D("0.0001"), decimal.ROUND_HALF_UP))
            self.assertEqual(alice.ok("GET", "/api/v1/ticker?market=BTC_USDT")["window"], "24h")
            every = alice.ok("GET", "/api/v1/ticker?window=1h")
            markets = [market["market"] for market in alice.ok("GET", "/api/v1/markets")["markets"]]
            self.assertEqual([ticker["market"] for ticker in every["tickers"]], markets)
            paged, cursor = [], ""
            while cursor is not None:
                page = alice.ok("GET", f"/api/v1/ticker?window=1h&limit=1{cursor}")
                paged += [ticker["market"] for ticker in page["tickers"]]
                cursor = None if page["next_cursor"] is None else f"&cursor={page['next_cursor']}"
            self.assertEqual(paged, markets)
            alice.cancel_all()

    def test_subscribers_are_told_what_changed(self):
        async def scenario():
            self.trade(prices=("65000",))
            async with self.exchange.socket() as socket:
                self.assertEqual((await ask(socket, {"SubscribeTicker": "BTC_USDT"}, 1))["channel"], "ticker")
                before = (await receive_until(socket, lambda m: m.get("channel") == "ticker"))[-1]
                acknowledged = await ask(socket, {"SubscribeCandles": {"market": "BTC_USDT", "interval": "1s"}}, 2)
                self.assertEqual((acknowledged["channel"], acknowledged["interval"]), ("candles", "1s"))
                self.trade(prices=("65100",))
                # The ticker, and the candle that the trades are in, closed by time alone.
                messages = await receive_until(socket, lambda m: m.get("channel") == "candles" and m["candle"]["closed"]
                                               and m["candle"]["close"] == "65100.00")
                tickers = [m for m in messages if m.get("channel") == "ticker"]
                self.assertEqual((tickers[-1]["trades"], tickers[-1]["last_price"]), (before["trades"] + 2, "65100.00"))
                closed = messages[-1]["candle"]
                page = self.exchange.client().ok("GET", f"/api/v1/candles?market=BTC_USDT&interval=1s&from={closed['start']}&to={closed['end']}")
                self.assertEqual(page["candles"], [closed])
                flat = (await receive_until(socket, lambda m: m.get("channel") == "candles" and m["candle"]["closed"]))[-1]["candle"]
                self.assertEqual((flat["trades"], flat["start"]), (0, closed["end"]))
                for name, body in (("UnsubscribeTicker", "BTC_USDT"), ("UnsubscribeCandles", {"market": "BTC_USDT", "interval": "1s"})):
                    self.assertEqual((await ask(socket, {name: body}, name))["action"], "unsubscribed")
                for bad in ({"SubscribeCandles": "BTC_USDT"}, {"SubscribeCandles": {"market": "BTC_USDT", "interval": "1x"}},
                            {"SubscribeCandles": {"market": 7, "interval": "1m"}}, {"SubscribeCandles": {"market": "BTC_USDT"}},
                            {"SubscribeTicker": {"market": "BTC_USDT"}}):
                    self.assertEqual((await ask(socket, bad, 9))["code"], "malformed_request")
                for unknown in ({"SubscribeCandles": {"market": "NO_SUCH", "interval": "1m"}}, {"SubscribeTicker": "NO_SUCH"}):
                    self.assertEqual((await ask(socket, unknown, 9))["code"], "unknown_market")
                await socket.send(json.dumps({"Ping": {}}))
                self.assertEqual((await receive(socket))["event"], "pong", "nothing more of what was ended")

        run(scenario())


if __name__ == "__main__":
    unittest.main()
