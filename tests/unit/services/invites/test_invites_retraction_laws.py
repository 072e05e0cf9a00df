"""What every history of invites keeps to where invites are let go: whose word it takes, how often, and by which names."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from services.invites.rules import proposals as gathering
from services.invites.rules.notices import no_mail
from shared.contracts import (
    ContactNamed,
    Event,
    InviteIgnored,
    InviteKept,
    InviteRetracted,
    InviteRetractionApproved,
    InviteRetractionNoticed,
    InviteRetractionProposed,
    InviteSent,
)
from tests.depth import blocks
from tests.unit.services.invites.invites_history import BLOCKS, INVITES
from tests.unit.services.invites.invites_world import (
    DAY,
    person,
)
from tests.unit.services.invites.mailed import InvitesLoop
from tests.unit.services.invites.test_invites_laws import Life, data_of, lives, named_in_mails


def _without_spared(words: Sequence[Event]) -> list[Event]:
    """Leave out each yes to a whole proposal that was said while the invite was kept by its own id."""
    own = max((one for one in words if data_of(one).invite_ids), key=lambda one: (one.time, one.id), default=None)
    if own is None or not isinstance(own.data, InviteKept):
        return list(words)
    until = None if own.data.for_days is None else own.time + own.data.for_days * DAY
    return [
        one
        for one in words
        if data_of(one).invite_ids or isinstance(one.data, InviteKept) or (until is not None and one.time >= until)
    ]


@pytest.mark.parametrize("block", blocks(BLOCKS))
def test_every_retraction_was_allowed_by_the_member(block: int) -> None:
    for seed, life in lives(block):
        for event in life.said(InviteRetracted):
            assert isinstance(event.data, InviteRetracted)
            known = [one for one in life.inputs if one.logged <= event.time]
            invite = event.data.invite_id
            words = [
                one
                for one in known
                if isinstance(one.data, InviteKept | InviteRetractionApproved) and life.is_about(one, invite)
            ]
            last = max(_without_spared(words), key=lambda one: (one.time, one.id), default=None)
            if event.data.by == "member":
                assert last is not None, seed
                assert isinstance(last.data, InviteRetractionApproved), seed
                continue
            loop = InvitesLoop()
            for one in known:
                loop.take(one)
            assert loop.profile.preferences.policy == "auto", seed
            notice = life.about(invite, InviteRetractionNoticed)[-1]
            assert isinstance(notice.data, InviteRetractionNoticed)
            assert notice.time + DAY <= notice.data.retract_at <= event.time, seed
            assert no_mail(loop.profile) is None, seed
            whole = event.time - loop.profile.preferences.notice
            mails = [mail for mail in named_in_mails(life, invite) if mail[0] >= notice.time]
            assert any(taken <= whole and day <= event.time for taken, day in mails), seed
            if last is not None:
                assert isinstance(last.data, InviteKept), seed
                assert last.data.for_days is not None, seed
                assert last.time + last.data.for_days * DAY <= notice.time, seed


@pytest.mark.parametrize("block", blocks(BLOCKS))
def test_proposals_are_seldom(block: int) -> None:
    for seed, life in lives(block):
        proposals = [(event, event.data) for event in life.said(InviteRetractionProposed)]
        for (before, first), (after, second) in itertools.pairwise(proposals):
            assert isinstance(first, InviteRetractionProposed)
            assert isinstance(second, InviteRetractionProposed)
            backlog = after.causation is not None
            assert backlog or after.time - before.time >= gathering.EVERY, seed
            if second.attempt == 2:
                assert second.proposal_id == first.proposal_id, seed
                assert after.time - before.time >= gathering.REPEAT_AFTER, seed
                assert {one.invite_id for one in second.invites} <= {one.invite_id for one in first.invites}, seed
        for invite in INVITES:
            asked = [
                event
                for event, data in proposals
                if isinstance(data, InviteRetractionProposed)
                and data.attempt == 1
                and not event.causation
                and invite in {one.invite_id for one in data.invites}
            ]
            assert len(asked) <= len(life.about(invite, InviteIgnored)), seed


def test_a_proposal_calls_everybody_by_the_last_name_that_was_told() -> None:
    """Fails where a proposal keeps the names by which people were invited, or takes one that is older than the invite."""
    renamed = 0
    for block in range(BLOCKS):
        for seed, life in lives(block):
            for event in life.said(InviteRetractionProposed):
                for one in _proposed(event).invites:
                    before, with_its_instant = (
                        last_name(life, one.invite_id, event.time + later)
                        for later in (timedelta(), timedelta.resolution)
                    )
                    assert one.contact.name in {before, with_its_instant}, (seed, event)
                    renamed += before == with_its_instant != person(one.invite_id)["name"]
    assert renamed


def last_name(life: Life, invite: str, at: datetime) -> str:
    who = person(invite)
    sendings = (event.time for event in life.known(at, InviteSent) if _sent(event).invite_id == invite)
    told = [
        (event.time, event.id, event.data.name)
        for event in life.known(at, ContactNamed)
        if isinstance(event.data, ContactNamed) and event.data.contact_id == who["id"]
    ]
    return max([(min(sendings), "~", who["name"]), *told])[2]


def _sent(event: Event) -> InviteSent:
    assert isinstance(event.data, InviteSent)
    return event.data


def _proposed(event: Event) -> InviteRetractionProposed:
    assert isinstance(event.data, InviteRetractionProposed)
    return event.data
