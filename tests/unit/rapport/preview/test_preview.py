"""`rapport preview` as it is used: archives and events, wishes, what programs and people read. Nothing runs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from rapport.demo.scenes import SCENES
from shared.contracts import from_json_line
from shared.contracts.cloudevents.structured import to_json
from shared.importing import sample_archive
from tests.unit.rapport.preview.preview_world import (
    BOB,
    INVITED,
    JOINED,
    REMIND,
    Events,
    Preview,
    event,
    times,
)
from tests.unit.services.digest.words.test_digest_words import UNKIND


def test_programs_get_the_events_by_type_and_no_type_that_did_not_occur(preview: Preview, events: Events) -> None:
    ran = preview(events(JOINED, INVITED), "--member", "ada", "--days", "60", "--json")
    assert (ran.code, ran.err) == (0, "")
    assert list(ran.json) == ["member", "from", "until", "events"]
    assert (ran.json["from"], ran.json["until"]) == ("2026-01-05T09:00:00.000Z", "2026-03-06T09:00:00.000Z")
    assert "rapport.invite.retracted" not in ran.json["events"]
    assert "rapport.followup.due" in ran.json["events"]
    for kind, found in ran.json["events"].items():
        assert found, kind
        read = [from_json_line(one) for one in found]
        assert {one.type for one in read} == {kind}
        assert {one.member for one in read} == {"ada"}
        assert [one.time for one in read] == sorted(one.time for one in read)


@pytest.mark.parametrize("source", [pytest.param("archive", marks=pytest.mark.deep), "events"])
def test_the_same_look_is_the_same(source: str, preview: Preview, events: Events, tmp_path: Path) -> None:
    given = sample_archive() if source == "archive" else events(JOINED, INVITED, REMIND)
    looks = []
    for number in range(2):
        page = tmp_path / f"{number}.html"
        ran = preview(given, "--member", "ada", "--json", "--html", page)
        looks.append((ran, preview(given, "--member", "ada"), page.read_text(encoding="utf-8")))
    assert looks[0] == looks[1]


def test_a_mail_about_somebody_whose_name_was_not_told_says_somebody_you_know(preview: Preview, events: Events) -> None:
    wish = event("contact.cadence_set", "2026-01-05T10:00:00Z", contact_id="charles", every_days=7)
    wrote = event("message.sent", "2026-01-05T10:00:00Z", contact_id="charles")
    told = " ".join(preview(events(JOINED, wish, wrote), "--member", "ada", "--days", "30").out.split())
    assert "is mailed, about somebody you know" in told


def test_people_get_a_table_with_person_and_rule_and_a_summary(preview: Preview, events: Events) -> None:
    ran = preview(events(JOINED, INVITED, REMIND), "--member", "ada", "--days", "120")
    told = " ".join(ran.out.split())
    assert (ran.code, ran.err) == (0, "")
    assert "Mon 5 Jan 2026 to Tue 5 May 2026" in told
    assert "Tue 3 Feb 2026 09:30 reminder Call home [your own reminders; reaches you at once]" in told
    assert "Mon 6 Apr 2026 12:00 invites" in told, "on the member's own clock, at the other side of a change"
    assert "your invite to Bob Bell" in told
    assert "digest Your digest of week 3, 2026 is mailed, about Bob Bell" in told
    assert "one of them reaches you at once" in told
    assert "You are asked once about invites." in told


def test_a_reminder_that_comes_after_the_look_is_told_as_planned(preview: Preview, events: Events) -> None:
    ran = preview(events(JOINED, REMIND), "--member", "ada", "--days", "10")
    assert "Planned for Tue 3 Feb 2026: Call home" in " ".join(ran.out.split())


def test_a_plan_for_a_promise_or_a_birthday_names_its_day_and_not_the_reminder_s(
    preview: Preview, events: Events
) -> None:
    """Both are reminded of some days before. Fails where the day of the reminder stands beside the words about the other."""
    promise: dict[str, Any] = {
        "promise_id": "p",
        "contact_id": "bob",
        "what": "Send the book.",
        "due": "2026-02-03T09:30",
    }
    day: dict[str, Any] = {"contact_id": "bob", "label": "Birthday", "month": 2, "day": 29, "contact": BOB}
    told = (
        JOINED,
        event("promise.made", "2026-01-06T09:00:00Z", **promise),
        event("contact.date_set", "2026-01-06T09:00:00Z", **{**day, "month": 3, "day": 1}),
        event("contact.date_set", "2026-01-06T10:00:00Z", **day),
    )
    read = " ".join(preview(events(*told), "--member", "ada", "--days", "10").out.split())
    assert "Planned, for what is on Tue 3 Feb 2026: You promised Bob Bell: Send the book" in read
    assert "Planned, for what is on Sat 28 Feb 2026: Birthday: Bob Bell" in read


def test_a_look_in_which_nothing_comes_says_so(preview: Preview, events: Events) -> None:
    ran = preview(events(JOINED), "--member", "ada", "--days", "2")
    assert ran.code == 0
    assert "Nothing comes up until Wed 7 Jan 2026." in ran.out


def test_no_address_is_named_as_the_reason_for_no_mail(preview: Preview, events: Events) -> None:
    nameless = {**JOINED, "data": {"name": "Ada"}}
    ran = preview(events(nameless, INVITED), "--member", "ada", "--days", "60")
    assert "No digest is mailed where no address is known" in ran.out


def test_the_sums_of_mails_do_not_contradict_each_other(preview: Preview, events: Events) -> None:
    early = {**INVITED, "id": "early", "time": "2026-01-05T06:00:00Z"}
    ran = preview(events(early, JOINED), "--member", "ada", "--days", "60")
    assert "No digest is mailed" not in ran.out
    assert "no address is known by then" in " ".join(ran.out.split())
    alone = preview(events(JOINED, REMIND), "--member", "ada", "--days", "60")
    assert "One reminder comes; it reaches you at once" in " ".join(alone.out.split())


@pytest.mark.parametrize(
    "scene", [pytest.param(one, marks=[pytest.mark.deep] if one == "network" else []) for one in SCENES]
)
def test_what_people_read_is_kind(scene: str, preview: Preview, events: Events, tmp_path: Path) -> None:
    script = SCENES[scene].events()
    file = events(*(to_json(one) for one in script))
    for member in sorted({one.member for one in script}):
        page = tmp_path / f"{member}.html"
        ran = preview(file, "--member", member, "--days", "400", "--html", page)
        assert ran.code == 0
        assert not UNKIND.search(ran.out), ran.out
        body = page.read_text(encoding="utf-8").partition("<main>")[2]
        assert not UNKIND.search(body), member


def test_an_archive_is_looked_at_from_today_or_from_the_day_that_is_named(preview: Preview) -> None:
    today = preview(sample_archive(), "--member", "ada", "--days", "30", "--json", "--set", "zone=Asia/Tokyo")
    assert today.json["from"] == "2026-11-23T15:00:00.000Z", "midnight in Tokyo"
    named = preview(sample_archive(), "--member", "ada", "--days", "30", "--json", "--from", "2026-01-05")
    assert named.json["from"] == "2026-01-05T00:00:00.000Z"
    assert times(named, "digest.sent"), "as if the member had an address"


@pytest.mark.deep
def test_a_year_from_the_day_of_the_sample_archive_has_something_in_every_month(preview: Preview) -> None:
    """Somebody answers nothing. Fails where `reconnect` goes quiet: it names others week by week."""
    ran = preview(sample_archive(), "--member", "ada", "--days", "365", "--json", "--from", "2026-11-23")
    year = {f"{2026 + (10 + n) // 12}-{(10 + n) % 12 + 1:02}" for n in range(13)}
    assert {time[:7] for time in times(ran, "followup.due")} == year
    assert {time[:7] for time in times(ran, "digest.sent")} == year
    assert not times(ran, "rule.quieted")
    assert len(times(ran, "digest.sent")) <= 53, "a mail a week at most"


def test_a_rule_that_goes_quiet_says_when_it_asks_again_and_when_it_does(preview: Preview, events: Events) -> None:
    """Somebody connects each week and thanks nobody."""
    week = [
        event(
            "contact.connected",
            f"2026-0{1 + n // 4}-{6 + 7 * (n % 4):02}T09:00:00Z",
            contact={"id": f"c{n}", "name": "Al"},
        )
        for n in range(8)
    ]
    file = events(JOINED, *week)
    ran = preview(file, "--member", "ada", "--days", "300", "--json")
    read = preview(file, "--member", "ada", "--days", "300").out
    quieted, resumed = times(ran, "rule.quieted"), times(ran, "rule.resumed")
    assert len(quieted) == len(resumed) == 1
    assert read.count("and asks again on") == len(quieted)
    assert read.count("may come up again") == len(resumed)


def test_a_mail_with_links_shows_five_and_one_without_twelve_as_the_settings_have_it(
    preview: Preview, events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was shown counts for going quiet. Fails where the look takes every mail for one without links."""
    own = [
        event("followup.requested", f"2026-01-07T09:0{n}:00Z", followup_id=f"r{n}", what="Call", due="2026-01-07T10:30")
        for n in range(5)
    ]
    file = events(JOINED, *own, event("contact.connected", "2026-01-07T10:00:00Z", contact=BOB))

    def shown() -> list[str]:
        ran = preview(file, "--member", "ada", "--days", "9", "--json")
        assert ran.code == 0, ran.err
        (sent,) = ran.json["events"]["rapport.digest.sent"]
        rules: list[str] = sent["data"]["shown"]
        return rules

    assert shown() == ["own_reminder", "thank"]
    monkeypatch.setenv("RAPPORT_PUBLIC_URL", "https://mails.example")
    monkeypatch.setenv("RAPPORT_LINK_SECRET", "s" * 20 + "0123456789abcdef")
    assert shown() == ["own_reminder"]


def test_what_happened_before_the_look_is_told_as_it_begins(preview: Preview, events: Events) -> None:
    file = events(JOINED, INVITED)
    then = preview(file, "--member", "ada", "--json")
    later = preview(file, "--member", "ada", "--json", "--from", "2026-06-01")
    assert times(then, "invite.ignored") == ["2026-04-06T10:00:00.000Z"]
    assert times(later, "invite.ignored") == ["2026-05-31T22:00:00.000Z"], "midnight in Paris"
    assert "rapport.followup.due" not in later.json["events"], "what is long past is left in peace"


def test_what_an_import_brought_is_told_with_its_end(preview: Preview, events: Events) -> None:
    old = {**event("contact.connected", "2019-03-01T00:00:00Z", contact=BOB), "origin": "import"}
    counts: dict[str, Any] = {"import_id": "x", "source": "linkedin", "counts": {}}
    end = {**event("import.completed", "2026-01-08T09:00:00Z", **counts), "origin": "import"}
    ran = preview(events(JOINED, old, end), "--member", "ada", "--json", "--days", "30")
    assert ran.json["from"] == "2026-01-05T09:00:00.000Z"
    scheduled = ran.json["events"]["rapport.followup.scheduled"]
    assert [(one["data"]["rule"], one["time"]) for one in scheduled][:1] == [("reconnect", "2026-01-08T09:00:00.000Z")]


def test_invites_that_are_pulled_back_on_different_days_are_told_apart(preview: Preview) -> None:
    """Fails where all that are told of on one day stand beside the day of the first of them."""
    look = (sample_archive(), "--member", "ada", "--days", "3", "--from", "2026-11-23", "--set", "retraction=auto")
    notices = preview(*look, "--json").json["events"]["rapport.invite.retraction_noticed"]
    days = {one["data"]["retract_at"] for one in notices}
    assert len(days) == 2
    assert preview(*look).out.count("Notice:") == len(days)


def test_a_wish_holds_for_the_whole_look_whatever_events_say_of_the_same(preview: Preview, events: Events) -> None:
    ask = event("member.preferences_set", "2026-01-20T09:00:00Z", retraction={"policy": "ask"}, per_day=1)
    file = events(JOINED, INVITED, ask)
    assert times(preview(file, "--member", "ada", "--json"), "invite.retracted") == []
    auto = preview(file, "--member", "ada", "--json", "--set", "retraction=auto", "--set", "retraction.notice_days=2")
    assert times(auto, "invite.retracted") == ["2026-04-15T06:00:00.000Z"], "two days after the digest of Monday"
    off = preview(file, "--member", "ada", "--json", "--set", "rules.no_answer_yet.on=false", "--set", "digest=off")
    assert {one["data"]["rule"] for one in off.json["events"]["rapport.followup.due"]} == {"say_why"}
    assert times(off, "digest.sent") == []


def names_of(events: Iterable[dict[str, Any]]) -> set[str]:
    return {str(event["data"].get("contact_id")) for event in events}


def test_events_come_from_a_pipe_too(preview: Preview, events: Events, monkeypatch: pytest.MonkeyPatch) -> None:
    with events(JOINED, INVITED).open() as piped:
        monkeypatch.setattr("sys.stdin", piped)
        ran = preview("-", "--member", "ada", "--json")
    assert ran.code == 0
    assert names_of(ran.json["events"]["rapport.invite.ignored"]) == {"bob"}


def test_what_waited_for_the_end_of_quiet_hours_within_a_gap_comes_at_the_end_of_the_gap(
    preview: Preview, events: Events
) -> None:
    """Clocks in New York go from 02:00 to 03:00 on that Sunday: what waited until 02:30 is not said after 03:10."""
    told = (
        event("member.joined", "2027-03-01T12:00:00Z", name="Ida", zone="America/New_York"),
        event("member.preferences_set", "2027-03-01T12:00:01Z", quiet_hours={"from": "22:00", "to": "02:30"}),
        event("followup.requested", "2027-03-01T12:00:02Z", followup_id="early", what="Ring", due="2027-03-13T23:30"),
        event("followup.requested", "2027-03-01T12:00:03Z", followup_id="late", what="Ring", due="2027-03-14T03:10"),
    )
    ran = preview(events(*told), "--member", "ada", "--days", "20", "--json")
    due = ran.json["events"]["rapport.followup.due"]
    assert [(event["data"]["followup_id"], event["time"]) for event in due] == [
        ("reminder/early/own_reminder/2027-03-01", "2027-03-14T07:00:00.000Z"),
        ("reminder/late/own_reminder/2027-03-01", "2027-03-14T07:10:00.000Z"),
    ]
