"""One program that runs as a child: started, watched, started again when it dies, stopped."""
import ctypes
import os
import signal
import subprocess
import time

PAUSE_FIRST_S = 0.2
PAUSE_MAX_S = 5
STEADY_AFTER_S = 10  # who ran so long begins with the first pause again
PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None, use_errno=True)


def _die_with_parent(parent, sig):
    _libc.prctl(PR_SET_PDEATHSIG, sig)
    if os.getppid() != parent:  # it went before the line above
        os._exit(1)


class Child:
    """A program with its log file. No child outlives this process, however it ends.

    `health` tells how the program is. `descriptors` stay open in it. It must be
    started from the main thread: children die with the thread that made them.
    """

    def __init__(self, name, words, log_path, health, environment=None, stop_signal=signal.SIGTERM, descriptors=()):
        self.name = name
        self.words = words
        self.log_path = log_path
        self.health = health
        self.environment = environment
        self.stop_signal = stop_signal
        self.descriptors = descriptors
        self.process = None
        self.restarts = 0
        self._started_at = 0.0
        self._pause_s = PAUSE_FIRST_S
        self._start_at = None  # set while it waits to be started again

    def start(self):
        parent = os.getpid()
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment,
                                            start_new_session=True, pass_fds=self.descriptors,
                                            preexec_fn=lambda: _die_with_parent(parent, signal.SIGKILL))
        self._started_at = time.monotonic()
        self._start_at = None

    @property
    def logs(self):
        """Its files: what it logs, and what it prints."""
        return os.path.splitext(self.log_path)[0] + ".*"

    @property
    def pid(self):
        return self.process.pid if self.process else None

    def has_ended(self):
        return self.process is not None and self.process.poll() is not None

    def how_it_ended(self):
        status = self.process.returncode
        return f"was ended by {signal.Signals(-status).name}" if status < 0 else f"ended with {status}"

    def look(self):
        """Starts it again when it has died, after a pause that doubles. What there is to tell, or None."""
        now = time.monotonic()
        if self._start_at is not None:
            if now < self._start_at:
                return None
            try:
                self.start()
            except OSError as problem:  # no memory, no file descriptors: maybe later
                self._start_at = now + PAUSE_MAX_S
                return f"{self.name} cannot be started: {problem}"
            self.restarts += 1
            return f"{self.name} starts again, process {self.pid}"
        if not self.has_ended():
            return None
        if now - self._started_at >= STEADY_AFTER_S:
            self._pause_s = PAUSE_FIRST_S
        self._start_at = now + self._pause_s
        told = f"{self.name} {self.how_it_ended()}; it starts again in {self._pause_s:g} s; see {self.logs}"
        self._pause_s = min(2 * self._pause_s, PAUSE_MAX_S)
        return told

    def signal(self, sig):
        if self.process and self.process.poll() is None:
            self.process.send_signal(sig)

    def tail(self, lines=5):
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return "".join(log.readlines()[-lines:])


def stop_together(children, patience_s):
    """Asks them to stop, waits, and ends who does not. The names of those that did not end in order."""
    for child in children:
        child.signal(child.stop_signal)
    end = time.monotonic() + patience_s
    disorderly = []
    for child in children:
        if child.process is None:
            continue
        try:
            child.process.wait(max(0.0, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.process.kill()
            child.process.wait()
        if child.process.returncode not in (0, -child.stop_signal):
            disorderly.append(f"{child.name} {child.how_it_ended()}")
    return disorderly
