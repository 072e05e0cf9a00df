"""The owner's end of the supervisor: a pipe, and a thread that hears what it reports."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from shared.embedded.folder.private import private
from shared.embedded.supervisor import GENTLE_S, Order, Spec


class Supervised:
    """The owner's end of the supervisor: what it reports, and the pipe whose end ends the servers."""

    def __init__(self, specs: list[Spec], locked: int, log: Path) -> None:
        self.pids: dict[str, int] = {}
        self.ended: set[str] = set()
        self.given_up: set[str] = set()
        self._changed: Callable[[], object] = lambda: None
        script = Path(__file__).with_name("supervisor.py")
        with private(log) as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(script)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                pass_fds=[locked],
                start_new_session=True,  # Ctrl-C reaches the owner alone, who stops them in order
            )
        self._listener = threading.Thread(target=self._listen, name="supervisor", daemon=True)
        self._listener.start()
        self._tell(Order(start=specs, pass_fds=[locked]))

    def keep(self, changed: Callable[[], object]) -> None:
        """From now on, start again what dies; `changed` is called when process ids have changed."""
        self._changed = changed
        self._tell({"keep": True})

    def stop(self) -> None:
        """End the servers and wait for it, at most `GENTLE_S` and a little."""
        self._changed = lambda: None
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(GENTLE_S + 5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._listener.join(5)
        for name, pid in self.pids.items():
            if name not in self.ended and self._process.returncode != 0:  # the supervisor was killed before them
                with suppress(ProcessLookupError):
                    os.kill(pid, 9)

    def _tell(self, message: Any) -> None:
        assert self._process.stdin is not None
        with suppress(OSError):  # it died: the listener has seen it
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
            self._process.stdin.flush()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as reports:
            for line in reports:
                report = json.loads(line)
                if "started" in report:
                    self.pids[report["started"]] = report["pid"]
                    self.ended.discard(report["started"])
                    self.given_up.discard(report["started"])
                    with suppress(OSError):
                        self._changed()
                elif "ended" in report:
                    self.ended.add(report["ended"])
                elif "gave_up" in report:
                    self.given_up.add(report["gave_up"])
                    with suppress(OSError):
                        self._changed()
