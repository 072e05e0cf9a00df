"""`rapport import calendar` beside a real Kafka: importing again tells what has changed, and nothing else."""

from __future__ import annotations

import asyncio
import io
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import SimpleQueue
from typing import Any
from uuid import uuid4

import pytest

from rapport.cli import main
from rapport.commands import import_follow
from rapport.commands.import_follow import Activity, Ended
from rapport.system.endpoints import kafka_access, settings
from rapport.system.publishing import publisher
from shared.contracts import Event, MemberErased
from shared.embedded import System
from shared.importing.calendar import calendar_in
from shared.importing.calendar.following import Tells
from tests.unit.shared.importing.calendar_bed import calendar, event
from tests.unit.shared.importing.web_bed import page, served

Import = Callable[..., dict[str, Any]]
SOON = datetime.now(UTC) + timedelta(days=10)


def starts(at: datetime) -> str:
    return f"DTSTART:{at:%Y%m%dT%H%M%SZ}"


def ran(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main(["import", "calendar", *map(str, arguments)])
    said = capsys.readouterr()
    return (ended.value.code if isinstance(ended.value.code, int) else 0, said.out, said.err)


@pytest.mark.deep
def test_an_import_again_publishes_what_has_changed(
    embedded: System, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("RAPPORT_DATA_DIR", str(embedded.folder))
    member, file = f"ada-{uuid4().hex[:8]}", tmp_path / "work.ics"

    def told(content: str) -> dict[str, int]:
        file.write_text(content.replace("\n", "\r\n"), encoding="utf-8", newline="")
        code, out, err = ran(capsys, file, "--member", member, "--me", "ada@network.example", "--json")
        assert (code, err) == (0, "")
        events: dict[str, int] = json.loads(out)["events"]
        return events

    first = calendar(event(starts=starts(SOON)))
    assert told(first) == {"contact.named": 1, "meeting.scheduled": 1}
    assert told(first) == {}
    assert told(calendar(event(starts=starts(SOON + timedelta(hours=1))))) == {"meeting.rescheduled": 1}
    assert told(calendar(event("STATUS:CANCELLED", starts=starts(SOON)))) == {"meeting.cancelled": 1}
    assert told(calendar(event("STATUS:CANCELLED", starts=starts(SOON)))) == {}


def test_without_anything_running_it_reads_and_reports(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "work.ics"
    file.write_text(calendar(event(starts=starts(SOON)), event(starts="DTSTART:soon", uid="2")), encoding="utf-8")
    code, out, err = ran(capsys, file, "--member", "ada", "--me", "ada@network.example", "--dry-run")
    assert code == 0
    assert out.splitlines()[0] == "Events read: 2. Meetings with people within a year of today: 1."
    assert "meeting.scheduled" in out
    assert err.splitlines() == [
        "Events that could not be read: 1",
        "  event 2 of the file: DTSTART: is no time that can be read",
    ]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--member", "ada"), "rapport: work.ics: does not tell whose it is: name the member's own address (--me)\n"),
        (("--member", "ada", "--me", "a@b.example", "--zone", "Mars/Base"), "'Mars/Base' is not an IANA time zone"),
    ],
)
def test_what_is_missing_is_one_line(
    options: tuple[str, ...], reason: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "work.ics"
    file.write_text(calendar(event()), encoding="utf-8")
    code, _, err = ran(capsys, file, "--dry-run", *options)
    assert code != 0
    assert reason in err


def test_an_address_book_is_read_and_reported(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "people.vcf"
    cards = ("FN:Zoe\nBDAY:--0412", "FN:Mio\nBDAY:soon", "FN:Lee")
    file.write_text("".join(f"BEGIN:VCARD\nVERSION:4.0\n{one}\nEND:VCARD\n" for one in cards), encoding="utf-8")
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main(["import", "contacts", str(file), "--member", "ada", "--dry-run"])
    said = capsys.readouterr()
    assert ended.value.code in (0, None)
    assert said.out.splitlines()[:2] == ["Cards read: 3.", "Left out: 1 (no day to remember)."]
    assert said.err.splitlines() == [
        "Cards that could not be read: 1",
        "  card 2 of the file: BDAY: is no day of a known form",
    ]


async def test_a_calendar_on_the_web_is_read_where_its_address_is_given(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    options = ("--member", "ada", "--me", "ada@network.example", "--dry-run")
    async with served(x=page(calendar(event(starts=starts(SOON))))) as site:
        address = site.at("/x?private=secret")
        for given in (address, "-"):
            monkeypatch.setattr("sys.stdin", io.StringIO(f"{address}\n"))
            code, out, err = await asyncio.to_thread(ran, capsys, given, *options, "--private")
            assert (code, err) == (0, "")
            assert out.splitlines()[0] == "Events read: 1. Meetings with people within a year of today: 1."
        code, out, err = await asyncio.to_thread(ran, capsys, address, *options)
        assert (code, out, err) == (1, "", "rapport: 127.0.0.1: leads to an address that is not public\n")
        assert len(site.asked) == 2


@pytest.mark.parametrize("options", [("x.ics", "--follow"), ("https://cal.example", "--follow", "--dry-run")])
def test_only_what_stands_on_the_web_is_followed(capsys: pytest.CaptureFixture[str], options: tuple[str, ...]) -> None:
    code, _, err = ran(capsys, *options, "--member", "ada")
    assert (code, "goes with a URL" in err) == (2, True)


def test_a_first_look_that_fails_ends_following_with_its_reason(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAPPORT_KAFKA", "127.0.0.1:1")
    code, out, err = ran(capsys, "http://127.0.0.1:1/x?private=secret", "--member", "ada", "--follow", "--private")
    assert (code, out, err) == (1, "", "rapport: 127.0.0.1: refuses the connection\n")


def test_where_nothing_is_to_be_followed_any_more_no_supervisor_is_to_start_it_again(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Signals are taken in the main thread alone, so the server has another one."""
    monkeypatch.setenv("RAPPORT_KAFKA", "127.0.0.1:1")
    addresses, ended = SimpleQueue[str](), threading.Event()

    async def serve() -> None:
        async with served(x=page("", status="410 Gone")) as site:
            addresses.put(site.at("/x"))
            await asyncio.to_thread(ended.wait)

    with ThreadPoolExecutor(1) as apart:
        apart.submit(asyncio.run, serve())
        options = ("--member", "ada", "--me", "ada@network.example", "--follow", "--private")
        try:
            code, _, err = ran(capsys, addresses.get(timeout=5), *options)
        finally:
            ended.set()
    assert (code, err) == (3, "rapport: 127.0.0.1: answers 410\n")


@pytest.mark.deep
async def test_what_a_round_tells_is_published_until_the_member_is_erased(
    embedded: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAPPORT_DATA_DIR", str(embedded.folder))
    member, now = f"ada-{uuid4().hex[:8]}", datetime.now(UTC)
    access = kafka_access(settings())

    def tells(starts_at: datetime) -> Tells:
        content = calendar(event(starts=starts(starts_at))).encode()
        return calendar_in(content, "x", member=member, now=now, me=["ada@network.example"]).events

    activity = Activity(access, member)
    assert [one.type for one in await activity.publish(tells(SOON), True)][1:] == ["rapport.meeting.scheduled"]
    assert await activity.publish(tells(SOON), True) == ()
    later = SOON + timedelta(hours=1)
    assert [one.type for one in await activity.publish(tells(later), True)] == ["rapport.meeting.rescheduled"]
    async with publisher(access) as out:
        erased = MemberErased()
        await out.put(Event(id=uuid4().hex, member=member, time=now, logged=now, data=erased, source="/product"))
    assert await activity.publish(tells(later), False) == (), "Kafka is not asked where nothing has changed"
    monkeypatch.setattr(import_follow, "UNASKED_SECONDS_MAX", 0.0)
    for fresh in (False, True):
        with pytest.raises(Ended, match="erased"):
            await activity.publish(tells(later), fresh)
