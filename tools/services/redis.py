"""Redis of the services: on 127.0.0.1, a user for each program, passwords that live as long as it does. Or one that is
there already."""
import hashlib
import os
import re
import secrets

import health
from child import Child
from paths import ROOT, private_folder, template, write_private


class Redis:
    def __init__(self, data_dir, port):
        self.port = port
        self._folder = private_folder(data_dir, "redis")
        self._log = os.path.join(data_dir, "logs", "redis.log")
        self._passwords = {}

    def wiring(self, user):
        """Words and environment of a program that speaks to it as `user`."""
        return ["--redis-url", f"redis://{user}@127.0.0.1:{self.port}"], {"SAUDA_REDIS_PASSWORD": self._passwords[user]}

    def children(self):
        users = os.path.join(self._folder, "users.acl")
        write_private(users, self._users())
        # For redis-cli: REDISCLI_AUTH=$(cat ...) redis-cli --user operator
        write_private(os.path.join(self._folder, "operator.password"), self._passwords["operator"])
        words = ["redis-server", os.path.join(ROOT, "ops", "services", "redis.conf"), "--port", str(self.port),
                 "--dir", self._folder, "--aclfile", users]
        return [Child("redis", words, self._log, lambda: health.of_redis(self.port, "operator", self._passwords["operator"]))]

    def _users(self):
        """users.acl with a password for each user that it names."""
        def digest(match):
            user = match[1].lower().replace("_", "-")
            self._passwords[user] = secrets.token_hex(32)
            return hashlib.sha256(self._passwords[user].encode()).hexdigest()

        return re.sub(r"([A-Z_]+)_SHA256", digest, template("users.acl"))


class GivenRedis:
    """That of whoever starts the services: every program finds it in its settings, all as the same user."""

    @staticmethod
    def wiring(_):
        return [], {}

    @staticmethod
    def children():
        return []
