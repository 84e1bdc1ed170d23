"""What operators look at: accounts, balances, markets and health, by the command line and by the API."""
import decimal
import json
import unittest

from harness import ExchangeTest


class OperatorsView(ExchangeTest):
    def admin(self, *words):
        done = self.exchange.admin(*words)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def rows(self, *words):
        return [json.loads(line) for line in self.admin(*words, "--json").splitlines()]

    def test_accounts(self):
        alice = self.user(INR="1000")
        alice.place("Buy", "90.00", 1)
        self.admin("freeze", alice.email)
        row = next(row for row in self.rows("accounts") if row["email"] == alice.email)
        self.assertEqual((row["frozen"], row["locked"], row["open_orders"], row["role"]), (True, False, 1, "trader"))
        line = next(line for line in self.admin("accounts").splitlines() if alice.email in line)
        self.assertEqual(line.split()[:6], [str(row["account"]), alice.email, "trader", "yes", "no", "1"])
        self.admin("unfreeze", alice.email)
        alice.cancel_all()
        alice.close()

    def test_balances_are_exact_and_each_asset_sums_to_zero(self):
        alice, bob = self.user(INR="1000.0001"), self.user(TATA="10")
        bob.place("Sell", "100.00", 4)
        alice.place("Buy", "100.00", 3)
        rows = self.rows("balances")
        sums = {}
        for row in rows:
            sums[row["asset"]] = sums.get(row["asset"], 0) + decimal.Decimal(row["available"]) + decimal.Decimal(row["held"])
        self.assertEqual(set(sums.values()), {0}, "external is what users and fees have, below zero")
        self.assertTrue(any(row["owner"] == "fees" and decimal.Decimal(row["available"]) > 0 for row in rows))
        account = next(row["account"] for row in self.rows("accounts") if row["email"] == bob.email)
        own = self.rows("balances", "--account", str(account))
        self.assertEqual({(row["asset"], row["available"], row["held"]) for row in own},
                         {("TATA", *bob.balance("TATA")), ("INR", *bob.balance("INR"))})
        self.assertEqual([row["asset"] for row in self.rows("balances", "--account", str(account), "--asset", "TATA")], ["TATA"])
        self.assertIn("owner", self.admin("balances").splitlines()[0])
        self.assertIn("unknown_asset", self.exchange.admin("balances", "--asset", "NO&SUCH").stderr)
        self.assertIn("unknown_account", self.exchange.admin("balances", "--account", "4000000").stderr)
        bob.cancel_all()
        alice.close()
        bob.close()

    def test_markets(self):
        alice, bob = self.user(INR="1000"), self.user(JIO="10")
        bob.place("Sell", "100.00", 4, market="JIO_INR")
        alice.place("Buy", "100.00", 3, market="JIO_INR")
        alice.place("Buy", "90.00", 1, market="JIO_INR")
        row = next(row for row in self.rows("markets") if row["market"] == "JIO_INR")
        self.assertEqual([row[name] for name in ("state", "best_bid", "best_ask", "bid_levels", "ask_levels", "last_price")],
                         ["trading", "90.00", "100.00", 1, 1, "100.00"])
        self.assertTrue(self.admin("markets").startswith("market"))
        for client in (alice, bob):
            client.cancel_all()
            client.close()

    def test_health(self):
        health = self.rows("health")[0]
        self.assertEqual((health["ready"], health["reason"], health["demo"], health["cancel_only"]), (True, None, False, False))
        self.assertEqual(health["data_dir"], self.exchange.data_dir)
        self.assertGreater(health["disk_free_mib"], 0)
        self.assertIn("engine_epoch     1\n", self.admin("health"))

    def test_lists_go_page_by_page(self):
        for _ in range(5):
            self.user(INR="1").close()
        operator = self.exchange.operator()
        for name, one in (("accounts", "account"), ("balances", "account"), ("markets", "market")):
            whole = operator.ok("GET", f"/api/v1/admin/{name}?limit=1000")
            self.assertIsNone(whole["next_cursor"])
            paged, cursor, pages = [], "", 0
            while cursor is not None:
                page = operator.ok("GET", f"/api/v1/admin/{name}?limit=2" + (f"&cursor={cursor}" if cursor else ""))
                paged += page[name]
                cursor, pages = page["next_cursor"], pages + 1
            self.assertEqual(paged, whole[name])
            self.assertGreater(pages, 1)
            self.assertTrue(all(one in row for row in paged))
            for query in ("limit=0", "limit=1001", "limit=x", "cursor=-1", "cursor=x"):
                operator.refused(400, "malformed_request", "GET", f"/api/v1/admin/{name}?{query}")
            self.assertEqual(operator.ok("GET", f"/api/v1/admin/{name}?cursor=4294967295")[name], [])
        operator.close()

    def test_only_operators_may_look(self):
        alice = self.user()
        with self.exchange.client() as anonymous:
            for name in ("accounts", "balances", "markets", "health"):
                alice.refused(403, "forbidden", "GET", f"/api/v1/admin/{name}")
                self.assertEqual(anonymous.request("GET", f"/api/v1/admin/{name}")[0], 401)
        alice.close()


if __name__ == "__main__":
    unittest.main()
