"""The rules of *invites* as a page tells them: the numbers from the rules themselves, the words from here."""

from __future__ import annotations

from services.invites.rules.invite import EXPIRE_AFTER, REINVITE_AFTER
from services.invites.rules.notices import NAMED_MAX
from services.invites.rules.proposals import BACKLOG_INVITES_MIN, EVERY, REPEAT_AFTER
from shared.preferences import RETRACTION_AFTER_DAYS, RETRACTION_NOTICE_DAYS, RETRACTION_POLICY
from shared.rules_page import RuleRow


def rows() -> tuple[RuleRow, ...]:
    """Return a row for each rule."""
    return (
        RuleRow(
            "retract_stale", "`invite.sent`", f"{RETRACTION_AFTER_DAYS} days (`retraction.after_days`)", "the invite",
            "any answer, withdrawn, kept",
            f"`invite.ignored`; then by `retraction.policy` (default `{RETRACTION_POLICY}`): one proposal every "
            f"{EVERY.days} days at most, repeated once after {REPEAT_AFTER.days} days; with `auto` a notice, "
            f"and {RETRACTION_NOTICE_DAYS} days (`retraction.notice_days`) after the first digest that names it, "
            f"{NAMED_MAX} at a time, it is pulled back; what no mail has named stays, and who can have no mail is asked; "
            "with `never` nothing more",
        ),
        RuleRow(
            "review_backlog", f"`import.completed` with {BACKLOG_INVITES_MIN} and more pending invites of that age",
            "at once", "the end of the import", "approved or kept, one by one or all", "one proposal with all of them",
        ),
        RuleRow(
            "expire", "`invite.sent`; off unless it is switched on", f"{EXPIRE_AFTER.days} days", "the invite",
            "any answer, withdrawn", "`invite.expired`",
        ),
        RuleRow(
            "reinvite", "withdrawn or retracted with `try_again`, never after declined or reported",
            f"{REINVITE_AFTER.days} days", "that day", "`contact.connected`, `contact.removed`",
            "`invite.reinvite_allowed`",
        ),
    )  # fmt: skip
