"""What the API's routes work with."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from services.gateway.api.access.principals import Authenticate
from services.gateway.api.access.tokens import MemberTokens
from services.gateway.api.actions.channels import ChannelSeal
from services.gateway.api.events.outbox import Outbox
from services.gateway.api.importing.work import Imports
from services.gateway.api.members import Followed
from services.gateway.api.stream.streams import Streams
from services.gateway.port import Asked
from shared.runtime.observability.http_observer import SILENT_HTTP, HttpObserver


@dataclass(frozen=True, slots=True)
class Parts:
    """What the API works with."""

    outbox: Outbox
    authenticate: Authenticate
    tokens: MemberTokens
    now: Callable[[], datetime]
    monotonic: Callable[[], float] = time.monotonic
    observer: HttpObserver = SILENT_HTTP
    members: Followed | None = None
    """None: there is no store to read from."""
    page: Callable[[str, int, str], str] | None = None
    """Returns the link to a member's own page, by member, end and key; None: there are no such pages."""
    streams: Streams | None = None
    """None: there is nothing to hear of changes from."""
    asked: Asked | None = None
    """None: there is nothing that plays records again."""
    imports: Imports | None = None
    """None: there is no store to keep imports in."""
    channels: ChannelSeal | None = None
    """None: there is no secret under which an address could be sealed for *digest*."""
