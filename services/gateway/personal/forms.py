"""What a click on a member's own pages says: the same actions as the API's, from the fields of a form.

A form names what it does (`do`) and the thing (`item`), and carries a mark by which nobody else can have sent it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl

from services.gateway.api.actions.channels import ADDRESS, NOT_SEALED, ChannelSeal
from services.gateway.api.actions.event import event_of
from services.gateway.api.actions.table import ERASE, OF_CONTACT, OF_FOLLOWUP, OF_INVITE, OF_MEMBER, SET_CHANNEL, Action
from services.gateway.choice import FIELDS_MAX, BadChoice
from services.gateway.letting_go import WAIT_MINUTES
from services.gateway.personal.content.feed_mark import SWITCH
from shared.calendar import local
from shared.contracts import Event, Unreadable
from shared.contracts.fields import instant_text
from shared.preferences import Preferences

DO: Final = "do"
ITEM: Final = "item"
MARK: Final = "mark"
"""The field against forgery."""
SHOWN: Final = "page"
"""When the page was shown: a click that is repeated is the same event."""
ACTIONS: Final[Mapping[str, Action]] = {
    one.name: one for one in (*OF_MEMBER, *OF_FOLLOWUP, *OF_INVITE, *OF_CONTACT) if one is not ERASE
}
REMIND_AT: Final = "09:00"
"""The wall time of a reminder that is asked for by its day."""
LATER_DAYS: Final[Mapping[str, int]] = {"later_day": 1, "later_week": 7, "later_month": 30}
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_SHOWN: Final = re.compile(r"[0-9]{1,15}")


class Click(NamedTuple):
    """A click: which action, on what, with which body; and what the next page says about it."""

    action: Action
    item: str
    body: dict[str, Any]
    sent_as: str


def fields_of(body: bytes) -> list[tuple[str, str]]:
    """Return the fields of a form; `BadChoice` for what is none."""
    try:
        return parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=FIELDS_MAX)
    except ValueError as error:
        raise BadChoice(f"form: must be URL-encoded, with at most {FIELDS_MAX} fields") from error


def click_of(fields: Sequence[tuple[str, str]], preferences: Preferences, now: datetime) -> Click:
    """Return what a form asks for; `BadChoice` for what no page of ours has."""
    given = dict(fields)
    do, item = given.get(DO, ""), given.get(ITEM, "")
    if do in LATER_DAYS:
        back = _wall(preferences, now, LATER_DAYS[do])
        return Click(ACTIONS["post_followups_one_snooze"], item, {"until": back}, "later")
    match do:
        case "done" | "dismiss" | "reopen":
            return Click(ACTIONS[f"post_followups_one_{do}"], item, {}, do)
        case "back":
            return Click(ACTIONS["post_followups_one_snooze"], item, {"until": instant_text(now)}, do)
        case "keep":
            return Click(ACTIONS["post_invites_one_keep"], item, {}, do)
        case "let_go":
            return Click(ACTIONS["post_invites_one_approve"], item, {"wait_minutes": WAIT_MINUTES}, do)
        case "mute" | "unmute":
            return Click(ACTIONS[f"post_contacts_one_{do}"], item, {}, do)
        case "cadence":
            days = given.get("days", "")
            return Click(ACTIONS["put_contacts_one_cadence"], item, {"every_days": _whole(days) if days else None}, do)
        case "remind":
            return Click(ACTIONS["post_followups"], "", _reminder(given, item), do)
        case _:
            return _preferences(do, item, given, preferences, now)


def _preferences(do: str, item: str, given: Mapping[str, str], preferences: Preferences, now: datetime) -> Click:
    """Return a click on the page of preferences."""
    every = ACTIONS["patch_preferences"]
    match do:
        case "rule_on" | "rule_off":
            return Click(every, "", {"rules": {item: {"on": do == "rule_on"}}}, "rule")
        case "calendar_on" | "calendar_off":
            return Click(every, "", {"rules": {SWITCH: {"on": do == "calendar_on"}}}, "calendar")
        case "quiet":
            return Click(every, "", {"quiet_hours": {"from": given.get("from", ""), "to": given.get("to", "")}}, do)
        case "digest":
            names = ("every", "weekday", "time")
            return Click(every, "", {"digest": {name: given[name] for name in names if given.get(name)}}, do)
        case "channel":
            return Click(SET_CHANNEL, "", {ADDRESS: given.get(ADDRESS, "")}, do)
        case "channel_off":
            return Click(ACTIONS["delete_channel"], "", {}, "channel")
        case "invites":
            return Click(every, "", {"retraction": {"policy": given.get("policy", "")}}, do)
        case "pause":
            until = _wall(preferences, now, _whole(given.get("days", "")))
            return Click(ACTIONS["put_pause"], "", {"paused_until": until}, do)
        case "resume":
            return Click(ACTIONS["delete_pause"], "", {}, do)
        case _:
            raise BadChoice(f"{DO}: is none of what a page does")


def event(click: Click, member: str, shown: str, now: datetime, channels: ChannelSeal | None = None) -> Event:
    """Return the event that a click says; `Unreadable` where the published language does not allow it.

    A reminder has an id of the page and of what it says: from one page that is gone back to, each asks for its own.
    """
    again = f"page/{shown}" if _SHOWN.fullmatch(shown) else None
    body = dict(click.body)
    if click.action is SET_CHANNEL:
        if channels is None:
            raise BadChoice(NOT_SEALED)
        body = channels.sealed(member, body)
    if click.action.kind is ACTIONS["post_followups"].kind:
        what = hashlib.sha256(json.dumps([click.item, body], sort_keys=True).encode()).hexdigest()[:12]
        body["followup_id"] = f"page-{shown if again else int(now.timestamp() * 1000)}-{what}"
    return event_of(click.action, member, click.item, body, again, now)


def _wall(preferences: Preferences, now: datetime, days: int) -> str:
    """Return the wall time so many days later at which the member's mail comes: a moment of theirs, as they chose it."""
    day = local(now, preferences.zone).date() + timedelta(days=days)
    return f"{day.isoformat()}T{preferences.digest_time:%H:%M}"


def _reminder(given: Mapping[str, str], contact_id: str) -> dict[str, Any]:
    if not _DATE.fullmatch(day := given.get("day", "")):
        raise Unreadable("must be a day such as 2026-11-24", "day")
    if not (what := given.get("what", "").strip()):
        raise Unreadable("is missing", "what")  # a browser takes blanks for words
    return {"contact_id": contact_id, "what": what, "due": f"{day}T{REMIND_AT}"}


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 4:
        raise BadChoice("days: must be a number of days")
    return int(text)
