"""A receiver of webhooks that can die: `receiver.py BOARD PORT TAKEN`, with the secret that signs in `SECRET`.

What it takes is a line in the file `TAKEN` before it answers: what it was given is judged, and not what it says it has. How
it answers stands on the board.
"""

from __future__ import annotations

import itertools
import json
import os
import sys
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from standardwebhooks import Webhook, WebhookVerificationError

from tests.chaos.board import ANSWERS, RECEIVER, Board
from tests.chaos.driven import digest_of, end_with_driver


class Receiver(BaseHTTPRequestHandler):
    """Requests of a connection that is kept."""

    protocol_version = "HTTP/1.1"
    board: Board
    taken: int
    """The open file."""
    signed: Webhook
    turns = itertools.count()

    def do_POST(self) -> None:
        """Take an event, or do not, as the board says."""
        length = int(self.headers["content-length"])
        if len(body := self.rfile.read(length)) < length:
            self.close_connection = True  # whoever posted it was killed, or has given it up
            return
        answers = ANSWERS[self.board.read(RECEIVER, "answers")]
        if answers == "fails" or (answers == "fails every other" and next(self.turns) % 2):
            self._answer(503)
            return
        try:
            event = self.signed.verify(body, {name.lower(): value for name, value in self.headers.items()})
        except WebhookVerificationError as error:
            self._keep({"forged": str(error)})
            self._answer(401)
            return
        about = {name: event[name] for name in ("id", "type", "memberid")}
        self._keep({**about, "header": self.headers["webhook-id"], "data": digest_of(event["data"])})
        self._answer(500 if answers == "takes and fails" else 204)

    def _keep(self, line: Mapping[str, str]) -> None:
        os.write(self.taken, json.dumps(line).encode() + b"\n")  # one call: a line is there or not, whoever is killed

    def _answer(self, status: int) -> None:
        self.send_response(status)
        if status != 204:
            self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def main(board: str, port: str, taken: str) -> None:
    """Take events until killed."""
    end_with_driver()
    Receiver.board = Board(Path(board))
    Receiver.taken = os.open(taken, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    Receiver.signed = Webhook(os.environ["SECRET"])
    ThreadingHTTPServer.request_queue_size = 64  # of those that wait while it is asleep
    ThreadingHTTPServer(("127.0.0.1", int(port)), Receiver).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
