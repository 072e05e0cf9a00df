"""The file of webhooks: what is refused, what it keeps, and who may read it."""

from __future__ import annotations

import itertools
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rapport.webhooks.delivering.endpoints import (
    ENDPOINTS_MAX,
    LOOK_SECONDS,
    OLD_SECRET_FOR,
    SKIPPED_MAX,
    TYPES,
    EndpointRefused,
    Endpoints,
    EndpointsUnreadable,
    add_endpoint,
    read_endpoints,
    remove_endpoint,
    resume,
    rotate_secret,
    skip,
)
from shared.contracts.topic_names import ACTIVITY, DIGESTS, FOLLOWUPS, INVITES

NOW = datetime(2026, 11, 30, 8, tzinfo=UTC)
URL = "https://hooks.example.org/rapport?from=us"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "webhooks.json"


def test_what_is_added_is_kept_for_its_owner_alone(file: Path) -> None:
    made = add_endpoint(file, "crm", URL, ["rapport.followup.*"], NOW)
    assert read_endpoints(file) == (made,)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("name", "url", "types", "reason"),
    [
        ("CRM", URL, [], "name: "),
        ("-crm", URL, [], "name: "),
        ("c" * 41, URL, [], "name: "),
        ("crm", "http://hooks.example.org/", [], "url: must begin with https:// unless the receiver is private"),
        ("crm", "ftp://hooks.example.org/", [], "url: must be an https:// address"),
        ("crm", "https:///path", [], "url: must be an https:// address"),
        ("crm", "https://hooks.example.org:99999/", [], "the port must be a number from 1 to 65535"),
        ("crm", "https://user:secret@example.org/", [], "url: must have neither a user nor a fragment"),
        ("crm", "https://example.org/#x", [], "url: must have neither a user nor a fragment"),
        ("crm", "https://bücher.example/", [], "url: must be plain ASCII"),
        ("crm", "https://example.org/a b", [], "url: must be plain ASCII"),
        ("crm", "https://example.org/" + "a" * 2_000, [], "url: "),
        ("crm", URL, ["rapport.folowup.*"], "types: no type that a service publishes is 'rapport.folowup.*'"),
        ("crm", URL, ["rapport.thanks.sent"], "types: no type that a service publishes is 'rapport.thanks.sent'"),
    ],
)
def test_what_cannot_be_an_endpoint_is_refused_with_field_and_reason(
    file: Path, name: str, url: str, types: list[str], reason: str
) -> None:
    with pytest.raises(EndpointRefused) as raised:
        add_endpoint(file, name, url, types, NOW)
    assert reason in str(raised.value)
    assert "secret" not in str(raised.value)
    assert not file.exists()


def test_a_private_receiver_may_do_without_tls(file: Path) -> None:
    assert add_endpoint(file, "own", "http://crm.internal:8080/hooks", [], NOW, private=True).private


def test_a_name_stands_once_and_there_is_an_end_of_them(file: Path) -> None:
    add_endpoint(file, "crm", URL, [], NOW)
    with pytest.raises(EndpointRefused, match="there is an endpoint 'crm' already"):
        add_endpoint(file, "crm", URL, [], NOW)
    for number in range(ENDPOINTS_MAX - 1):
        add_endpoint(file, f"crm-{number}", URL, [], NOW)
    with pytest.raises(EndpointRefused, match="remove one first"):
        add_endpoint(file, "one-more", URL, [], NOW)


def test_types_choose_events_and_topics(file: Path) -> None:
    some = add_endpoint(file, "some", URL, ["rapport.followup.due", "rapport.digest.*"], NOW)
    assert some.wants("rapport.followup.due")
    assert some.wants("rapport.digest.sent")
    assert not some.wants("rapport.followup.scheduled")
    assert some.topics() == {FOLLOWUPS, DIGESTS}
    every = add_endpoint(file, "every", URL, [], NOW)
    assert all(map(every.wants, TYPES))
    assert every.topics() == {INVITES, FOLLOWUPS, DIGESTS}
    assert ACTIVITY not in every.topics(), "what the product says is not posted back to it"
    assert not every.wants("rapport.thanks.sent")


def test_the_secret_before_signs_for_a_day(file: Path) -> None:
    first = add_endpoint(file, "crm", URL, [], NOW)
    second = rotate_secret(file, "crm", NOW)
    assert second.secrets(NOW) == [second.secret, first.secret]
    assert second.secrets(NOW + OLD_SECRET_FOR - timedelta(seconds=1)) == [second.secret, first.secret]
    assert second.secrets(NOW + OLD_SECRET_FOR) == [second.secret]
    third = rotate_secret(file, "crm", NOW)
    assert third.secrets(NOW) == [third.secret, second.secret]


def test_a_file_that_changes_is_read_anew(file: Path) -> None:
    looks = itertools.count()
    seen = Endpoints(file, lambda: next(looks) * LOOK_SECONDS)
    assert seen.now() == {}
    add_endpoint(file, "crm", URL, [], NOW)
    assert list(seen.now()) == ["crm"]
    resume(file, "crm", NOW)
    assert seen.now()["crm"].resumed == NOW
    skip(file, "crm", "rapport.followups.v1/7/56")
    assert seen.now()["crm"].skipped == ("rapport.followups.v1/7/56",)
    file.write_text("{", "utf-8")
    for _ in range(2):
        with pytest.raises(EndpointsUnreadable):
            seen.now()
    file.unlink()
    assert seen.now() == {}


def test_thousands_who_ask_look_at_the_file_now_and_then(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add_endpoint(file, "crm", URL, [], NOW)
    at = 0.0
    seen = Endpoints(file, lambda: at)
    seen.now()
    monkeypatch.setattr(Path, "stat", lambda self: pytest.fail("looks at the file"))
    assert list(seen.now()) == ["crm"]


def test_no_secret_is_shown_with_an_endpoint(file: Path) -> None:
    add_endpoint(file, "crm", URL, [], NOW)
    assert "whsec_" not in repr(rotate_secret(file, "crm", NOW))


def test_there_is_an_end_of_what_is_skipped(file: Path) -> None:
    add_endpoint(file, "crm", URL, [], NOW)
    for number in range(SKIPPED_MAX):
        skip(file, "crm", str(number))
    with pytest.raises(EndpointRefused, match="skips 100 events already"):
        skip(file, "crm", "one more")


@pytest.mark.parametrize("change", [remove_endpoint, lambda file, name: resume(file, name, NOW)])
def test_who_is_not_there_is_named(file: Path, change: object) -> None:
    assert callable(change)
    with pytest.raises(EndpointRefused, match="there is no endpoint 'crm'"):
        change(file, "crm")


@pytest.mark.parametrize("content", ["", "[]", '{"endpoints": [{"name": "a"}]}', '{"endpoints": [], "more": 1}'])
def test_a_file_that_somebody_broke_is_refused_and_left_alone(file: Path, content: str) -> None:
    file.parent.mkdir(parents=True)
    file.write_text(content, "utf-8")
    with pytest.raises(EndpointsUnreadable, match=str(file)):
        add_endpoint(file, "crm", URL, [], NOW)
    assert file.read_text("utf-8") == content


def test_no_secret_is_told_when_the_file_is_broken(file: Path) -> None:
    made = add_endpoint(file, "crm", URL, [], NOW)
    broken = file.read_text("utf-8").replace(made.secret, made.secret[:-4] + "!!!!")
    file.write_text(broken, "utf-8")
    with pytest.raises(EndpointsUnreadable) as raised:
        read_endpoints(file)
    assert "must be base64" in str(raised.value)
    assert made.secret[10:-4] not in str(raised.value)
