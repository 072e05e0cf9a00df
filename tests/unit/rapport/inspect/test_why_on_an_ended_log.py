"""What `why` and `agenda` tell of a member whose past the log has lost: what it has still, then what snapshots know."""

from __future__ import annotations

from datetime import datetime

import pytest

from rapport.commands import agenda, why
from rapport.composition import DECIDERS
from rapport.inspect import words
from rapport.inspect.item_steps import as_object, steps_of
from rapport.inspect.known_before import kept_of
from rapport.inspect.memory.item_lookup import candidates, resolve
from rapport.inspect.memory.member_replay import Memory
from rapport.inspect.narration import Narrator
from rapport.inspect.upcoming import agenda_of
from rapport.operating.desk import history_of
from rapport.system.log_begin import LogBegin
from rapport.terminal.failure import NothingFound
from shared.contracts import FollowupDone, InviteSent, MemberErased, MessageSent
from shared.runtime.offline.member_history import MemberHistory
from shared.runtime.offline.member_snapshot import MemberSnapshot
from shared.runtime.processing.member.stored_form import StoredForm
from shared.stored.item_names import PROFILE
from tests.unit.rapport.inspect.why_world import lived
from tests.unit.services.followups.followups_world import at, connected, event


def ended(narrator: Narrator, item: str, since: datetime | None = None, later: Narrator | None = None) -> Narrator:
    """Return the same member where snapshots were taken of all, and the log has lost all that is older than `since`.

    `later`: with a log that has gone on since.
    """
    memory = narrator.memory
    records = {
        topic: [one for one in found if since is not None and one.logged_ms >= since.timestamp() * 1000]
        for topic, found in (later or narrator).memory.records.items()
    }
    watched = {target.key for target in candidates(item)}
    services = {}
    for name, decider in DECIDERS.items():
        lived_so, form = memory.services[name], StoredForm(decider)
        items = {key: form.of_item(key, item) for key, item in lived_so.state.items.items() if item is not None}
        values = {PROFILE: form.of_profile(lived_so.state.profile), **items}
        places = {topic: len(memory.records.get(topic, ())) for topic in lived_so.cursors}
        services[name] = MemberHistory(decider, "m1", records, watched, MemberSnapshot(values, places))
        list(services[name].run())
    return Narrator(Memory("m1", memory.now, services, records, LogBegin(True, since)))


THANKED = FollowupDone(followup_id="contact/bob/thank/2026-03-02")


def test_what_a_snapshot_knows_is_told_where_the_log_has_lost_it() -> None:
    narrator = ended(lived(20, connected("bob", 0), item="bob"), "bob")
    target = resolve("bob", narrator.memory)
    assert steps_of(narrator.memory, target) == []
    assert [one.says for one in kept_of(narrator, target)] == ["You and Bob connected."]
    told = as_object(narrator.memory, target, [])
    assert [(one["time"], one["type"]) for one in told["known_before"]] == [
        ("2026-03-02T00:00:00.000Z", "rapport.contact.connected")
    ]


def test_what_the_log_still_has_is_told_once() -> None:
    whole = lived(20, connected("bob", 0), event(THANKED, 9), item="bob")
    target = resolve("bob", whole.memory)
    assert kept_of(whole, target) == [], "of a whole log"
    narrator = ended(whole, "bob", since=at(5))
    steps = [step.event for step in steps_of(narrator.memory, target)]
    assert [one.type for one in steps if one.number is None] == ["rapport.followup.done"]
    assert [one.says for one in kept_of(narrator, target)] == ["You and Bob connected."]


def test_steps_that_an_answer_leaves_out_are_still_on_the_log() -> None:
    whole = lived(20, connected("bob", 0), event(THANKED, 9), item="bob")
    narrator = ended(whole, "bob", since=at(5))
    target = resolve("bob", narrator.memory)
    answer = as_object(narrator.memory, target, steps_of(narrator.memory, target)[-1:])
    assert [one["type"] for one in answer["known_before"]] == ["rapport.contact.connected"]


@pytest.mark.parametrize("since", [None, at(5), at(15)])
def test_of_a_followup_nothing_is_told_after_its_end(since: datetime | None) -> None:
    """Wherever the log begins: it has all of its end, or what came after it alone, or nothing."""
    message = event(MessageSent(contact_id="bob"), 16)
    whole = lived(20, connected("bob", 0), event(THANKED, 9), message, item=THANKED.followup_id)
    narrator = ended(whole, THANKED.followup_id, since)
    kept = [one.type for one in kept_of(narrator, resolve(THANKED.followup_id, narrator.memory))]
    done = [] if since == at(5) else ["rapport.followup.done"]
    assert kept == ["rapport.contact.connected", *done]
    of_bob = ended(lived(20, connected("bob", 0), event(THANKED, 9), message, item="bob"), "bob", since)
    later = [] if since else ["rapport.message.sent"]
    assert [one.type for one in kept_of(of_bob, resolve("bob", of_bob.memory))] == [*kept, *later]


def test_an_invite_is_told_with_its_age_and_what_was_said_of_it() -> None:
    sent = InviteSent.model_validate({"invite_id": "i", "contact": {"id": "zoe", "name": "Zoé"}})
    narrator = ended(lived(200, event(sent, 0), item="i"), "invite/i")
    kept = kept_of(narrator, resolve("invite/i", narrator.memory))
    assert kept[0].says == "You invited Zoé."
    assert len({(one.time, one.type) for one in kept}) == len(kept), "each service remembers it, and it is told once"
    assert not [one for one in kept if "{" in one.says or "  " in one.says]


def test_a_followup_is_known_after_the_log_has_lost_it() -> None:
    narrator = ended(lived(5, connected("bob", 0), item=THANKED.followup_id), THANKED.followup_id)
    assert resolve(THANKED.followup_id, narrator.memory).rule == "thank"
    with pytest.raises(NothingFound):
        resolve("contact/bob/thank/2026-03-09", narrator.memory)


def test_people_are_told_where_the_story_begins(capsys: pytest.CaptureFixture[str]) -> None:
    narrator = ended(lived(20, connected("bob", 0), item="bob"), "bob")
    target = resolve("bob", narrator.memory)
    why._print(narrator.memory, target, [])
    said = capsys.readouterr().out
    assert "Mon 2 Mar 2026 00:00  You and Bob connected. (as far as it is kept)" in said
    assert "(What happened before is no longer kept, and counts all the same.)" in said
    assert "Nothing yet." not in said
    reminder = ended(lived(20, connected("bob", 0)), "digest")
    why._print(reminder.memory, resolve("digest", reminder.memory), [])
    assert "What happened is no longer kept." in capsys.readouterr().out


def test_operators_are_told_the_same() -> None:
    narrator = ended(lived(20, connected("bob", 0), item="bob"), "bob")
    told = history_of(narrator.memory, resolve("bob", narrator.memory))
    assert told.kept == ("Mon 2 Mar 2026 00:00  You and Bob connected. (as far as it is kept)",)
    assert (told.steps, told.begins) == ((), words.ENDED)
    lost = history_of(narrator.memory, resolve("digest", ended(lived(20, connected("bob", 0)), "digest").memory))
    assert (lost.kept, lost.nothing) == ((), "What happened is no longer kept.")
    whole = lived(20, connected("bob", 0), item="bob").memory
    assert (history_of(whole, target := resolve("bob", whole)).begins, target.key) == ("", "contact/bob")


def test_of_who_was_erased_since_the_snapshot_nothing_is_told() -> None:
    early = lived(5, connected("bob", 0))
    later = lived(9, connected("bob", 0), event(MemberErased(), 8))
    narrator = ended(early, "contact/bob", at(6), later)
    assert not any(of.before for of in narrator.memory.services.values())
    assert any(of.before for of in ended(early, "contact/bob").memory.services.values()), "before that, it is"


class Bar:
    def advance(self, *_: object) -> None:
        """Show nothing."""


@pytest.mark.parametrize(
    ("since", "says"),
    [(None, "(What happened before is no longer kept"), (at(5), "(All is told from Sat 7 Mar 2026 on.")],
)
def test_an_agenda_says_where_the_story_begins(
    since: datetime | None, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    narrator = ended(lived(5, connected("bob", 0)), "", since)
    agenda._print(narrator, agenda_of(narrator, 14, Bar()))  # type: ignore[arg-type]
    assert says in capsys.readouterr().out
