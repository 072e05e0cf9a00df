"""What one attempt to deliver something may end in, and the port by which all that delivers is asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Protocol, TypeAlias, TypeVar

ATTEMPT_SECONDS_MAX: Final = 15.0
"""Of a post, from the look-up to the end of the answer: Standard Webhooks asks senders to wait 15 to 30 seconds."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """The receiver said that it has it."""

    answer: bytes = field(default=b"", repr=False, compare=False)
    """What it said besides, where whoever sends wants to know, and it is whole and not too long; else empty."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """The receiver has not got it, for certain: it refused, or was not reached."""

    reason: str
    """In plain words, without anything that the receiver has answered but its status."""
    permanent: bool = False
    """Whether no other attempt at this makes sense."""
    wait_seconds: float = 0.0
    """How long the receiver asked to be left alone."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody can know whether the receiver has it."""

    reason: str


Outcome: TypeAlias = Delivered | Rejected | Unknown

M_contra = TypeVar("M_contra", contravariant=True)


class Sender(Protocol[M_contra]):
    """Makes one attempt to deliver a message."""

    async def send(self, message: M_contra, /) -> Outcome:
        """Deliver it, once. Raises nothing but cancellation."""
