"""Nothing that somebody wrote reaches a library that interprets it on its way into a mail, so no Python is too old for one.

Old patch releases of Python write what `email` has decoded without looking at it again. To refuse them at start would leave
out systems whose makers mend such things under an old number; here nothing of the kind is called
(`services/digest/mail/head.py`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SERVICES = Path(__file__).parents[5] / "services"
HARMLESS = {"email.headerregistry.Address", "email.utils.format_datetime"}
"""A pair of texts that is kept as it is, and an instant as a text."""
BY_HANDS = {"aiosmtplib.send", "aiosmtplib.email", "smtplib", "aiosmtplib.SMTP.send_message"}
"""What writes a message of `email` to a server."""


def used(source: str) -> Iterator[str]:
    """Yield what a module uses of `email`, and of what mails its messages."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.ImportFrom(module=str(module), names=names):
                found = [f"{module}.{one.name}" for one in names]
            case ast.Import(names=names):
                found = [one.name for one in names]
            case ast.Attribute(attr="send_message" | "sendmail" as name):
                found = [f"aiosmtplib.SMTP.{name}"]
            case ast.Call(func=ast.Name(id="Address"), keywords=given) if any(one.arg == "addr_spec" for one in given):
                found = ["email.headerregistry.Address(addr_spec=)"]  # it parses
            case _:
                continue
        yield from (one for one in found if one.partition(".")[0] == "email" or one in BY_HANDS)


def test_the_services_ask_python_s_email_for_nothing_but_a_pair_and_a_date() -> None:
    found = {path.name: set(used(path.read_text(encoding="utf-8"))) - HARMLESS for path in SERVICES.rglob("*.py")}
    assert {name: those for name, those in found.items() if those} == {}
    assert any(HARMLESS & set(used(path.read_text(encoding="utf-8"))) for path in SERVICES.rglob("*.py"))


@pytest.mark.parametrize(
    "offence",
    [
        "from email.message import EmailMessage",
        "import email.policy",
        "from email.header import Header",
        "from email.headerregistry import UniqueAddressHeader",
        "await smtp.send_message(mail)",
        "import smtplib",
        "to = Address(addr_spec=text)",
    ],
)
def test_a_use_of_it_is_found(offence: str) -> None:
    """Broken on purpose: each of these in a service is what the test above tells of."""
    source = f"async def run(smtp, mail, text):\n    {offence}\n"
    assert set(used(source)) - HARMLESS
