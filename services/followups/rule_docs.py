"""The rules of *followups* as a page tells them: the numbers from the rules themselves, the words from here."""

from __future__ import annotations

from typing import Final, NamedTuple

from services.followups.engine.lines import LINES
from services.followups.rules.rule import Rule
from services.followups.rules.table import RULES
from services.followups.rules.triggers import HORIZON
from shared.rules_page import RuleRow


class Told(NamedTuple):
    """What a rule starts with, from where it counts, and what ends it."""

    starts: str
    counts: str
    ends: str


TOLD: Final = {
    "own_reminder": Told("`followup.requested`", "its own time", "done, dismissed"),
    "thank": Told(
        "`contact.connected` or `invite.accepted`", "the connection",
        "`thanks.sent`, the first `message.sent` after it",
    ),
    "propose_meeting": Told(
        "`thanks.sent`, or the first message to somebody newly connected; three people at a time", "the thanks",
        "a meeting that is proposed, agreed or held, `call.held`",
    ),
    "second_meeting": Told(
        "the first `meeting.held` with a person", "that meeting", "another meeting that is proposed, agreed or held"
    ),
    "stay_in_touch": Told(
        "an interaction with a person for whom `contact.cadence_set` names days", "the last interaction and those days",
        "every interaction starts it anew; no cadence any more",
    ),
    "say_why": Told(
        "`invite.sent` without `why`", "the next digest",
        "`invite.why_given`, a message or thanks to the person, any answer, withdrawn, retracted, expired",
    ),
    "no_answer_yet": Told("`invite.sent`", "the invite", "any answer, withdrawn, retracted, expired"),
    "ask_why": Told(
        "`invite.received` without `why`", "the invite", "`invite.why_asked`, `invite.why_given`, any answer, withdrawn"
    ),
    "answer_invite": Told("`invite.received`", "the invite", "any answer, withdrawn, expired"),
    "proposal_unanswered": Told(
        "`meeting.proposed`", "the proposal",
        "`meeting.scheduled`, `meeting.declined`, cancelled, missed or held, `message.received`",
    ),
    "prepare_questions": Told(
        "`meeting.scheduled`", "the meeting; at once at short notice; moves with it",
        "`meeting.questions_prepared`, cancelled, held; its start",
    ),
    "meeting_today": Told(
        "`meeting.scheduled`", "the meeting; never in quiet hours; moves with it", "cancelled, held; its start"
    ),
    "did_it_happen": Told(
        "`meeting.scheduled`", "the end of the meeting; moves with it",
        "`meeting.held`, `meeting.missed`, `meeting.cancelled`",
    ),
    "after_meeting": Told(
        "`meeting.held`", "the meeting", "a message or thanks to one of the people, `note.added`, `promise.made`"
    ),
    "another_day": Told(
        "`meeting.missed`", "the meeting",
        "`meeting.proposed`, another hour, `meeting.held`, a message to one of the people, `call.held`, declined, cancelled",
    ),
    "keep_promise": Told(
        "`promise.made`", "the day before it is due; a step that has passed when it is made is left out",
        "`promise.kept`, `promise.released`; another due day moves it",
    ),
    "give_back": Told(
        "`help.received` with two more times received than given within 90 days", "the next digest",
        "`help.given`, `introduction.made`",
    ),
    "reconnect": Told(
        "nothing that passed between the two, not even that they connected; three people a week",
        "the last interaction; it stands in the next digest then", "every interaction",
    ),
    "keep_at_it": Told(
        "`pursuit.opened` or `pursuit.step_taken`", "the last step", "`pursuit.step_taken`, `pursuit.closed`"
    ),
    "after_gathering": Told(
        "`gathering.attended` where somebody was met", "the gathering",
        "`invite.sent` to one of them; being connected with all of them",
    ),
    "remember_date": Told(
        "`contact.date_set`, each year anew", "the day; 29 February is the 28th in other years",
        "another `contact.date_set` of the same label; the end of the day",
    ),
}  # fmt: skip
"""By rule. Muting or removing the person, "dismissed", and switching the rule off end each of them."""


def rows() -> tuple[RuleRow, ...]:
    """Return a row for each rule, in the order of the rules."""
    return tuple(_row(rule, TOLD[rule.name]) for rule in RULES.values())


def _row(rule: Rule, told: Told) -> RuleRow:
    text = LINES.get(rule.name, "the member's own words")
    return RuleRow(
        rule.name, told.starts, _offsets(rule), told.counts, told.ends, text, bool(rule.pushed), rule.horizon == HORIZON
    )  # fmt: skip


def _offsets(rule: Rule) -> str:
    """Return the days or hours of a rule, and its wall time: `1, 4 days, 09:00`."""
    unit = rule.unit if rule.offsets != (1,) else rule.unit.removesuffix("s")
    offsets = ", ".join(str(offset) for offset in rule.offsets)
    parts = [f"{offsets} {unit}{' before' if rule.before else ''}"]
    if rule.at is not None:
        parts.append(f"{rule.at:%H:%M}")
    if rule.rests_days:
        parts.append(f"again after {rule.rests_days} days at the earliest")
    return ", ".join(parts)
