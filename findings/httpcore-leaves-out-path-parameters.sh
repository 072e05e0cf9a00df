#!/bin/sh
# httpcore asks for another resource than the one of the address it was given, where the path ends in `;parameters`.
#
# RFC 3986, section 3.3: a semicolon is a letter of the path like any other, and what stands behind it is part of it. httpcore
# makes a `URL` of a text with `urllib.parse.urlparse`, which splits the parameters of the last segment off, and puts only path
# and query together again. No error: the server is asked for something else. httpx, which stands on httpcore, hands it the
# parts of an address and so asks rightly: whoever goes one layer down gets another resource for the same text.
#
# One would guess: `stream("GET", address)` asks for that address, as httpx does.
#
# Seen: httpcore 1.0.9, httpx 0.28.1, Python 3.11.7 (and 3.13.0):
#   given     /a/calendar.ics;v=1?x=1
#   httpcore  GET /a/calendar.ics?x=1
#   httpx     GET /a/calendar.ics;v=1?x=1
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check httpcore==1.0.9 httpx==0.28.1
"$folder/venv/bin/python" - <<'PYTHON'
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version

import httpcore
import httpx

GIVEN = "/a/calendar.ics;v=1?x=1"
asked = []


class Server(BaseHTTPRequestHandler):
    def do_GET(self):
        asked.append(self.path)
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
address = f"http://127.0.0.1:{server.server_port}{GIVEN}"
httpcore.request("GET", address)
httpx.get(address, trust_env=False)
print(f"httpcore {version('httpcore')}, httpx {version('httpx')}")
print("  given    ", GIVEN)
print("  httpcore  GET", asked[0])
print("  httpx     GET", asked[1])
sys.exit(asked != ["/a/calendar.ics?x=1", GIVEN])
PYTHON
