"""What `rapport preview` does not take, or leaves out: it names it, with the reason, and tells the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from rapport.preview import story
from rapport.terminal import lines
from shared.importing import sample_archive
from shared.importing.files.entries import NOTHING_FOUND
from shared.runtime.offline import dry_run
from tests.unit.rapport.preview.preview_world import (
    INVITED,
    JOINED,
    REMIND,
    USAGE,
    Events,
    Preview,
    event,
    times,
)


@pytest.mark.parametrize(
    ("wish", "reason"),
    [
        ("retraction=maybe", "retraction.policy: must be 'ask', 'auto' or 'never'"),
        ("retraction.after_days=0", "retraction.after_days: must be greater than or equal to 1"),
        ("zone=Mars/Olympus", "zone: must be an IANA time zone"),
        ("digest.time=25:00", "digest.time: must be a wall clock's hour and minute"),
        ("per_day=many", "per_day: must be a valid integer"),
        ("per_day=NaN", "per_day: must be a valid integer"),
        ("per_day=null", "per_day: must have a value"),
        ("rules.thank.on=1", "rules.thank.on: must be a valid boolean"),
        ("rules.thank.offsets_days=1,x", "rules.thank.offsets_days: must be a valid"),
        ("rules.thanks.on=false", "rules.thanks.on: is no rule; there are"),
        (
            "rules.thank.offsets_hours=1",
            "rules.thank.offsets_hours: would change nothing; of thank there are on, offsets_days",
        ),
        ("rules.meeting_today.offsets_days=1", "rules.meeting_today.offsets_days: would change nothing; of"),
        (
            "rules.weekly_digest.push=true",
            "rules.weekly_digest.push: would change nothing; of weekly_digest there are on",
        ),
        ("rules.thank=false", "rules.thank: is no preference; there are"),
        ("retractoin=auto", "retractoin: is no preference; there are zone, locale"),
        ("email=a@b.example", "email: is no preference"),
        ("zone", "must be name=value"),
        ("=UTC", "must be name=value"),
    ],
)
def test_a_wrong_wish_is_refused_with_its_name_and_the_reason(wish: str, reason: str, preview: Preview) -> None:
    ran = preview(sample_archive(), "--member", "ada", "--set", wish)
    assert (ran.code, ran.out) == (USAGE, "")
    assert f"Invalid value for --set: {reason}" in ran.said


def test_a_wish_is_said_once(preview: Preview) -> None:
    ran = preview(sample_archive(), "--member", "ada", "--set", "retraction=auto", "--set", "retraction.policy=ask")
    assert ran.code == USAGE
    assert "retraction.policy: is set twice" in ran.said


def test_a_line_that_is_no_event_is_named_and_its_neighbours_count(preview: Preview, events: Events) -> None:
    wrong = {**INVITED, "id": "w", "time": "2026-01-06", "data": {"invite_id": "i2"}}
    ran = preview(events(JOINED, "no json", wrong, "", INVITED), "--member", "ada", "--json")
    assert ran.code == 1
    assert times(ran, "invite.ignored") == ["2026-04-06T10:00:00.000Z"]
    lines = ran.err.splitlines()
    assert lines[0].startswith("line 2: event: is not JSON")
    assert lines[1] == "line 3: data.contact: is missing"
    assert lines[2].startswith("line 3: time: "), "all that is wrong with it, at once"
    assert lines[3:] == ["two lines were refused, and are left out"]


def test_a_name_that_nobody_knows_is_told_once_and_the_event_counts(preview: Preview, events: Events) -> None:
    named = {**INVITED, "data": {**INVITED["data"], "reasons": "x"}}
    ran = preview(events(JOINED, named, named, REMIND), "--member", "ada", "--json")
    assert ran.code == 0
    assert times(ran, "invite.ignored") == ["2026-04-06T10:00:00.000Z"]
    assert ran.err.splitlines() == ["line 2: data.reasons is not known, and means nothing"]


def test_a_thousand_wrong_lines_are_not_a_thousand_lines(preview: Preview, events: Events) -> None:
    ran = preview(events(JOINED, *(["no json"] * 1_000)), "--member", "ada")
    assert ran.code == 1
    assert len(ran.err.splitlines()) == story.REFUSED_SHOWN_MAX + 2
    assert "1,000 lines were refused" in ran.err


def test_a_member_of_whom_nothing_is_told_is_refused_with_those_there_are(preview: Preview, events: Events) -> None:
    file = events(JOINED, event("member.joined", "2026-01-05T09:00:00Z", "ben", name="Ben"))
    ran = preview(file, "--member", "carla")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == f"rapport: {file}: no event is about 'carla'; there are ada, ben\n"
    empty = preview(events(name="empty"), "--member", "carla")
    assert empty.err.endswith("empty: there is no event in it\n")


def test_what_is_left_out_is_said(preview: Preview, events: Events) -> None:
    ben = event("member.joined", "2026-01-05T09:00:00Z", "ben", name="Ben")
    ran = preview(events(JOINED, ben, INVITED), "--member", "ada", "--days", "1", "--from", "2026-01-05", "--json")
    assert ran.code == 0
    assert ran.err.splitlines() == [
        "one event is about another member", "one event lies after the last day",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("days", "reason"),
    [("0", "greater than or equal to 1"), ("-1", "greater than or equal to 1"), ("1099", "less than or equal to 1098"),
     ("100000", "less than or equal to 1098"), ("many", "integer")],
)  # fmt: skip
def test_a_number_of_days_that_is_out_of_bounds_is_refused(days: str, reason: str, preview: Preview) -> None:
    ran = preview(sample_archive(), "--member", "ada", "--days", days)
    assert (ran.code, ran.out) == (USAGE, "")
    assert "--days" in ran.said
    assert reason in ran.said


@pytest.mark.parametrize(
    "day",
    ["2026-02-30", "yesterday", "2026-01-05T10:00", "1970-01-01", "2199-12-31",
     "0001-01-01", "9999-12-31"],
)  # fmt: skip
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_a_day_that_is_none_is_refused(day: str, zone: str, preview: Preview) -> None:
    ran = preview(sample_archive(), "--member", "ada", "--from", day, "--set", f"zone={zone}")
    assert ran.code in (1, USAGE)
    assert ran.out == ""
    assert "must be a day, such as 2026-11-24" in ran.said or "a look must lie in the years" in ran.said


def test_what_can_not_be_looked_at_is_one_line(preview: Preview, events: Events, tmp_path: Path) -> None:
    for given, reason in (
        (tmp_path / "nothing", "No such file or directory"),
        (tmp_path / "nothing.zip", "there is no such file or folder"),
        (tmp_path, NOTHING_FOUND),
    ):
        ran = preview(given, "--member", "ada")
        assert (ran.code, ran.out, len(ran.err.splitlines())) == (1, "", 1), ran.err
        assert reason in ran.err
    me = preview(events(JOINED), "--member", "ada", "--me", "https://www.linkedin.com/in/ada")
    assert me.code == USAGE
    assert "goes with an archive" in me.said
    member = preview(events(JOINED), "--member", "a\nda")
    assert member.code == USAGE
    assert "--member" in member.said


def test_too_much_is_refused_with_a_way_out(preview: Preview, events: Events, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dry_run, "EVENTS_MAX", 5)
    ran = preview(events(JOINED, INVITED), "--member", "ada")
    assert ran.code == 1
    assert ran.err.endswith("look at fewer days (--days)\n")
    monkeypatch.setattr(story, "STORY_EVENTS_MAX", 1)
    for given in (events(JOINED, INVITED), sample_archive()):
        ran = preview(given, "--member", "ada")
        assert ran.code == 1
        assert "too many to be looked at together" in ran.err


def test_what_has_no_end_is_refused(preview: Preview, events: Events, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "SKIPPED_BYTES_MAX", 3 * lines.CHUNK_BYTES)
    ran = preview("/dev/zero", "--member", "ada")
    assert (ran.code, ran.err) == (1, "rapport: /dev/zero: line 1 goes on for more than 786,432 bytes\n")
    file = events(JOINED, "x" * 2 * lines.CHUNK_BYTES, "x" * 2 * lines.CHUNK_BYTES, INVITED)
    assert preview(file, "--member", "ada").err.endswith("two lines were refused, and are left out\n"), "each by itself"
