"""What is pulled back by itself was named to the member by a mail, and the notice was whole from then on."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from shared.contracts import DigestPrepared, DigestSent, Event, InviteRetracted, InviteSent
from tests.unit.services.lives import joined, live, person, told

STALE = 30


def named_in_mails(said: list[Event]) -> dict[str, datetime]:
    """When each invite was first named in a mail that was taken."""
    taken = {one.data.digest_id: one.time for one in said if isinstance(one.data, DigestSent)}
    named: dict[str, datetime] = {}
    for one in said:
        if isinstance(one.data, DigestPrepared) and (at := taken.get(one.data.digest_id)) is not None:
            for item in one.data.items:
                if item.kind == "notice" and item.invite_id is not None:
                    named.setdefault(item.invite_id, at)
    return named


@pytest.mark.parametrize("every", ["weekly", "daily"])
@pytest.mark.parametrize("notice_days", [1, 7])
def test_each_was_named_in_a_mail_and_had_its_whole_notice(every: str, notice_days: int) -> None:
    """Fails where more than twelve are pulled back at a time, or the notice counts from before the mail."""
    script = joined(retraction={"policy": "auto", "notice_days": notice_days}, digest={"every": every})
    script += [told(0.003, InviteSent(invite_id=f"i{n}", contact=person(n)), happened=-100 - n) for n in range(STALE)]
    said = live(script, 40)
    named = named_in_mails(said)
    gone = {one.data.invite_id: one.time for one in said if isinstance(one.data, InviteRetracted)}
    assert len(gone) == STALE
    assert set(gone) <= set(named)
    minute = timedelta(minutes=1)
    assert all(at - named[invite] >= timedelta(days=notice_days) - minute for invite, at in gone.items())
