"""The table of all rules, for people: what each service says of its own, put together as one page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple


class RuleRow(NamedTuple):
    """One rule as the page has it."""

    name: str
    starts: str
    """What it starts with."""
    offsets: str
    """When it falls due, seen from there, as the code has it."""
    counts: str
    """From where the offsets count."""
    ends: str
    text: str
    pushed: bool = False
    fresh: bool = False
    """It starts only with what is published soon after it happened."""


_HEAD: Final = """# All rules

Written by `make docs` from the code: a test holds it to that. Every rule is on or off by its name
(`rapport.member.preferences_set`, `rules`), fires at most once per cycle, and reads what is known again when it falls
due. Times are the member's wall time. Where it has offsets of the member's own, they stand in the same place as the
default: `offsets_days`, or `offsets_hours` for those in hours.

Beside what ends a rule by itself, each of *followups* ends with "dismissed", with "done", which counts as what it asked
for, when it is switched off, and when the person is muted or removed. Who takes "done" or "dismissed" back within 7 days
(`followup.reopened`) has it back as it stood.

*pushed*: comes at its hour; all others wait for the digest, unless the member says otherwise (`push`). An hour that the
member chose (`own_reminder`, `keep_promise`, `remember_date` on its day, and a meeting's `prepare_questions`,
`meeting_today` and `did_it_happen`) is kept: quiet hours and pauses put it off to their end, and so they do with what an
outage made so late that they have begun (`followup.rescheduled` with `instead_of`). `thank` and `after_meeting` are pushed
once, and their further steps wait for the digest; these two, and what the member has switched to `push`, come at most
`per_day` a day.
What waits for the digest lapses, at the earliest, 20 hours after the digest that shows it last, and half an hour before
the next one at the latest.

**Going quiet.** A rule that was shown on three occasions in a row or more (digests that showed something of it as due,
days on which the product says by `followup.shown` that a push was shown), over three weeks at least, without any answer
to it goes quiet: `rapport.rule.quieted`, a little more than an hour before the digest that says so to the member. Days are those
of the member's clocks, and one on which the member answered is no occasion. What the rule asks for is an answer once it is
planned, asked already or not; what no reminder was planned for only wakes what is quiet. What it has open ends with that.
An answer to any of its follow-ups, or switching it on, brings it back at once (`rapport.rule.resumed`), and so does what it
asks for where an event says just that: `thanks.sent` for `thank`; `meeting.proposed` and `meeting.scheduled` for
`second_meeting` and `propose_meeting`, which `call.held` brings back, too; the member's own `invite.why_given` for `say_why`
and `no_answer_yet`, or `invite.sent` with a reason for `say_why`; `invite.why_asked` for `ask_why`; `invite.accepted`,
`invite.declined` and `invite.reported` of an invite that the member received for `answer_invite`; `help.given` and
`introduction.made` for `give_back`; `invite.sent` for `after_gathering`; for `congratulate`, `message.sent`, `thanks.sent`
and `call.held` with somebody within {fresh} days of their new job. Any other message, which may be about anything, brings
nothing back. Else it asks once more after 180 days. What was never shown is no occasion. Own reminders, promises, days to
remember, all rules of a meeting, `stay_in_touch` and `keep_at_it`, which the member asked for, and `reconnect`, which names
other people each week, never go quiet.

**Again and again.** `own_reminder` with `every_days` comes every so many days, answered or not; `stay_in_touch` again
after half the cadence, 14 days at least; `keep_at_it` six times at its own pace, then every 91 days, while the pursuit
is open; `reconnect` week by week, nobody again within 60 days. These 60 days, and the 30 of `give_back`, count only
where something of the rule was shown: whose turn came while there was no address, or no digest, has it again, with the
next three or later.

*fresh*: starts only with an event that is published within {fresh} days after it happened, so that an import of ten
thousand connections does not make ten thousand reminders.
"""
_COLUMNS: Final = ("rule", "starts with", "offsets", "from", "ends with", "text")


def page(services: Iterable[tuple[str, Sequence[RuleRow]]], *, fresh_days: int) -> str:
    """Return the page: a table for each service."""
    parts = [_HEAD.format(fresh=fresh_days)]
    for service, rows in services:
        table = [_line(_COLUMNS), "|---" * len(_COLUMNS) + "|", *(_line(_cells(row)) for row in rows)]
        parts.append(f"## {service}\n\n" + "\n".join(table) + "\n")
    return "\n".join(parts)


def _cells(row: RuleRow) -> tuple[str, ...]:
    marks = [mark for mark, holds in (("pushed", row.pushed), ("fresh", row.fresh)) if holds]
    name = f"`{row.name}`" + (f" *{', '.join(marks)}*" if marks else "")
    return name, row.starts, row.offsets, row.counts, row.ends, row.text


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
