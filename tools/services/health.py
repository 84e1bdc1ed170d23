"""Asks a service whether it is ready. Every function answers None when it is, and otherwise why not."""
import http.client
import json
import os
import socket
import subprocess

TIMEOUT_S = 2


def http_ready(host, port):
    """GET /health/ready, as every one of Sauda's programs answers it."""
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", "/health/ready")
        response = connection.getresponse()
        body = response.read()
    except (OSError, http.client.HTTPException):
        return "does not listen yet"
    finally:
        connection.close()
    if response.status == 200:
        return None
    try:
        return json.loads(body)["error"]
    except (ValueError, KeyError, TypeError):
        return f"answers {response.status}"


def redis_ready(port, user, password):
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
                    return answer.decode(errors="replace") or "closed the connection"
    except OSError:
        return "does not listen yet"
    return None


def postgresql_ready(port, role, environment):
    """A connection as `role`, to the database that every cluster has."""
    words = ["psql", "-h", "127.0.0.1", "-p", str(port), "-U", role, "-w", "-d", "postgres", "-c", "SELECT 1"]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=TIMEOUT_S, env={**os.environ, **environment}, check=False)
    except subprocess.TimeoutExpired:
        return "does not answer"
    return None if done.returncode == 0 else done.stderr.strip().splitlines()[-1]
