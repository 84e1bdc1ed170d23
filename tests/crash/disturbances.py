"""What is done to the programs of `./run services`, one thing a round: by name, a function of the exchange and of the
choices. Each returns when it is over: who was killed runs again, who was stopped goes on. Nothing else is put right by hand.
"""

import signal
import time

KILLED = ("redis", "engine", "api-server", "event-broadcaster", "history-writer", "haproxy", "postgresql")
NOBODY_LISTENS = ("127.0.0.1", "1")   # tcpmux: reserved, and not used


def pick(exchange, rng, kind):
    """One of the programs of a kind."""
    return rng.choice([name for name in exchange.programs() if name.startswith(kind)])


def kill(kind):
    return lambda exchange, rng: exchange.kill_program(pick(exchange, rng, kind))


def stop(kind):
    """It is stopped for a while and goes on as if it had not been."""
    def disturb(exchange, rng):
        name = pick(exchange, rng, kind)
        exchange.signal_program(name, signal.SIGSTOP)
        time.sleep(rng.uniform(0.3, 3))
        exchange.signal_program(name, signal.SIGCONT)
    return disturb


def slow_redis(exchange, rng):
    """It has the processor a quarter of the time only, in short turns."""
    for _ in range(rng.randint(5, 15)):
        exchange.signal_program("redis", signal.SIGSTOP)
        time.sleep(rng.uniform(0.1, 0.3))
        exchange.signal_program("redis", signal.SIGCONT)
        time.sleep(0.05)


def flush_redis(exchange, rng):
    """Streams, sessions, tickets: everything is gone."""
    for _ in range(rng.randint(1, 3)):
        exchange.redis_cli("FLUSHALL")
        time.sleep(rng.uniform(0, 0.5))


def fill_redis(exchange, _):
    """Out of memory: it takes no more writes. Connections keep the share of memory that they have in redis.conf, or Redis would close them,
    and with them the one that ends this.
    """
    exchange.redis_cli("CONFIG", "SET", "maxmemory", "1mb", "maxmemory-clients", "256mb")
    time.sleep(2)
    exchange.redis_cli("CONFIG", "SET", "maxmemory", "512mb", "maxmemory-clients", "50%")


def demote_redis(exchange, _):
    """READONLY: what a master is to its clients after a failover that they have not heard of."""
    exchange.redis_cli("REPLICAOF", *NOBODY_LISTENS)
    time.sleep(2)
    exchange.redis_cli("REPLICAOF", "NO", "ONE")


def pause_redis(exchange, rng):
    """It takes commands and answers them much later."""
    seconds = rng.choice((1.5, 5))
    exchange.redis_cli("CLIENT", "PAUSE", str(round(seconds * 1000)), "ALL")
    time.sleep(seconds)


def fail_over(sig):
    """The master of Redis goes, and the Sentinels make its replica the master."""
    def disturb(exchange, _):
        took = exchange.redis.fail_over(sig)
        print(f"another master was named after {took:.2f} s", flush=True)
    return disturb


# Where Redis has Sentinels; then it is none of the programs, and what is done to it alone does not go.
OF_SENTINELS = {"redis-failover": fail_over(signal.SIGKILL), "redis-failover-stop": fail_over(signal.SIGSTOP)}

ALL = {**{f"{kind}-kill": kill(kind) for kind in KILLED}, **{f"{kind}-stop": stop(kind) for kind in KILLED},
       "redis-slow": slow_redis, "redis-flush": flush_redis, "redis-full": fill_redis, "redis-readonly": demote_redis,
       "redis-pause": pause_redis}
