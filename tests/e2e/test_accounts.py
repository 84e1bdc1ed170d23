"""Registration, login, tokens, sessions."""
import asyncio
import base64
import hashlib
import hmac
import json
import time
import unittest

from harness import Exchange, ExchangeTest, authenticate, receive, run

SECRET = "an end-to-end secret of enough length 0123456789"


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def forge(claims, key=SECRET, algorithm="HS256"):
    head = base64url(json.dumps({"alg": algorithm, "typ": "JWT"}).encode())
    body = base64url(json.dumps(claims).encode())
    mac = hmac.new(key.encode(), f"{head}.{body}".encode(), hashlib.sha256).digest()
    return f"{head}.{body}." + ("" if algorithm == "none" else base64url(mac))


def claims_of(token):
    body = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))


class Accounts(ExchangeTest):
    def test_register_and_login(self):
        client = self.exchange.client()
        body = {"email": "new@example.com", "password": "correct horse"}
        status, answer = client.request("POST", "/register", body)
        self.assertEqual(status, 201)
        self.assertIn("user_id", answer)
        client.refused(409, "email_taken", "POST", "/register", {**body, "email": "NEW@example.com"})
        client.refused(422, "weak_password", "POST", "/register", {"email": "weak@example.com", "password": "short"})
        client.refused(422, "weak_password", "POST", "/register", {"email": "weak@example.com", "password": "password1"})
        client.refused(422, "invalid_email", "POST", "/register", {"email": "nobody", "password": "correct horse"})
        client.refused(400, "malformed_request", "POST", "/register", {"email": "a@b.example"})
        token = client.ok("POST", "/login", body)["token"]
        claims = claims_of(token)
        self.assertEqual({"email", "sub", "exp", "iat", "jti", "iss", "aud"}, set(claims))
        self.assertEqual(claims["exp"] - claims["iat"], 24 * 3600)
        client.close()

    def test_credentials_of_every_wrong_shape(self):
        client = self.exchange.client()
        good = {"email": "shape@example.com", "password": "correct horse"}
        for path in ("/register", "/login"):
            for body in ("", "[]", "{", {**good, "email": 7}, {**good, "email": None}, {**good, "password": ["correct horse"]},
                         {"email": "shape@example.com"}, {"password": "correct horse"}):
                client.refused(400, "malformed_request", "POST", path, body)
        for email in ("", "@", "a@", "@b.example", "a b@c.example", "a@b@c.example", "a\n@b.example", "x" * 300 + "@b.example"):
            client.refused(422, "invalid_email", "POST", "/register", {**good, "email": email})
        for password in ("", "1234567", "12345678", "PASSWORD1", "qwertyuiop", "x" * 129):
            client.refused(422, "weak_password", "POST", "/register", {**good, "password": password})
        self.assertEqual(client.request("POST", "/login", good)[0], 401, "nothing was registered")
        client.close()

    def test_an_email_is_one_in_any_case(self):
        client = self.user()
        token = client.ok("POST", "/login", {"email": client.email.upper(), "password": "correct horse"})["token"]
        self.assertEqual(claims_of(token)["sub"], claims_of(client.token)["sub"])
        self.assertNotEqual(claims_of(token)["jti"], claims_of(client.token)["jti"])
        client.close()

    def test_wrong_password_and_unknown_email_are_the_same(self):
        client = self.user()
        answers = [client.request("POST", "/login", {"email": email, "password": "wrong password"})
                   for email in (client.email, "unknown@example.com")]
        self.assertEqual(answers[0], answers[1])
        self.assertEqual(answers[0][0], 401)
        client.close()

    def test_logout_ends_the_session_and_its_sockets(self):
        client = self.user(INR=10)

        async def scenario():
            async with self.exchange.socket() as socket:
                await socket.send(json.dumps({"Authenticate": client.token}))
                self.assertEqual((await receive(socket))["action"], "authenticated")
                client.ok("POST", "/logout")
                started = time.monotonic()
                await socket.wait_closed()
                self.assertLess(time.monotonic() - started, 1)

        run(scenario())
        status, answer = client.request("GET", "/api/v1/balances")
        self.assertEqual((status, answer["status"]), (401, "Error"))
        client.close()

    def test_sessions_and_password_change(self):
        client = self.user()
        email = client.email
        second = self.exchange.client(client.ok("POST", "/login", {"email": email, "password": "correct horse"})["token"])
        sessions = client.ok("GET", "/api/v1/sessions")["sessions"]
        self.assertEqual(sorted(session["current"] for session in sessions), [False, True])
        self.assertEqual({session["session_id"] for session in sessions}, {claims_of(client.token)["jti"], claims_of(second.token)["jti"]})
        mine = next(session for session in sessions if session["current"])
        self.assertEqual((mine["expires"], mine["peer"]), (claims_of(client.token)["exp"] * 1000, "127.0.0.1"))
        client.refused(422, "weak_password", "POST", "/api/v1/password", {"old_password": "correct horse", "new_password": "short"})
        client.refused(400, "malformed_request", "POST", "/api/v1/password", {"old_password": "correct horse"})
        status, _ = client.request("POST", "/api/v1/password", {"old_password": "wrong one", "new_password": "battery staple"})
        self.assertEqual(status, 401)
        client.ok("POST", "/api/v1/password", {"old_password": "correct horse", "new_password": "battery staple"})
        self.assertEqual(second.request("GET", "/api/v1/balances")[0], 401)
        client.ok("GET", "/api/v1/balances")
        client.ok("DELETE", "/api/v1/sessions")
        self.assertEqual(client.request("GET", "/api/v1/balances")[0], 401)
        client.ok("POST", "/login", {"email": email, "password": "battery staple"})
        client.close()
        second.close()

    def test_ending_other_sessions_closes_their_sockets_alone(self):
        client = self.user()
        login = {"email": client.email, "password": "correct horse"}
        other = self.exchange.client(client.ok("POST", "/login", login)["token"])

        async def scenario():
            async with self.exchange.socket() as mine, self.exchange.socket() as theirs:
                await authenticate(mine, client)
                await authenticate(theirs, other)
                client.ok("POST", "/api/v1/password", {"old_password": "correct horse", "new_password": "battery staple"})
                await asyncio.wait_for(theirs.wait_closed(), 5)
                self.assertEqual((theirs.close_code, theirs.close_reason), (1008, "session_ended"))
                await mine.send('{"Ping":{}}')
                self.assertEqual((await receive(mine))["event"], "pong")
                client.ok("DELETE", "/api/v1/sessions")
                await asyncio.wait_for(mine.wait_closed(), 5)
                self.assertEqual(mine.close_code, 1008)
            async with self.exchange.socket() as late:
                await late.send(json.dumps({"Authenticate": client.token}))
                self.assertEqual((await receive(late))["status"], "Error", "an ended session opens nothing")

        run(scenario())
        client.close()
        other.close()

    def test_a_ticket_ends_with_its_session(self):
        client = self.user()
        ticket = client.ok("POST", "/api/v1/ws-ticket")["ticket"]
        client.ok("POST", "/logout")

        async def scenario():
            async with self.exchange.socket("/ws?ticket=" + ticket) as socket:
                return await receive(socket)

        self.assertEqual(run(scenario())["status"], "Error")
        client.close()

    def test_a_ticket_opens_one_socket_once(self):
        client = self.user()
        ticket = client.ok("POST", "/api/v1/ws-ticket")["ticket"]

        async def first_messages():
            answers = []
            for _ in range(2):
                async with self.exchange.socket("/ws?user_id=1&ticket=" + ticket) as socket:
                    answers.append(await receive(socket))
            return answers

        first, second = run(first_messages())
        self.assertEqual(first["action"], "authenticated")
        self.assertEqual(second["status"], "Error")
        client.close()

    def test_no_token_bad_scheme_and_user_id_grant_nothing(self):
        client = self.exchange.client()
        for headers in ({}, {"Authorization": "Basic abc"}, {"Authorization": "Bearer"}, {"Authorization": "Bearer x.y.z"}):
            status, answer = client.request("GET", "/api/v1/balances", headers=headers)
            self.assertEqual((status, answer["status"]), (401, "Error"), headers)
        client.close()

        async def scenario():
            async with self.exchange.socket("/?user_id=16") as socket:
                await socket.send('{"Resume":{"account_sequence":0}}')
                return await receive(socket)

        self.assertEqual(run(scenario())["code"], "not_authenticated")


class Tokens(unittest.TestCase):
    def test_forged_tokens_are_refused(self):
        with Exchange("--no-demo", environment={"SAUDA_IDENTITY_JWT_SECRET": SECRET}) as exchange:
            client = exchange.user("alice@example.com")
            good = claims_of(client.token)
            head, body, mac = client.token.split(".")
            now = int(time.time())
            self.assertEqual(client.request("GET", "/api/v1/balances", headers={"Authorization": "Bearer " + forge(good)})[0], 200,
                             "the forger knows the key, so that only what is forged below is what is refused")
            forged = {
                "another key": forge(good, key="x" * 40),
                "alg none": forge(good, algorithm="none"),
                "another algorithm": forge(good, algorithm="HS512"),
                "expired": forge({**good, "iat": now - 90000, "exp": now - 3600}),
                "another issuer": forge({**good, "iss": "other"}),
                "another audience": forge({**good, "aud": "other"}),
                "a session that never was": forge({**good, "jti": "0" * len(good["jti"])}),
                "body changed": f"{head}.{base64url(json.dumps({**good, 'email': 'x@example.com'}).encode())}.{mac}",
                "mac cut": client.token[:-2],
                "nothing": "..",
            }
            for name, token in forged.items():
                status, answer = client.request("GET", "/api/v1/balances", headers={"Authorization": "Bearer " + token})
                self.assertEqual((status, answer["status"]), (401, "Error"), name)
            run(self.offer(exchange, forged))
            client.close()

    async def offer(self, exchange, forged):
        async with exchange.socket() as socket:
            for name, token in forged.items():
                await socket.send(json.dumps({"Authenticate": token}))
                self.assertEqual((await receive(socket))["status"], "Error", name)
            await socket.send('{"Resume":{"account_sequence":0}}')
            self.assertEqual((await receive(socket))["code"], "not_authenticated")

    def test_sessions_and_their_ends_outlive_a_restart(self):
        with Exchange("--no-demo") as exchange:
            alice = exchange.user("alice@example.com", INR="10")
            ended = exchange.client(alice.ok("POST", "/login", {"email": alice.email, "password": "correct horse"})["token"])
            ended.ok("POST", "/logout")
            for ending in (exchange.stop, exchange.kill):
                exchange.restart(ending)
                self.assertEqual(alice.moved_to(exchange).balance("INR"), ("10.0000", "0.0000"))
                self.assertEqual(ended.moved_to(exchange).request("GET", "/api/v1/balances")[0], 401)
                alice.refused(409, "email_taken", "POST", "/register", {"email": alice.email, "password": "correct horse"})
            alice.close()
            ended.close()

    def test_a_weak_secret_is_refused(self):
        with self.assertRaises(RuntimeError) as refused:
            Exchange("--no-demo", environment={"SAUDA_IDENTITY_JWT_SECRET": "short"}).start()
        self.assertIn("jwt-secret", str(refused.exception))


if __name__ == "__main__":
    unittest.main()
