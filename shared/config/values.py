"""The kinds of values that settings have. One function reads each, and raises `ValueError` with the reason.

No reason shows the value: it may be a secret.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.utils import getaddresses
from typing import Annotated, Literal, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import AfterValidator, SecretStr

from shared.config.link_secrets import link_secrets
from shared.config.redis_address import check_encoding, redis_address
from shared.texts.looks import FOOTER_CHARS_MAX, NAME_CHARS_MAX, colour, page_template, text_line
from shared.web_address import port_of, public_address, web_address

PAGE_PLACES = ("member", "contact", "rule", "item")
"""What `RAPPORT_PRODUCT_URL` may name in braces."""
V = TypeVar("V", str, SecretStr)


@dataclass(frozen=True, slots=True)
class SmtpAccess:
    """Where mail goes out."""

    host: str
    port: int
    tls: Literal["none", "starttls", "tls"]
    user: str | None = None
    password: str | None = field(default=None, repr=False)


def smtp_access(url: str) -> SmtpAccess:
    """Read `smtp://user:password@host:port?starttls=yes` or `smtps://...`; `ValueError` with the reason.

    Ports default to 25, 587 with STARTTLS, 465 with smtps. User and password are percent-encoded, as in any URL.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"smtp", "smtps"}:
        raise ValueError("must begin with smtp:// or smtps://")
    check_encoding(url)
    port = port_of(url)
    if not parts.hostname:
        raise ValueError("names no host")
    if parts.path not in {"", "/"} or parts.fragment:
        raise ValueError("must end with host and port: a mail server has no path")
    wish = parse_qs(parts.query, keep_blank_values=True)
    if unknown := set(wish) - {"starttls"}:
        raise ValueError(f"has the unknown option {min(unknown)!r}; there is starttls=yes or starttls=no")
    starttls = wish.get("starttls", ["no"])[-1]
    if starttls not in {"yes", "no"}:
        raise ValueError("starttls must be yes or no")
    tls: Literal["none", "starttls", "tls"] = "tls" if parts.scheme == "smtps" else "none"
    if starttls == "yes":
        if tls == "tls":
            raise ValueError("smtps:// is encrypted from the start: leave starttls out")
        tls = "starttls"
    user = unquote(parts.username) if parts.username else None
    password = unquote(parts.password) if parts.password else None
    return SmtpAccess(parts.hostname, port or {"none": 25, "starttls": 587, "tls": 465}[tls], tls, user, password)


def kafka_servers(value: str) -> str:
    """Read host:port, or several separated by commas; `ValueError` with the reason."""
    servers = [server.strip() for server in value.split(",") if server.strip()]
    if not servers:
        raise ValueError("names no server; it must be host:port, or several, separated by commas")
    if not all(map(_is_address, servers)):
        raise ValueError("must be host:port, or several, separated by commas, each with a port of 1 to 65535")
    return ",".join(servers)


def _is_address(server: str) -> bool:
    matched = re.fullmatch(r"(\[[0-9a-fA-F:]+\]|[^\s/:@,]+):(\d{1,5})", server)
    return matched is not None and 0 < int(matched[2]) < 65536


def mail_address(text: str) -> Address:
    """Read `name@domain` or `Some name <name@domain>`; `ValueError` with the reason."""
    read = getaddresses([text])
    name, spec = read[0] if len(read) == 1 and text.isprintable() else ("", "")
    unquoted = re.sub(r'"(?:\\.|[^"\\])*"', "", text)
    if unquoted.count("<") != unquoted.count(">"):  # the parser would close it by itself
        raise ValueError("must be name@domain, or Some name <name@domain>")
    try:
        address = Address(display_name=name, addr_spec=spec)
    except (ValueError, IndexError, HeaderParseError):
        raise ValueError("must be name@domain, or Some name <name@domain>") from None
    if not (address.username and address.domain and address.addr_spec.isascii()):
        raise ValueError("must be name@domain, or Some name <name@domain>, with an address in ASCII")
    return address


def one_address(value: str) -> str:
    """Read one host:port; `ValueError` with the reason."""
    if not _is_address(address := value.strip()):
        raise ValueError("must be one host:port, with a port of 1 to 65535")
    return address


def host_port(address: str) -> tuple[str, int]:
    """Return host and port of what `one_address` has read."""
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


def _read_by(read: Callable[[str], object]) -> Callable[[V], V]:
    """Return what has `read` look at a value, secret or not, and keeps it as it is."""

    def check(value: V) -> V:
        read(value.get_secret_value() if isinstance(value, SecretStr) else value)
        return value

    return check


KafkaServers = Annotated[str, AfterValidator(kafka_servers)]
RedisUrl = Annotated[SecretStr, AfterValidator(_read_by(redis_address))]
SmtpUrl = Annotated[SecretStr, AfterValidator(_read_by(smtp_access))]
Sender = Annotated[str, AfterValidator(_read_by(mail_address))]
LinkSecrets = Annotated[SecretStr, AfterValidator(_read_by(link_secrets))]
HostPort = Annotated[str, AfterValidator(one_address)]
WebAddress = Annotated[str, AfterValidator(web_address)]
SecretWebAddress = Annotated[SecretStr, AfterValidator(_read_by(web_address))]
PublicUrl = Annotated[str, AfterValidator(public_address)]
PageUrl = Annotated[str, AfterValidator(lambda value: page_template(value, PAGE_PLACES))]
BrandName = Annotated[str, AfterValidator(lambda value: text_line(value, NAME_CHARS_MAX))]
BrandFooter = Annotated[str, AfterValidator(lambda value: text_line(value, FOOTER_CHARS_MAX))]
BrandColour = Annotated[str, AfterValidator(colour)]
