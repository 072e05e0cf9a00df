"""Makes the links of one mail: what each names, sealed into its address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final, Literal, cast

from services.digest.content.model import DigestContent
from services.digest.words.links import Answers, Choice, Links
from shared.calendar import instant, local
from shared.links import (
    ABOUT_CHARS_MAX,
    NAMED_BYTES_MAX,
    NAMED_MAX,
    PAGE_LINK_DAYS,
    PROFILES_BYTES_MAX,
    LinkAddresses,
    NamedFollowup,
    NamedInvite,
    ToDigest,
    ToFollowup,
    ToFollowups,
    ToInvites,
    ToPage,
    ToRule,
)
from shared.texts.language import tag_of
from shared.texts.person_links import Whose

_NOBODY: Final = Whose("", "")
PUT_OFF: Final = timedelta(days=7)
"""A follow-up that is put off comes back at the same wall time so much later: the hour of the next weekly digest."""


def sealed_links(addresses: LinkAddresses, member: str, digest: DigestContent) -> Links:
    """Return the links of a member's digest: the same for every attempt to send it."""
    whose = _whose(digest)
    again = instant(local(digest.at, digest.zone) + PUT_OFF, digest.zone)
    at, back, spoken = int(digest.at.timestamp()), int(again.timestamp()), tag_of(digest.locale)
    locale = "" if spoken == "en" else spoken

    def answers(followup_id: str, about: str) -> Answers:
        [(_, about, name, profile)] = _with_pages([(followup_id, about[:ABOUT_CHARS_MAX])], whose)
        link = ToFollowup(member, followup_id, about, at, back, name, profile, locale)
        return Answers(addresses.address("done", link), addresses.address("later", link))

    def ask_again(rule: str, about: str) -> str:
        return addresses.address("again", ToRule(member, rule, about[:ABOUT_CHARS_MAX], at, locale))

    def rest(counted: Sequence[tuple[str, str]], more: int) -> str:
        named = tuple(NamedFollowup(*one) for one in _with_pages(_fitting(counted), whose))
        if not named:
            return ""
        others = more + len(counted) - len(named)
        return addresses.address("more", ToFollowups(member, named, others, at, back, locale))

    def invites(shown: Sequence[tuple[str, str]], proposal_id: str, more: int) -> Choice:
        listed = _with_pages(_fitting(shown), whose)
        named = tuple(NamedInvite(invite_id, about, profile) for invite_id, about, _, profile in listed)
        link = ToInvites(member, named, proposal_id, more + len(shown) - len(named), at, locale)
        return Choice(addresses.address("let-go", link), addresses.address("keep", link))

    every = cast("Literal['weekly', 'daily']", digest.every)
    page = preferences = ""
    if addresses.own_pages:
        until = at + int(timedelta(days=PAGE_LINK_DAYS).total_seconds())
        page = addresses.page(ToPage(member, until, locale=spoken))
        preferences = addresses.page(ToPage(member, until, place="preferences", locale=spoken))
    stop = addresses.address("unsubscribe", ToDigest(member, digest.period, every, locale))
    return Links(stop, answers, ask_again, rest, invites, page, preferences)


def _whose(digest: DigestContent) -> dict[str, Whose]:
    """Return whom a digest's follow-ups and invites are about, by their ids: of those whose page is known."""
    entries = [(one.followup_id, one.name, one.profile) for one in (*digest.due, *digest.due_rest)]
    invites = [
        (one.invite_id, one.name, one.profile) for one in (*digest.proposed, *digest.proposed_rest, *digest.noticed)
    ]
    return {key: Whose(name, profile) for key, name, profile in (*entries, *invites) if profile}


def _with_pages(named: Sequence[tuple[str, str]], whose: Mapping[str, Whose]) -> list[tuple[str, str, str, str]]:
    """Return ids and words with whom they name and the address of that person's page, of the first that have room."""
    found: list[tuple[str, str, str, str]] = []
    left = PROFILES_BYTES_MAX
    for key, about in named:
        name, profile = whose.get(key, _NOBODY)
        left -= len(name.encode()) + len(profile.encode())
        shown = left >= 0 and name in about
        found.append((key, about, name, profile) if shown else (key, about, "", ""))
    return found


def _fitting(shown: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the first of what is shown by id and name, as many as one link holds, with names cut."""
    named: list[tuple[str, str]] = []
    left = NAMED_BYTES_MAX
    for key, name in shown[:NAMED_MAX]:
        left -= len(key.encode()) + len(name[:ABOUT_CHARS_MAX].encode())
        if left < 0:
            break
        named.append((key, name[:ABOUT_CHARS_MAX]))
    return named
