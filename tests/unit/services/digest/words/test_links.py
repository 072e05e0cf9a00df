"""Links in mails: who has no secret can neither read nor make nor change one."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.digest.content.model import DigestContent, RetractionEntry
from services.digest.mail.head import LINE_CHARS_MAX
from services.digest.words.render import render
from services.digest.words.sealed_links import sealed_links
from shared.contracts.limits import ID_CHARS_MAX, OWN_ID_CHARS_MAX
from shared.links import (
    ABOUT_CHARS_MAX,
    ANSWER_LINK_DAYS,
    PROFILES_BYTES_MAX,
    TOKEN_CHARS_MAX,
    Link,
    LinkAddresses,
    LinkKeys,
    NamedInvite,
    ToDigest,
    ToFollowup,
    ToInvites,
    ToRule,
)
from shared.web_address import PUBLIC_URL_CHARS_MAX

AT = datetime(2026, 10, 19, 6, tzinfo=UTC)
SECRET, OTHER, NEWER = "s" * 32, "o" * 32, "n" * 32
DIGEST = ToDigest("member-4711", "2026-W43", "weekly")
FOLLOWUP = ToFollowup("member-4711", "c/ben/thank/1", "A word of thanks to Ben", int(AT.timestamp()), 0)
INVITES = ToInvites("member-4711", (NamedInvite("i1", "thank"),), "proposal/1", 3, int(AT.timestamp()))
ids = st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=ID_CHARS_MAX)


@given(ids, ids, st.text(max_size=ABOUT_CHARS_MAX), st.integers(0, 2**40))
def test_what_was_sealed_is_what_is_opened(member: str, followup_id: str, about: str, at: int) -> None:
    keys = LinkKeys([SECRET])
    for link in (ToDigest(member, "2026-W43", "daily"), ToFollowup(member, followup_id, about, at, at)):
        assert keys.open(keys.seal(link)) == link


def test_the_same_link_has_the_same_token_and_another_one_another() -> None:
    keys = LinkKeys([SECRET])
    assert keys.seal(DIGEST) == LinkKeys([SECRET]).seal(DIGEST)
    assert keys.seal(DIGEST) != keys.seal(ToDigest(DIGEST.member, "2026-W44", "weekly"))


@pytest.mark.parametrize("link", [DIGEST, FOLLOWUP, INVITES])
def test_a_token_shows_nothing_of_what_it_names(link: Link) -> None:
    token = LinkKeys([SECRET]).seal(link)
    sealed = base64.urlsafe_b64decode(token + "==")
    for word in (b"member", b"4711", b"ben", b"thank", b"W43"):
        assert word not in sealed
        assert word not in token.encode()


def test_a_token_has_one_spelling() -> None:
    """Base64 takes other last letters and padding for the same bytes; each would be another event of the same press."""
    keys, letters = LinkKeys([SECRET]), "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    alike = 0
    for number in range(8):
        token = keys.seal(ToDigest("m" * (number + 1), "2026-W43", "weekly"))
        whole = base64.urlsafe_b64decode(token + "==")
        for other in [token[:-1] + letter for letter in letters if letter != token[-1]] + [f"{token}=", f"{token}=="]:
            alike += base64.urlsafe_b64decode(other + "==") == whole
            assert keys.open(other) is None
    assert alike > 20, "many decode to the very same bytes"


@pytest.mark.parametrize(("at", "again"), [(2**40, 0), (-1, 0), (0, 2**40), (0, -(2**40)), (2**63 - 1, 2**63 - 1)])
def test_a_sealed_instant_that_no_calendar_has_has_had_its_time(at: int, again: int) -> None:
    link = ToFollowup("m", "f", "", at, again)
    assert link.expired(AT)
    keys = LinkKeys([SECRET])
    assert keys.open(keys.seal(link)) == link, "it opens, and the page says 410"


@pytest.mark.parametrize("link", [DIGEST, FOLLOWUP, INVITES])
def test_a_token_with_any_bit_changed_opens_nothing(link: Link) -> None:
    keys = LinkKeys([SECRET])
    token = keys.seal(link)
    sealed = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    for place in range(len(sealed)):
        for bit in (1, 128):
            changed = bytes(byte ^ bit if at == place else byte for at, byte in enumerate(sealed))
            assert keys.open(base64.urlsafe_b64encode(changed).decode().rstrip("=")) is None


@pytest.mark.parametrize(
    "token", ["", "A", "AQ", "AAAA", "AQ" * 20, "é" * 30, "=" * 8, "a b", "../x", "A" * (TOKEN_CHARS_MAX + 1), "\x00"]
)
def test_whatever_is_no_token_opens_nothing(token: str) -> None:
    assert LinkKeys([SECRET]).open(token) is None


def test_a_token_opens_under_its_own_secret_alone() -> None:
    assert LinkKeys([OTHER]).open(LinkKeys([SECRET]).seal(DIGEST)) is None


def test_a_secret_can_be_changed_while_the_links_of_the_old_one_still_work() -> None:
    both = LinkKeys([NEWER, SECRET])
    assert both.open(LinkKeys([SECRET]).seal(DIGEST)) == DIGEST
    assert LinkKeys([NEWER]).open(both.seal(DIGEST)) == DIGEST, "the newest one seals"
    assert LinkKeys([NEWER]).open(LinkKeys([SECRET]).seal(DIGEST)) is None, "the old one is given up"


def test_a_link_of_a_followup_expires_after_its_days_and_not_before() -> None:
    end = AT + timedelta(days=ANSWER_LINK_DAYS)
    assert not FOLLOWUP.expired(end - timedelta(seconds=1))
    assert FOLLOWUP.expired(end)


def test_a_page_of_the_rest_names_what_fits_and_counts_the_others() -> None:
    links = sealed_links(LinkAddresses("h", LinkKeys([SECRET])), "ada", DigestContent("", "2026-W43", "UTC", AT))
    short = opened(links.more([(f"c/{number}/thank/1", "A word of thanks") for number in range(20)], 7))
    assert len(short.named) == 20
    assert short.more == 7
    long = opened(links.more([(f"c/{number}/thank/1", "x" * 200) for number in range(20)], 7))
    assert len(long.named) + long.more == 27
    assert 0 < len(long.named) < 20
    assert not links.more([("😀" * OWN_ID_CHARS_MAX, "x")], 0), "what no link holds has no page"
    assert opened(links.again("thank", "y" * 200)) == ToRule("ada", "thank", "y" * ABOUT_CHARS_MAX, int(AT.timestamp()))


def test_the_link_to_keep_beside_an_invite_that_goes_by_itself_names_that_invite_and_no_proposal() -> None:
    """As the policy `auto` has it: nothing was proposed, so only the invite's own id can keep it."""
    day = timedelta(days=1)
    noticed = (
        RetractionEntry("i7", "c7", "Barbara", AT + 5 * day),
        RetractionEntry("i8", "c8", "Edsger", AT + 6 * day),
    )
    digest = DigestContent("", "2026-W43", "UTC", AT, noticed=noticed)
    links = sealed_links(LinkAddresses("https://h", LinkKeys([SECRET])), "ada", digest)
    keep = re.findall(r"Keep it: (\S+)", render(digest, links).text)
    assert [opened(url) for url in keep] == [
        ToInvites("ada", (NamedInvite(one.invite_id, one.name),), "", 0, int(AT.timestamp())) for one in noticed
    ]
    assert all("/keep/" in url for url in keep)


@pytest.mark.parametrize("char", ["x", "é", "字", "😀"])
def test_the_longest_link_fits_into_a_token_and_the_longest_to_unsubscribe_into_one_line_of_a_header(char: str) -> None:
    keys = LinkKeys([SECRET])
    longest = ToFollowup(
        char * ID_CHARS_MAX, char * OWN_ID_CHARS_MAX, char * ABOUT_CHARS_MAX, 2**40, 2**40, "", "p" * PROFILES_BYTES_MAX
    )
    assert keys.open(keys.seal(longest)) == longest
    shown = [(char * ID_CHARS_MAX, char * 200), *((char * 3, char * 9),) * 90]
    whose = (RetractionEntry(shown[0][0], "c", "", AT, "https://" + "p" * (PROFILES_BYTES_MAX - 8)),)
    told = DigestContent("", "2026-W43", "UTC", AT, proposed=whose)
    links = sealed_links(LinkAddresses("h", keys), char * ID_CHARS_MAX, told)
    link = opened(links.invites(shown, char * OWN_ID_CHARS_MAX, 7).keep)
    assert len(link.named) + link.more == 91 + 7, "what does not fit is among the others"
    assert (link.named[0].invite_id, len(link.named[0].profile)) == (shown[0][0], PROFILES_BYTES_MAX)
    url = LinkAddresses("h" * PUBLIC_URL_CHARS_MAX, keys).address(
        "unsubscribe", ToDigest(char * ID_CHARS_MAX, "2026-11-23", "weekly")
    )
    assert len(f"List-Unsubscribe: <{url}>") <= LINE_CHARS_MAX


def opened(url: str) -> Any:
    return LinkKeys([SECRET]).open(url.rpartition("/")[2])


def test_the_links_of_a_mail_name_its_member_and_come_back_at_the_same_hour_a_week_later() -> None:
    """Over the end of summer time, too."""
    told = DigestContent("Ada", "2026-W43", "Europe/Paris", AT)
    links = sealed_links(LinkAddresses("https://rapport.example.org/r", LinkKeys([SECRET])), "ada", told)
    assert links.unsubscribe.startswith("https://rapport.example.org/r/unsubscribe/")
    assert opened(links.unsubscribe) == ToDigest("ada", "2026-W43", "weekly")
    done, later = links.answers("f/1", "w" * 500)
    again = datetime(2026, 10, 26, 7, tzinfo=UTC)
    assert opened(done) == ToFollowup("ada", "f/1", "w" * 60, int(AT.timestamp()), int(again.timestamp()))
    assert done.replace("/done/", "/later/") == later
    go, keep = links.invites([("i1", "Ben"), ("i2", "w" * 500)], "proposal/1", 148)
    named = (NamedInvite("i1", "Ben"), NamedInvite("i2", "w" * 60))
    assert opened(go) == ToInvites("ada", named, "proposal/1", 148, int(AT.timestamp()))
    assert go.replace("/let-go/", "/keep/") == keep
    assert links.invites([("i1", "Ben"), ("i2", "w" * 500)], "proposal/1", 148) == (go, keep), "as often as it is tried"
