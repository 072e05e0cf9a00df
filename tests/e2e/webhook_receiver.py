"""A receiver of webhooks in a process of its own: `webhook_receiver.py PORT TAKEN MOST`, with the secret in `SECRET`.

It checks each signature by the public library, keeps what it takes as a line in the file `TAKEN`, and answers then. After
`MOST` of them it hangs in the middle of the next one, until it is killed.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from standardwebhooks import Webhook

HANGS = threading.Event()


class Receiver(BaseHTTPRequestHandler):
    """One request after another, each on a connection of its own."""

    def do_POST(self) -> None:
        """Take an event."""
        body = self.rfile.read(int(self.headers["content-length"]))
        event = Webhook(os.environ["SECRET"]).verify(body, {name.lower(): of for name, of in self.headers.items()})
        if Path(sys.argv[2]).read_text(encoding="utf-8").count("\n") >= int(sys.argv[3]):
            HANGS.wait()
        with Path(sys.argv[2]).open("a", encoding="utf-8") as taken:
            taken.write(json.dumps({"id": event["id"], "member": event["memberid"]}) + "\n")
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    HTTPServer.request_queue_size = 64  # of those that wait while one hangs
    Path(sys.argv[2]).touch()
    HTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()
