"""The gateway's application: the pages behind links as they are, and beside them the API below `/v1`.

The API decides nothing: to write is to publish an event, as a product would that has a Kafka client, and the answer comes
after Kafka's acknowledgement. Each route names the scope that it needs (`access.needs`); what has none is not served.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from fastapi import APIRouter, FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from services.gateway.api.access.guard import Guard
from services.gateway.api.documented import describe
from services.gateway.api.limits import Rates
from services.gateway.api.parts import Parts
from services.gateway.api.problems import HANDLERS
from services.gateway.api.routes import actions, asking, events, importing, member_tokens, reading, stream

VERSION: Final = "1"
PREFIX: Final = f"/v{VERSION}"
OPENAPI: Final = f"{PREFIX}/openapi.json"
"""Tells nothing that the project's own pages do not: anybody may read it."""


def api(parts: Parts, routers: Sequence[APIRouter] = ()) -> FastAPI:
    """Return the API without what stands before it. `routers`: further routes, each with the scope that it needs."""
    made = FastAPI(
        title="Rapport",
        version=VERSION,
        openapi_url=OPENAPI,
        docs_url=None,
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
        redirect_slashes=False,  # an address is right or wrong: nothing leads on to another
        exception_handlers=HANDLERS,
        generate_unique_id_function=lambda route: route.name,
    )
    for router in (
        reading.router(parts),  # first, as routes are tried in this order, and none is asked for as often
        events.router(parts),
        actions.router(parts),
        importing.router(parts),
        asking.router(parts),
        stream.router(parts),
        member_tokens.router(parts),
        *routers,
    ):
        made.include_router(router, prefix=PREFIX)
    describe(made)
    return made


def application(pages: ASGIApp, parts: Parts, routers: Sequence[APIRouter] = (), path: str = "") -> ASGIApp:
    """Return what an ASGI server runs: below `{path}/v1` the API, and all else as `pages` answers it.

    `path` is that of the public address, which proxies leave as it is.
    """
    guarded = Guard(
        api(parts, routers), parts.authenticate, Rates(parts.monotonic), parts.observer, frozenset({OPENAPI})
    )
    root, below = f"{path}{PREFIX}".encode(), f"{path}{PREFIX}/".encode()

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        raw = scope["raw_path"]
        if raw == root or raw.startswith(below):
            await guarded({**scope, "raw_path": raw[len(path.encode()) :]}, receive, send)
        else:
            await pages(scope, receive, send)

    return serve
