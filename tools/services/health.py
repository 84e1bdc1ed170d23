"""Asks a service how it is."""
import http.client
import json
import os
import socket
import subprocess
from typing import NamedTuple

TIMEOUT_S = 2


class Health(NamedTuple):
    """Alive: it answers. Ready: it does its work. The problem is a sentence, empty when it is ready."""
    is_alive: bool
    is_ready: bool
    problem: str = ""


READY = Health(True, True)
ABSENT = Health(False, False, "does not listen yet")


def of_http(host, port):
    """GET /health/ready, as every one of Sauda's programs answers it."""
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", "/health/ready")
        response = connection.getresponse()
        body = response.read()
    except (OSError, http.client.HTTPException):
        return ABSENT
    finally:
        connection.close()
    if response.status == 200:
        return READY
    try:
        return Health(True, False, json.loads(body)["error"])
    except (ValueError, KeyError, TypeError):
        return Health(True, False, f"answers {response.status}")


def of_redis(port, user, password):
    """PING as `user`."""
    words = (("AUTH", user, password), ("PING",))
    text = "".join(f"*{len(command)}\r\n" + "".join(f"${len(word)}\r\n{word}\r\n" for word in command) for command in words)
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S) as connection:
            connection.sendall(text.encode())
            answers = connection.makefile("rb")
            for wanted in (b"+OK", b"+PONG"):
                answer = answers.readline().strip()
                if answer != wanted:
                    return Health(False, False, answer.decode(errors="replace") or "closed the connection")
    except OSError:
        return ABSENT
    return READY


def of_postgresql(port, role, environment):
    """A connection as `role`, to the database that every cluster has."""
    words = ["psql", "-h", "127.0.0.1", "-p", str(port), "-U", role, "-w", "-d", "postgres", "-c", "SELECT 1"]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=TIMEOUT_S, env={**os.environ, **environment}, check=False)
    except subprocess.TimeoutExpired:
        return ABSENT
    return READY if done.returncode == 0 else Health(False, False, done.stderr.strip().splitlines()[-1])
