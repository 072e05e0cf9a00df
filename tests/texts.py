"""The languages' files, written anew for what there is to translate: `.venv/bin/python -m tests.texts [FOLDER]`.

Whatever is translated stays. In FOLDER there may be files `de.toml`: a table of texts by their keys, a list where a text has
plural forms, and `comment` for the head of the language's file; these are taken in.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rapport import member_texts
from shared.texts import locales
from shared.texts.translations import LOCALES, Translation, file_name, parsed

FOLDER = Path(locales.__file__).parent


def comment_of(content: str) -> str:
    """Return the comment at the head of a file."""
    head = content.partition("msgid")[0].splitlines()
    return "\n".join(line.removeprefix("#").removeprefix(" ") for line in head)


def flat(tables: dict[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield what stands in tables within tables by the whole key."""
    for name, value in tables.items():
        if isinstance(value, dict):
            yield from flat(value, f"{before}{name}.")
        else:
            yield before + name, value


def main() -> None:
    wanted = member_texts.declared()
    for tag in LOCALES:
        file = FOLDER / file_name(tag)
        content = file.read_text(encoding="utf-8") if file.exists() else ""
        said, comment = parsed(tag, content.encode()) if content else {}, comment_of(content)
        more = Path(sys.argv[1], f"{tag}.toml") if len(sys.argv) > 1 else None
        if more is not None and more.exists():
            for key, text in flat(tomllib.loads(more.read_text(encoding="utf-8"))):
                if key == "comment":
                    comment = text.strip()
                elif key not in wanted:
                    print(f"{more}: {key}: there is no such text")
                else:
                    english = member_texts.english(wanted[key])[-1]
                    said[key] = Translation(english, (text,) if isinstance(text, str) else tuple(text))
        if content or said:
            file.write_bytes(member_texts.template(tag, said, wanted, comment))
            if left := sum(key not in said for key in wanted):
                print(f"{file.name}: {left} texts are to be translated")


if __name__ == "__main__":
    main()
