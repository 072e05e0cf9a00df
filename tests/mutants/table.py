"""The mutants: guards whose loss is not seen at once, and boundaries, of which laws hold on both sides."""

from __future__ import annotations

from typing import Final

from tests.mutants.trial import Mutant

SAME_INSTANT: Final = ("tests/unit/services/followups/test_the_very_same_instant.py",)
INVITES_INSTANT: Final = ("tests/unit/services/invites/test_at_the_same_instant.py",)
BY_HAND: Final = ("tests/simulation/test_broken_guards_by_hand.py",)
PUSHES: Final = (
    "tests/unit/services/followups/test_fair_shares.py",
    "tests/unit/services/followups/test_the_very_same_instant.py",
)
MAILS: Final = ("tests/unit/services/digest/mail/test_digest_mail_states.py",)
COMPLETION: Final = "services/followups/rules/form/completion.py"
PROPOSALS: Final = "services/invites/rules/proposals.py"
INVARIANTS: Final = "shared/runtime/processing/invariants.py"

MUTANTS: Final = (
    Mutant("what is asked for, done at the instant of the trigger", COMPLETION,
           "seen.latest.time >= trigger.time:", "seen.latest.time > trigger.time:", SAME_INSTANT),
    Mutant("a contact removed at the instant of the trigger", COMPLETION,
           "removed.latest.time >= trigger.time:", "removed.latest.time > trigger.time:", SAME_INSTANT),
    Mutant("a reminder that expires at this instant is not pushed", "services/followups/engine/push.py",
           "if at >= expires_at(", "if at > expires_at(", SAME_INSTANT),
    Mutant("pushes are counted over a member's whole day", "services/followups/apply/own.py",
           "_PUSHES_KEPT_FOR: Final = timedelta(days=2)", "_PUSHES_KEPT_FOR: Final = timedelta(hours=12)",
           PUSHES),
    Mutant("who has waited longest gets the free place", "services/followups/engine/evaluate.py",
           "sorted(waiting, key=lambda one: one.time)", "waiting", PUSHES),
    Mutant("a backlog that was proposed at the instant of the import", PROPOSALS,
           "proposed_at >= imported.logged:", "proposed_at > imported.logged:", INVITES_INSTANT),
    Mutant("a connection that ended at the instant of the invite", "services/invites/rules/invite.py",
           "contact.ended_at >= case.sent_at:", "contact.ended_at > case.sent_at:", INVITES_INSTANT),
    Mutant("a proposal fits into a record", PROPOSALS,
           "if size > BYTES_MAX or len(more)", "if len(more)", INVITES_INSTANT),
    Mutant("a timer is due at its instant", "shared/decider.py",
           "if due <= until:", "if due < until:", ("tests/unit/services/invites/test_invites_retract_stale.py",)),
    Mutant("a digest that is late is not mailed", "services/digest/mail/presend_check.py",
           "now >= event.expires:", "now > event.expires:", MAILS),
    Mutant("a log that lost its tail is refused", INVARIANTS,
           'raise Refused(f"the last event known', 'str(f"the last event known', BY_HAND),
    Mutant("own events are read back without a gap", INVARIANTS,
           "if number != last + 1:", "if number < 0:", BY_HAND),
    Mutant("a cursor outside of the log is refused", INVARIANTS,
           "if not bounds.begin <= offset <= bounds.end:", "if offset < 0:", BY_HAND),
)  # fmt: skip
