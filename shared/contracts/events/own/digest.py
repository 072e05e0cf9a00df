"""What the service *digest* says: each digest from its preparation to what became of the mail."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shared.contracts import limits
from shared.contracts.events.event import EventData
from shared.contracts.fields import Attempt, Count, Id, Instant, Name, OwnId, Reason, RuleName
from shared.contracts.topic_names import DIGESTS

PERIOD_PATTERN: Final = r"^[0-9]{4}-(W(0[1-9]|[1-4][0-9]|5[0-3])|(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01]))$"
Period = Annotated[
    str,
    StringConstraints(pattern=PERIOD_PATTERN),
    Field(description="The ISO week or the day of the member's local date.", examples=["2026-W48", "2026-11-24"]),
]
SkipReason = Literal["empty", "paused", "no_address"]
ItemText = Annotated[str, StringConstraints(min_length=1, max_length=limits.DIGEST_TEXT_CHARS_MAX)]


class DigestItem(BaseModel):
    """One thing that a digest tells: what kind it is, whom it is about, and ids for the links."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: RuleName
    """What it is: `due`, `coming`, `meeting`, `proposal`, `notice`, `quiet`, `month`; `due_more` counts those
    beyond the shown."""
    rule: RuleName | None = None
    followup_id: OwnId | None = None
    proposal_id: OwnId | None = None
    invite_id: Id | None = None
    contact_id: Id | None = None
    meeting_id: Id | None = None
    name: Name | None = None
    text: ItemText | None = None
    count: Count | None = None
    """How many there are, where the item stands for several."""
    at: Instant | None = None
    """When it is or was due, or will happen."""


class NamedRetraction(BaseModel):
    """An invite of which a mail said that it will be pulled back, and the instant that it named."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    invite_id: Id
    retract_at: Instant


class AboutDigest(EventData):
    """An event on `rapport.digests.v1` about one digest."""

    TOPIC: ClassVar[str] = DIGESTS
    digest_id: OwnId
    period: Period


class DigestPrepared(AboutDigest):
    """A digest is to be sent; its words are read from the state when it leaves."""

    TYPE: ClassVar[str] = "rapport.digest.prepared"
    items: Annotated[tuple[DigestItem, ...], Field(max_length=limits.DIGEST_ITEMS_MAX)]
    due_at: Instant


class DigestSending(AboutDigest):
    """The mail leaves now. This stands in the log before SMTP begins."""

    TYPE: ClassVar[str] = "rapport.digest.sending"
    attempt: Attempt


class DigestSent(AboutDigest):
    """The mail server took it."""

    TYPE: ClassVar[str] = "rapport.digest.sent"
    attempt: Attempt | None = None
    message_id: Annotated[str, StringConstraints(min_length=1, max_length=limits.MESSAGE_ID_CHARS_MAX)]
    shown: Annotated[tuple[RuleName, ...], Field(max_length=limits.DIGEST_ITEMS_MAX)] = ()
    """The rules of which the mail showed something that is due, each once: an occasion on which the member may answer."""
    retractions: Annotated[tuple[NamedRetraction, ...], Field(max_length=limits.DIGEST_ITEMS_MAX)] = ()
    """The invites of which the mail said that they will be pulled back: by itself none goes that no mail has named."""


class DigestUnknown(AboutDigest):
    """Nobody knows whether the mail left; it is not sent again."""

    TYPE: ClassVar[str] = "rapport.digest.unknown"
    attempt: Attempt


class DigestSkipped(EventData):
    """There is no digest for this period, and why."""

    TYPE: ClassVar[str] = "rapport.digest.skipped"
    TOPIC: ClassVar[str] = DIGESTS
    digest_id: OwnId | None = None
    period: Period
    why: SkipReason


class DigestFailed(AboutDigest):
    """The mail server refused it, or could not be reached."""

    TYPE: ClassVar[str] = "rapport.digest.failed"
    attempt: Attempt
    reason: Reason
    permanent: bool
    """True: no further attempt is made for this period."""
    switched_off: bool = False
    """True: no mail goes to the member any more, until they join again or set their digest or zone: the address does not
    exist, or it could not be reached so often in a row that it is given up."""
