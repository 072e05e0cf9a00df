"""The scene `persistence` in other languages, in memory: what its member reads of reminders and mails.

`.venv/bin/python -m tests.scene_languages` writes what stands in `docs/scenes/persistence.LANGUAGE.txt`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from msgspec.structs import replace

from rapport.composition import DECIDERS
from rapport.demo.scenes import SCENES
from services.digest.mail.mailer import SENDER
from services.digest.mail.presend_check import Handover, handover, taken
from services.digest.words.render import Mail, render
from shared.calendar import local
from shared.contracts import Event, FollowupDue, MemberJoined
from shared.runtime.offline.dry_run import DryRun
from shared.texts.language import language
from tests.pictures import LINKS
from tests.transcripts import FOLDER

SCENE = SCENES["persistence"]
TOLD = {tag: FOLDER / f"persistence.{tag}.txt" for tag in ("de", "ar")}
"""The languages in which it is told, and where: one that bends words, and one from right to left."""
ZONE = "Europe/Paris"


class Played(NamedTuple):
    """What came of the scene."""

    published: list[Event]
    mails: list[tuple[datetime, Mail]]


@cache
def played(tag: str) -> Played:
    """Play the scene with a member who reads this language."""
    mails: list[tuple[datetime, Mail]] = []

    def mailed(view: Any, event: Event, now: datetime) -> Any:
        if isinstance(ready := handover(view, event, now), Handover):
            mails.append((now, render(ready.content, LINKS)))
        return taken(view, event, now, SENDER.domain, linked=True)

    dry_run = DryRun(list(DECIDERS.values()), SCENE.member, {"digest": mailed})
    for _ in dry_run.run([_speaking(event, tag) for event in SCENE.events()], SCENE.end):
        pass
    return Played(dry_run.published, mails)


def _speaking(event: Event, tag: str) -> Event:
    if not isinstance(event.data, MemberJoined):
        return event
    return replace(event, data=event.data.model_copy(update={"locale": tag}))


def own_words() -> set[str]:
    """Return what the people of the scene have written, whatever they read."""
    return {text for event in SCENE.events() for text in _texts(event.data.model_dump()) if len(text) > 3}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)


def told(tag: str) -> str:
    """Return what the member reads, by day: each reminder, and of each mail its subject and what it begins with."""
    lang, play = language(tag), played(tag)
    read = [(event.time, event.data.text) for event in play.published if isinstance(event.data, FollowupDue)]
    read += [(at, f"✉ {mail.subject}") for at, mail in play.mails]
    lines, day = list[str](), ""
    for at, text in sorted(read):
        wall = local(at, ZONE)
        if (today := lang.full_date(wall)) != day:
            lines += ["", day := today] if day else [day := today]
        lines.append(f"  {wall:%H:%M}  {text}")
    return "\n".join(lines) + "\n"


def main() -> None:
    for tag, path in TOLD.items():
        path.write_text(told(tag), encoding="utf-8")


if __name__ == "__main__":
    main()
