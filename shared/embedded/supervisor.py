"""The process between Rapport and its servers: they live as long as it does, and it lives as long as its parent.

It holds the reading end of a pipe whose writing end only the parent has. However the parent ends, `kill -9` included,
the system closes that end; the supervisor then ends the servers, gently first. This works on every Unix, needs no
polling of process ids, and no cooperation of the servers.

It runs as a script of its own (`python -I -S supervisor.py`) and imports nothing but the standard library, so it starts
in a few milliseconds and nothing in a working folder can get in its way. It talks in JSON lines:

    in    {"start": [{"name", "argv", "cwd", "log"}...], "pass_fds": [...]}     once
          {"keep": true}     from now on a server that dies is started again
    out   {"started": name, "pid": n}     {"ended": name, "code": n}     {"gave_up": name}
          (it is tried again after a minute)
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import TypedDict

GENTLE_S = 60.0
"""How long servers get to end by themselves before they are killed.

Kafka closes its log in less than a second. The first that ends writes its archive of classes, too (see `classes`): 3 s,
and half a minute on a busy machine.
"""
LOOK_S = 0.1
"""How often it looks whether a server still lives."""
RESTARTS_MAX = 5
"""Restarts of one server within `CALM_S`; then it rests as long, said so, and is tried again."""
CALM_S = 60.0
LINE_BYTES_MAX = 1_000_000


class Spec(TypedDict):
    """One server: what to run, where, and the file for what it prints."""

    name: str
    argv: list[str]
    cwd: str
    log: str


class Order(TypedDict):
    """The parent's first line."""

    start: list[Spec]
    pass_fds: list[int]
    """Descriptors that every server inherits: the data folder stays locked as long as one of them lives."""


class Supervisor:
    """The servers, and what became of them."""

    def __init__(self, order: Order) -> None:
        self.specs = {spec["name"]: spec for spec in order["start"]}
        self.inherited = order["pass_fds"]
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.restarts: dict[str, list[float]] = {name: [] for name in self.specs}
        self.resting: dict[str, float] = {}
        """Servers that died too often, and when each is tried again."""
        self.keep = False

    def start(self, name: str) -> None:
        spec = self.specs[name]
        with open(spec["log"], "ab") as log:  # noqa: PTH123 - pathlib would double the start time
            self.running[name] = subprocess.Popen(
                spec["argv"],
                cwd=spec["cwd"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=self.inherited,
                start_new_session=True,
            )
        say(started=name, pid=self.running[name].pid)

    def look(self) -> None:
        """Report servers that have ended; start them again when they are to be kept."""
        for name, process in list(self.running.items()):
            if (code := process.poll()) is None:
                continue
            del self.running[name]
            say(ended=name, code=code)
            if not self.keep:
                continue
            now = time.monotonic()
            recent = [at for at in self.restarts[name] if now - at < CALM_S]
            self.restarts[name] = [*recent, now]
            if len(recent) < RESTARTS_MAX:
                self.start(name)
            else:
                self.resting[name] = now + CALM_S
                say(gave_up=name)
        for name in [name for name, at in self.resting.items() if time.monotonic() >= at]:
            del self.resting[name]
            self.start(name)

    def stop(self) -> None:
        """End all servers: ask, wait a bounded time, then kill."""
        for process in self.running.values():
            process.terminate()
        deadline = time.monotonic() + GENTLE_S
        for process in self.running.values():
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def say(**message: object) -> None:
    """Tell the parent, who may be gone."""
    try:
        os.write(1, json.dumps(message).encode() + b"\n")
    except OSError:
        return


def lines() -> Iterator[bytes | None]:
    """Yield the parent's lines as they come, None while there is none; end when the parent has ended."""
    buffer = b""
    while len(buffer) < LINE_BYTES_MAX:
        readable, _, _ = select.select([0], [], [], LOOK_S)
        if not readable:
            yield None
            continue
        chunk = os.read(0, 65536)
        if not chunk:
            return
        *complete, buffer = (buffer + chunk).split(b"\n")
        yield from complete


def main() -> None:
    """Read the order, start the servers, watch them, and end them with the parent."""
    os.umask(0o077)  # what the servers write is for their owner alone
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    supervisor: Supervisor | None = None
    try:
        for line in lines():
            if supervisor is not None:
                supervisor.look()
            if not line:
                continue
            message = json.loads(line)
            if "start" in message:
                supervisor = Supervisor(message)
                for name in supervisor.specs:
                    supervisor.start(name)
            elif supervisor is not None:
                supervisor.keep = bool(message.get("keep"))
    finally:
        if supervisor is not None:
            supervisor.stop()


if __name__ == "__main__":
    main()
