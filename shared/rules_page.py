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
(`rapport.member.preferences_set`, `rules`), fires at most once per cycle, and looks at the state again when it falls due.
Times are the member's wall time. Offsets of the member's own stand in the same place as the default: `offsets_days`, or
`offsets_hours` for those in hours.

Beside what ends a rule by itself, each of *followups* ends with "dismissed", and with "done", which counts as what it asked
for. It ends when it is switched off, and when the person is muted or removed. A member who takes "done" or "dismissed" back
within 7 days (`followup.reopened`) has it back as it was.

*pushed*: comes at its hour. All others wait for the digest, unless the member says otherwise (`push`).

- The member chose the hour of `own_reminder`, of `keep_promise`, of `remember_date` on its day, and of a meeting's
  `prepare_questions`, `meeting_today` and `did_it_happen`. Such an hour is kept: quiet hours and pauses put it off to their
  end (`followup.rescheduled` with `instead_of`), also when an outage has made it so late that they have begun.
- `thank` and `after_meeting` are pushed once, and their further steps wait for the digest. These two, and what the member
  has switched to `push`, come at most `per_day` a day.
- What waits for the digest lapses 20 hours after the digest that shows it last at the earliest, and half an hour before the
  next one at the latest.

*fresh*: starts only with an event that is published within {fresh} days after it happened, so that an import of ten
thousand connections does not make ten thousand reminders.

**Going quiet.** A rule goes quiet that was shown on three occasions in a row or more, over three weeks at least, without any
answer to it: `rapport.rule.quieted`, a little more than an hour before the digest that says so. Occasions are digests that
showed something of it as due, and days on which the product says by `followup.shown` that a push was shown. Days are those of
the member's clocks. A day on which the member answered is no occasion, and nor is what was never shown. What the rule asks
for is an answer once it is planned, asked already or not. Where no reminder was planned for it, it only wakes a quiet rule.
What the quiet rule has open ends.

A quiet rule asks once more after 180 days. An answer to any of its follow-ups, or switching it on, brings it back at once
(`rapport.rule.resumed`). So does an event that says just what it asks for:

- `thank`: `thanks.sent`
- `second_meeting` and `propose_meeting`: `meeting.proposed`, `meeting.scheduled`, `call.held`
- `say_why`: the member's own `invite.why_given`, or `invite.sent` with a reason; `no_answer_yet`: the first of the two
- `ask_why`: `invite.why_asked`
- `answer_invite`: `invite.accepted`, `invite.declined` and `invite.reported` of an invite that the member received
- `give_back`: `help.given`, `introduction.made`
- `after_gathering`: `invite.sent`
- `congratulate`: `message.sent`, `thanks.sent` and `call.held` with somebody within {fresh} days of their new job

Any other message, which may be about anything, brings nothing back. These never go quiet: what the member asked for (own
reminders, promises, days to remember, all rules of a meeting, `stay_in_touch`, `keep_at_it`), and `reconnect`, which names
other people each week.

**Again and again.** `own_reminder` with `every_days` comes every so many days, answered or not. `stay_in_touch` comes again
after half the cadence, 14 days at least. `keep_at_it` comes six times at its own pace, then every 91 days, while the pursuit
is open. `reconnect` comes week by week, about nobody again within 60 days. These 60 days, and the 30 of `give_back`, count
only where something of the rule was shown. Somebody whose turn came while there was no address, or no digest, has it again,
with the next three or later.
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
