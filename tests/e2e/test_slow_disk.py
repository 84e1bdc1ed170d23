"""A disk that takes longer than anyone waits: what clients are told, and that they can find out."""
import time
import unittest

from harness import IS_SERVICES, PATIENCE_S, Exchange

ORDER = {"order_type": "Buy", "order_kind": "Limit", "price": "90.00", "quantity": 1, "market": "TATA_INR"}


class SlowDisk(unittest.TestCase):
    def test_an_order_is_unknown_then_pending_then_there(self):
        with Exchange("--no-demo") as exchange:
            alice = exchange.user("alice@example.com", INR="1000")
            exchange.stop()
            exchange.environment["SAUDA_TEST_SYNC_DELAY_MS"] = "10000"
            exchange.start()
            alice.moved_to(exchange)
            answer = alice.refused(504, "outcome_unknown", "POST", "/order", {**ORDER, "client_order_id": "late"})
            self.assertIn("client order id", answer["error"])
            status, answer = alice.request("GET", "/order?client_order_id=late")
            self.assertEqual((status, answer["code"]), (202, "pending"))
            if not IS_SERVICES:  # one of several servers cannot know what another one sent, before the disk tells
                alice.refused(404, "unknown_order", "GET", "/order?client_order_id=never-sent")
            end = time.monotonic() + PATIENCE_S
            while status == 202 and time.monotonic() < end:
                time.sleep(0.05)
                status, answer = alice.request("GET", "/order?client_order_id=late")
            self.assertEqual((status, answer.get("order_status")), (200, "New"))
            exchange.kill()
            # What was told of is durable, and the retry finds it.
            del exchange.environment["SAUDA_TEST_SYNC_DELAY_MS"]
            exchange.start()
            alice.moved_to(exchange)
            again = alice.ok("POST", "/order", {**ORDER, "client_order_id": "late"})
            self.assertEqual((again["duplicate"], again["order_id"]), (True, answer["order_id"]))
            alice.close()

    def test_a_delay_that_is_no_number_is_refused(self):
        with self.assertRaisesRegex(RuntimeError, "SAUDA_TEST_SYNC_DELAY_MS"):
            Exchange("--no-demo", environment={"SAUDA_TEST_SYNC_DELAY_MS": "slow"}).start()


if __name__ == "__main__":
    unittest.main()
