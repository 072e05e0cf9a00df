"""The forms of the answers, as the OpenAPI document describes them. Instants are UTC; what is not known is left out."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

from shared.contracts import ChannelName
from shared.contracts.fields import instant_text

At = Annotated[datetime, PlainSerializer(instant_text, return_type=str, when_used="json")]
"""An instant."""
State = Literal["overdue", "due", "waiting", "coming"]
InviteState = Literal[
    "open", "ignored", "proposed", "kept", "letting_go", "noticed", "accepted", "declined", "reported", "withdrawn",
    "retracted", "expired",
]  # fmt: skip
ID: Final = "contact/zoe-moreau/thank/2026-11-03"
ZOE: Final[dict[str, Any]] = {"id": "zoe-moreau", "name": "Zoé Moreau"}


def example(**one: Any) -> ConfigDict:
    """Return the configuration of a form with one example."""
    return ConfigDict(frozen=True, json_schema_extra={"examples": [one]})


class Who(BaseModel):
    """A person."""

    model_config = example(**ZOE)
    id: str
    name: str | None = None


class AgendaEntry(BaseModel):
    """One thing on the agenda."""

    model_config = example(
        state="due",
        kind="followup",
        id=ID,
        at="2026-11-04T08:00:00.000Z",
        rule="thank",
        who=ZOE,
        text="Thank Zoé Moreau",
    )
    state: State
    """`overdue`: due since a day before today, by the member's calendar; `due`: since today; `waiting`: for the member's
    word, without an hour; `coming`: later."""
    kind: Literal["followup", "meeting", "invite"]
    id: str
    at: At | None = None
    rule: str | None = None
    who: Who | None = None
    what: str | None = None
    """In the member's own words."""
    text: str | None = None
    """One line for a person."""
    starts_at: At | None = None
    """When the meeting starts that it is about, or that it is."""
    promised_for: At | None = None
    """When the promise is due that it is about."""
    on_day: date | None = None
    """The day to remember that it is about: `at` may be a week before."""
    place: str | None = None


class MemberAgenda(BaseModel):
    """What is due, waits and comes, the earliest first within each state."""

    model_config = example(
        entries=[{"state": "due", "kind": "followup", "id": ID, "at": "2026-11-04T08:00:00.000Z", "rule": "thank"}]
    )
    entries: list[AgendaEntry]
    next: str | None = None
    """The cursor of the next page; absent on the last one."""


class OpenFollowup(BaseModel):
    """A follow-up that is planned or waits for the member."""

    model_config = example(id=ID, state="due", rule="thank", due_at="2026-11-04T08:00:00.000Z", attempt=1, who=ZOE)
    id: str
    state: State
    rule: str
    due_at: At
    attempt: int
    """How often it fell due."""
    pushed: bool = False
    """Whether it was to be pushed at its hour; else it waits for the digest."""
    who: Who | None = None
    what: str | None = None
    text: str | None = None
    starts_at: At | None = None
    promised_for: At | None = None
    lapses_at: At | None = None
    on_day: date | None = None
    """The day to remember that it is about."""
    instead_of: At | None = None
    """When it was to be said, where nobody was there to say it until quiet hours had begun: it comes at their end."""


class EndedFollowup(BaseModel):
    """A follow-up that has ended lately."""

    model_config = example(id=ID, how="completed", at="2026-11-04T10:12:00.000Z")
    id: str
    how: Literal["completed", "cancelled", "lapsed"]
    at: At


class MemberFollowups(BaseModel):
    """All follow-ups."""

    model_config = example(open=[], ended=[{"id": ID, "how": "completed", "at": "2026-11-04T10:12:00.000Z"}], quiet={})
    open: list[OpenFollowup]
    ended: list[EndedFollowup]
    """The last ones, the latest first."""
    quiet: dict[str, At]
    """By rule that is quiet: when it asks again by itself."""
    next: str | None = None


class InviteStanding(BaseModel):
    """An invite."""

    model_config = example(id="inv-4711", state="proposed", side="sent", sent_at="2026-08-03T09:00:00.000Z", who=ZOE)
    id: str
    state: InviteState
    side: Literal["sent", "received"] | None = None
    """Absent: nobody told of its sending yet."""
    sent_at: At | None = None
    who: Who | None = None
    why: str | None = None
    kept_until: At | None = None
    retract_at: At | None = None
    """When it will be pulled back: as was announced, or when what the member lets go has waited."""
    may_invite_again_since: At | None = None


class OpenProposal(BaseModel):
    """What the member is asked about invites that nobody answered."""

    model_config = example(id="proposal/1", at="2026-11-03T09:00:00.000Z", attempt=1, invite_ids=["inv-4711"], more=0)
    id: str
    at: At
    attempt: int
    invite_ids: list[str]
    """Those it shows that still wait for an answer."""
    more: int
    """How many it lists beyond those it shows."""


class MemberInvites(BaseModel):
    """The invites, the latest sent first."""

    model_config = example(invites=[], counts={"open": 12, "proposed": 3})
    invites: list[InviteStanding]
    counts: dict[InviteState, int]
    """Of all pages."""
    proposal: OpenProposal | None = None
    next: str | None = None


class MeetingStanding(BaseModel):
    """A meeting, or the proposal of one."""

    model_config = example(
        id="lunch-1",
        status="scheduled",
        starts_at="2026-11-12T11:30:00.000Z",
        zone="Europe/Paris",
        minutes=60,
        people=[ZOE],
    )
    id: str
    status: Literal["proposed", "scheduled", "declined", "cancelled", "missed", "held"]
    starts_at: At | None = None
    zone: str | None = None
    kind: str | None = None
    minutes: int | None = None
    place: str | None = None
    people: list[Who] = []
    more_people: int = 0
    """How many more there are."""
    questions: int | None = None


class PromiseStanding(BaseModel):
    """A promise of the member's that is open, or was settled lately."""

    model_config = example(id="p-1", what="Send the paper.", due_at="2026-12-01T08:00:00.000Z", who=ZOE, state="open")
    id: str
    state: Literal["open", "kept", "released"]
    what: str | None = None
    due_at: At | None = None
    who: Who | None = None


class MemberMeetings(BaseModel):
    """Meetings, those that come first; then promises."""

    model_config = example(meetings=[], promises=[])
    meetings: list[MeetingStanding]
    promises: list[PromiseStanding]


class Happened(BaseModel):
    """Something between the two."""

    model_config = example(type="rapport.call.held", at="2026-11-03T09:00:00.000Z", what="She moves to Lyon in May.")
    type: str
    at: At
    what: str | None = None


class PersonPage(BaseModel):
    """A person: why the two met, what was done lately, what comes."""

    model_config = example(id="zoe-moreau", name="Zoé Moreau", connected=True, muted=False, why="Your talk.")
    id: str
    name: str | None = None
    connected: bool | None = None
    """Absent: nothing was told."""
    connected_since: At | None = None
    muted: bool = False
    cadence_days: int | None = None
    why: str | None = None
    dates: dict[str, str] = {}
    """By label: month and day, `05-17`."""
    lately: list[Happened] = []
    """The latest first."""
    followups: list[OpenFollowup] = []
    meetings: list[MeetingStanding] = []
    promises: list[PromiseStanding] = []


class DigestFate(BaseModel):
    """One digest, and what became of it."""

    model_config = example(period="2026-W45", outcome="sent", at="2026-11-02T08:00:02.000Z", items=7, attempt=1)
    period: str
    outcome: Literal["prepared", "sending", "sent", "unknown", "failed", "skipped"]
    at: At
    due_at: At | None = None
    items: int = 0
    attempt: int = 0
    reason: str | None = None


class MemberDigests(BaseModel):
    """The last digests, the latest first."""

    model_config = example(digests=[{"period": "2026-W45", "outcome": "sent", "at": "2026-11-02T08:00:02.000Z"}])
    digests: list[DigestFate]
    given_up_at: At | None = None
    """When mails to the address were given up, where they were since the last digest that was sent."""


class RuleWish(BaseModel):
    """What the member wishes of one rule; what is absent has the rule's own default."""

    on: bool | None = None
    offsets_days: list[int] | None = None
    offsets_hours: list[int] | None = None
    push: bool | None = None


class MemberPreferences(BaseModel):
    """What holds for the member, defaults included."""

    model_config = example(
        name="Ada", zone="Europe/Paris", locale="en", quiet_from="21:00", quiet_to="08:00", digest_every="weekly",
        digest_weekday="mon", digest_time="08:00", retraction_policy="ask", retraction_after_days=90,
        retraction_notice_days=7, per_day=3, rules={},
    )  # fmt: skip
    name: str | None = None
    email: str | None = None
    zone: str
    locale: str
    quiet_from: str
    quiet_to: str
    digest_every: Literal["off", "daily", "weekly"]
    digest_weekday: str
    digest_time: str
    retraction_policy: Literal["ask", "auto", "never"]
    retraction_after_days: int
    retraction_notice_days: int
    per_day: int
    paused_until: At | None = None
    channel: ChannelName | None = None
    """Where what is pushed goes beside the product. Its address is not told."""
    channel_given_up_at: At | None = None
    """Since when it takes nothing from us: until the member names one again."""
    rules: dict[str, RuleWish] = Field(default_factory=dict)
