"""Digests and preferences."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from services.gateway.reading.forms import answers
from services.gateway.reading.view import ProjectionView, digests
from shared.preference_statements import WEEKDAYS
from shared.preferences import Rule

_RULE: Final = frozenset("+@%!")
"""What stands before a rule's name in the registers of preferences."""


def digests_of(view: ProjectionView) -> answers.MemberDigests:
    """Return the last digests, the latest first."""
    state = digests(view)
    listed = [
        answers.DigestFate(
            period=one.period, outcome=one.outcome, at=one.at, due_at=one.due_at, items=one.items, attempt=one.attempt,
            reason=one.reason or None,
        )
        for one in reversed(state.by_period.values())
    ]  # fmt: skip
    sent = max((one.at for one in listed if one.outcome == "sent"), default=None)
    given_up = state.off_at if state.off_at is not None and (sent is None or sent < state.off_at) else None
    return answers.MemberDigests(digests=listed, given_up_at=given_up)


def preferences_of(view: ProjectionView) -> answers.MemberPreferences:
    """Return what holds for the member, defaults included."""
    preferences = view.profile.preferences
    rules = sorted({name[1:] for name in preferences.registers if name[0] in _RULE})
    quiet_from, quiet_to = preferences.quiet
    return answers.MemberPreferences(
        name=preferences.name,
        email=preferences.email,
        zone=preferences.zone,
        locale=preferences.locale,
        quiet_from=f"{quiet_from:%H:%M}",
        quiet_to=f"{quiet_to:%H:%M}",
        digest_every=preferences.digest_every,
        digest_weekday=WEEKDAYS[preferences.digest_weekday],
        digest_time=f"{preferences.digest_time:%H:%M}",
        retraction_policy=preferences.policy,
        retraction_after_days=preferences.stale_after.days,
        retraction_notice_days=preferences.notice.days,
        per_day=preferences.per_day,
        paused_until=preferences.paused_until,
        channel=preferences.channel,
        channel_given_up_at=_given_up_at(view),
        rules={name: _wish(preferences.rule(name)) for name in rules},
    )


def _given_up_at(view: ProjectionView) -> datetime | None:
    """Return since when the member's channel takes nothing, if they have named none since."""
    wishes = view.profile.preferences
    if wishes.channel is None:
        return None
    off_at, named_at = digests(view).channel_off_at, wishes.channel_set_at
    return off_at if off_at is not None and named_at is not None and off_at >= named_at else None


def _wish(rule: Rule) -> answers.RuleWish:
    return answers.RuleWish(
        on=rule.on,
        offsets_days=None if rule.offsets is None else [one.days for one in rule.offsets],
        offsets_hours=None if rule.hours is None else [round(one.total_seconds() / 3600) for one in rule.hours],
        push=rule.push,
    )
