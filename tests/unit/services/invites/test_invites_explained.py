"""How each rule stands with an invite, in full: the laws hold `explain` against `evaluate`, these examples hold its words.

They fail when what has not happened yet is called silent, when a note is left out or is of another reason, when a notice
that no mail has named counts as a step like any other, and when a policy is told as the other one.
"""

from __future__ import annotations

import pytest

from services.invites.explain import explain
from services.invites.state import INVITE
from tests.unit.services.invites.invites_world import day, joined, member, policy, sent
from tests.unit.services.invites.mailed import InvitesLoop

APART = {
    "retract_approved": ("idle", "not_approved", ()),
    "expire": ("idle", "off_unless_wished", ()),
    "reinvite": ("idle", "not_wished", ()),
}
NO_ADDRESS = ("untold_no_address",)


def stands(loop: InvitesLoop, at: float) -> list[tuple[str, str, tuple[str, ...]]]:
    """How the three parts of `retract_stale` stand with the invite; the other rules are the same in all examples."""
    loop.run_until(day(at))
    said = [
        (one.rule, (one.standing, one.code, one.notes)) for one in loop._ask(lambda view: explain(view, f"{INVITE}a"))
    ]
    assert {rule: one for rule, one in said if rule != "retract_stale"} == APART
    return [one for rule, one in said if rule == "retract_stale"]


@pytest.mark.parametrize(("wished", "code"), [("ask", "policy_ask"), ("never", "policy_never")])
def test_an_invite_that_is_young_waits_to_be_found_and_the_policy_says_why_there_is_no_notice(
    wished: str, code: str
) -> None:
    loop = member(sent("a"), policy(0, wished))
    assert stands(loop, 10)[1:] == [("silent", code, ()), ("silent", code, ())]


def test_who_wishes_it_by_itself_and_has_no_address_is_told_beside_the_question_why_it_is_asked() -> None:
    loop = InvitesLoop()
    loop.apply(joined(email=None), policy(0, "auto"), sent("a"))
    silent = ("silent", "untold_no_address", ())
    assert stands(loop, 80) == [("planned", "step", NO_ADDRESS), silent, silent]
    assert stands(loop, 95) == [("over", "found_already", ()), silent, silent]


def test_a_notice_that_a_mail_has_named_leads_to_the_end_and_one_that_none_has_is_given_anew() -> None:
    mailed = member(sent("a"), policy(0, "auto"))
    done = [("over", "found_already", ()), ("over", "told_already", ()), ("planned", "step", ())]
    assert stands(mailed, 93) == done
    unnamed = InvitesLoop(fate=lambda _due: None)
    unnamed.apply(joined(), policy(0, "auto"), sent("a"))
    assert stands(unnamed, 91) == [
        ("over", "found_already", ()), ("planned", "unnamed", ()), ("idle", "not_told_yet", ()),
    ]  # fmt: skip
