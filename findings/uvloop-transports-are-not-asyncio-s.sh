#!/usr/bin/env bash
# uvloop 0.23 and asyncio of Python 3.11: a transport of uvloop is none by `isinstance`, nor is a server.
#
# One would guess: an event loop that takes asyncio's place gives transports that are `asyncio.Transport`, as its protocols and
# servers are handed those and the documentation of asyncio has them as base classes.
# What is so: they have all the methods, and are instances of none of these classes. So code that narrows a type by
# `isinstance(transport, asyncio.WriteTransport)`, as type checkers ask for, goes the other way in uvloop, or fails. A server is
# no `asyncio.AbstractServer` either; only the loop is an `asyncio.AbstractEventLoop`.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip --quiet --disable-pip-version-check install uvloop==0.23.0
cat > seen.py <<'PY'
import asyncio
import sys

import uvloop


class Seen(asyncio.Protocol):
    def __init__(self, seen):
        self.seen = seen

    def connection_made(self, transport):
        kinds = (asyncio.BaseTransport, asyncio.ReadTransport, asyncio.WriteTransport, asyncio.Transport)
        is_one = [isinstance(transport, kind) for kind in kinds]
        has_all = all(hasattr(transport, name) for name in dir(asyncio.Transport) if not name.startswith("_"))
        transport.abort()
        self.seen.set_result((any(is_one), all(is_one), has_all))


async def main():
    loop = asyncio.get_running_loop()
    seen = loop.create_future()
    server = await loop.create_server(lambda: Seen(seen), "127.0.0.1", 0)
    await loop.create_connection(asyncio.Protocol, *server.sockets[0].getsockname())
    print(*await seen, isinstance(loop, asyncio.AbstractEventLoop), isinstance(server, asyncio.AbstractServer))
    server.close()


(uvloop if sys.argv[1] == "uvloop" else asyncio).run(main())
PY
echo "any class of asyncio's, all of them, all of their methods; the loop, the server:"
for kind in asyncio uvloop; do
    said=$(venv/bin/python seen.py $kind)
    echo "$kind: $said"
    case "$kind $said" in
        "asyncio True True True True True" | "uvloop False False True True False") ;;
        *) echo "the behaviour has changed"; exit 1 ;;
    esac
done
venv/bin/python -c "import sys, uvloop; print('Python', sys.version.split()[0], 'uvloop', uvloop.__version__)"
echo "as described"
