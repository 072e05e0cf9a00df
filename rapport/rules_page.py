"""Writes the table of all rules: `python -m rapport.rules_page docs/rules.md`."""

from __future__ import annotations

import sys
from pathlib import Path

from services.digest import rule_docs as digest
from services.followups import rule_docs as followups
from services.followups.rules.form.triggers import HORIZON
from services.invites.rules import rule_docs as invites
from shared.rules_page import page


def text() -> str:
    """Return the page as it should be."""
    services = (("followups", followups.rows()), ("invites", invites.rows()), ("digest", digest.rows()))
    return page(services, fresh_days=HORIZON.days)


def main(arguments: list[str]) -> int:
    """Write the page; the argument is its path."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m rapport.rules_page PAGE\n")
        return 2
    Path(arguments[0]).write_text(text(), encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
