"""What the operators' page shows, what its buttons do, and that no word of a record can do anything to it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from services.gateway.operating.render import seconds, visible
from services.gateway.port import Busy, ItemHistory, NoAnswer, PartitionStatus, ServiceStatus, WrongQuestion
from tests.unit.services.gateway.operating.operators import PARKED, PLACE, Desk, System, desk

HOSTILE = '</bdi></p><script>x()</script>" onload="x \u202egnp.exe\u2066\x1b[2J\r\nset-cookie: a=b {{ 7919*7919 }} &lt;'
ON_A_LINE = HOSTILE.partition("\r")[0]
SHOWN = (
    "/operate/services/invites", "/operate/checks", "/operate/letters", f"/operate/letters/{PLACE}", "/operate/parked",
)  # fmt: skip


async def let_in(opened: Desk) -> None:
    assert (await opened.enter(opened.key("operate"))).status_code == 200


async def test_the_first_pages_tell_who_owns_what_how_far_behind_and_how_long_steps_take(tmp_path: Path) -> None:
    async with desk(tmp_path) as opened:
        await let_in(opened)
        text = re.sub(r"<[^>]+>", " ", (await opened.get("/operate")).text)
        for said in ("1 of 2", "12,345", "2 h ago", "1.5 / 9.25", "0.5 / 2.0", "1,234"):
            assert said in text, said
        text = (await opened.get("/operate/services/invites")).text
        for said in ("host/1/ab", "12,345", "nobody", "heard of 2 s ago"):
            assert said in text, said
        assert "Nobody reports" in (await opened.get("/operate/services/digest")).text
        assert (await opened.get("/operate/services/nope")).status_code == 404


async def test_a_record_is_read_again_ticked_off_and_an_item_tried_again(tmp_path: Path) -> None:
    async with desk(tmp_path) as opened:
        await let_in(opened)
        listed = await opened.get("/operate/letters")
        assert "100 earlier ones:" in listed.text
        assert f'href="/operate/letters/{PLACE}"' in listed.text
        left = await opened.press("/operate/letters", do="replay", place=PLACE)
        assert "0 will be read again" in left.text
        assert f"followups/{PLACE}" in left.text
        assert "1 ticked off" in (await opened.press("/operate/letters", do="discard", place=PLACE)).text
        assert "1 will be read again" in (await opened.press("/operate/parked", do="replay", place=PARKED)).text
        assert opened.system.acts == [("replay", PLACE), ("discard", PLACE), ("try", PARKED)]
        assert (await opened.get("/operate/letters/rapport.activity.v1/3/18")).status_code == 404
        opened.system.letters_found = 2_000
        assert "1,999 earlier ones of the newest 2,000:" in (await opened.get("/operate/letters")).text


async def test_a_question_about_a_member_stands_in_no_address(tmp_path: Path) -> None:
    async with desk(tmp_path) as opened:
        await let_in(opened)
        asked = await opened.get("/operate/why")
        assert 'action="/operate/why"' in asked.text
        told = await opened.press("/operate/why", member="ada", item="contact/ben")
        for said in ("asked of ada, contact/ben", "5 earlier steps", "1 records about this member"):
            assert said in told.text, said


async def test_where_the_log_has_lost_the_story_it_is_not_said_that_there_is_none(tmp_path: Path) -> None:
    kept = ItemHistory((), 0, (), 0, ("You and Ben connected.",), "(What happened before is no longer kept.)")
    lost = ItemHistory((), 0, (), nothing="What happened is no longer kept.")
    async with desk(tmp_path) as opened:
        await let_in(opened)
        for opened.system.history, says, not_said in (
            (kept, "You and Ben connected.", "Nothing yet."),
            (kept, "(What happened before is no longer kept.)", "Nothing yet."),
            (lost, "What happened is no longer kept.", "Nothing yet."),
            (ItemHistory((), 0, ()), "Nothing yet.", "no longer kept"),
        ):
            await opened.get("/operate/why")
            told = await opened.press("/operate/why", member="ada", item="contact/ben")
            assert says in told.text
            assert not_said not in told.text


@pytest.mark.parametrize("path", SHOWN)
async def test_no_word_of_a_record_does_anything_to_a_page(tmp_path: Path, path: str) -> None:
    """Take `|visible` or the escapes away from a template, and it is seen here."""
    async with desk(tmp_path, System(HOSTILE)) as opened:
        await let_in(opened)
        _is_harmless(await opened.get(path), opened)
        assert "gnp.exe" in opened.page.text, "it is shown, and harmless"


async def test_nor_does_any_in_an_answer_to_a_press(tmp_path: Path) -> None:
    async with desk(tmp_path, System(HOSTILE)) as opened:
        await let_in(opened)
        await opened.get("/operate/letters")
        _is_harmless(await opened.press("/operate/letters", do="replay", place=ON_A_LINE), opened)
        _is_harmless(await opened.press("/operate/why", member="<script>", item=ON_A_LINE), opened)


def _is_harmless(answer: object, opened: Desk) -> None:
    page = opened.page
    assert page is answer
    assert page.status_code == 200
    assert not re.search(r"<script|\sonload=\"|</bdi></p>&lt;script", page.text.replace("&#34;", "'"))
    assert not {"\u202e", "\u2066", "\x1b", "\r"} & set(page.text)
    assert "set-cookie" not in page.headers
    assert str(7_919 * 7_919) not in page.text, "rare enough to stand in no form's mark, which is random"
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "'unsafe" not in policy


async def test_a_system_that_does_not_answer_is_said_on_the_page(tmp_path: Path) -> None:
    async with desk(tmp_path) as opened:
        await let_in(opened)
        opened.system.fails = NoAnswer("Kafka: host:9092 cannot be reached")
        answer = await opened.get("/operate/letters")
        assert (answer.status_code, "host:9092 cannot be reached" in answer.text) == (503, True)
        opened.system.fails = WrongQuestion("it may be two", "item")
        answer = await opened.get("/operate/letters")
        assert (answer.status_code, "it may be two" in answer.text) == (422, True)
        opened.system.fails = Busy()
        answer = await opened.get("/operate/letters")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        opened.system.fails = RuntimeError("a secret")
        answer = await opened.get("/operate/letters")
        assert (answer.status_code, "a secret" in answer.text) == (500, False)


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/operate/letters", {"do": "replay"}), ("/operate/letters", {"do": "burn", "place": PLACE}),
        ("/operate/letters", {"do": "replay", "place": "x" * 1_001}), ("/operate/why", {"member": "a" * 129, "item": "i"}),
        ("/operate/why", {"member": "ada"}), ("/operate/parked", {}),
    ],
)  # fmt: skip
async def test_what_no_form_of_ours_says_does_nothing(tmp_path: Path, path: str, fields: dict[str, str]) -> None:
    async with desk(tmp_path) as opened:
        await let_in(opened)
        assert (await opened.press(path, **fields)).status_code == 422
        assert opened.system.acts == []


async def test_a_form_has_its_bounds(tmp_path: Path) -> None:
    async with desk(tmp_path) as opened:
        await let_in(opened)
        mark = opened.mark
        assert (await opened.post("/operate/parked", {"mark": mark, "place": "x" * 20_000})).status_code == 413
        many = {f"f{number}": "" for number in range(11)}
        assert (await opened.post("/operate/parked", {"mark": mark, **many})).status_code == 422


def test_where_nobody_says_how_much_is_to_be_read_it_is_not_said_to_be_none() -> None:
    assert ServiceStatus("digest", (), (PartitionStatus(0, ()),)).lag is None
    assert ServiceStatus("digest", (), (PartitionStatus(0, ("a",), lag=0), PartitionStatus(1, ()))).lag == 0


def test_spans_are_said_as_people_say_them() -> None:
    assert [seconds(value) for value in (0.4, 119, 120, 7_199, 7_200, 172_799, 172_800)] == [
        "0 s", "119 s", "2 min", "120 min", "2 h", "48 h", "2 d",
    ]  # fmt: skip


def test_signs_that_no_line_has_are_spelt_out() -> None:
    assert visible("a\nb\u202ec\x00é") == "a\\nb\\u202ec\\x00é"
