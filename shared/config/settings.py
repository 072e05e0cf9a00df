"""The settings of a process: `RAPPORT_*` in its environment, read once and validated whole at start.

Those that may hold secrets can stand in files, which the environment names (`shared.config.secret_files`).

Everything has a default that works on a laptop: without `RAPPORT_KAFKA`, `RAPPORT_REDIS` or `RAPPORT_SMTP` the embedded
system takes that part. Whatever is wrong is said in one message that names each variable and the reason, and never
shows a value: values may be secrets.
"""

from __future__ import annotations

import difflib
import logging
import os
import re
import ssl
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.utils import getaddresses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.config.consistency import contradictions
from shared.config.link_secrets import link_secrets
from shared.config.redis_address import redis_address
from shared.config.secret_files import SECRETS, file_variable, from_files
from shared.config.tls_files import Certificates, PrivateKey, client_context
from shared.contracts.refusal import in_our_words
from shared.texts.looks import FOOTER_CHARS_MAX, NAME_CHARS_MAX, colour, page_template, text_line
from shared.web_address import port_of, public_address, web_address

if TYPE_CHECKING:
    from faststream.security import BaseSecurity

PREFIX = "RAPPORT_"
ALIKE = 0.8
"""An unknown variable this similar to a known one is taken for a typing error, and refused."""
PAGE_PLACES = ("member", "contact", "rule", "item")
"""What `RAPPORT_PRODUCT_URL` may name in braces."""
LogLevel = Literal["debug", "info", "warning", "error"]
LogFormat = Literal["console", "json"]


class SettingsError(Exception):
    """One or more settings are wrong; the message names all of them."""


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


def _kafka(value: str) -> str:
    servers = [server.strip() for server in value.split(",") if server.strip()]
    if not servers:
        raise ValueError("names no server; it must be host:port, or several, separated by commas")
    if not all(map(_is_address, servers)):
        raise ValueError("must be host:port, or several, separated by commas, each with a port of 1 to 65535")
    return ",".join(servers)


def _is_address(server: str) -> bool:
    matched = re.fullmatch(r"(\[[0-9a-fA-F:]+\]|[^\s/:@,]+):(\d{1,5})", server)
    return matched is not None and 0 < int(matched[2]) < 65536


def _redis(value: SecretStr) -> SecretStr:
    redis_address(value.get_secret_value())
    return value


def _smtp(value: SecretStr) -> SecretStr:
    smtp_access(value.get_secret_value())
    return value


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


def _mail_from(value: str) -> str:
    mail_address(value)
    return value


def _secrets(value: SecretStr) -> SecretStr:
    link_secrets(value.get_secret_value())
    return value


def _address(value: str) -> str:
    if not _is_address(address := value.strip()):
        raise ValueError("must be one host:port, with a port of 1 to 65535")
    return address


def _host_port(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


WebAddress = Annotated[str, AfterValidator(web_address)]


class Settings(BaseSettings):
    """All settings. The names are those of the variables without `RAPPORT_`, in lower case."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, frozen=True, extra="ignore", hide_input_in_errors=True
    )

    kafka: Annotated[str, AfterValidator(_kafka)] | None = None
    """host:port,host:port of a Kafka of your own; none: the embedded one."""
    kafka_tls: bool = False
    kafka_ca: Certificates | None = None
    """PEM file with the authorities that sign the brokers' certificates; none: the system's."""
    kafka_certificate: Certificates | None = None
    """PEM file with this client's certificate, where brokers ask for one."""
    kafka_key: PrivateKey | None = None
    """PEM file with its key; none: it stands in the certificate's file."""
    kafka_key_password: SecretStr | None = None
    kafka_sasl: Literal["plain", "scram-sha-256", "scram-sha-512"] | None = None
    kafka_user: str | None = None
    kafka_password: SecretStr | None = None
    redis: Annotated[SecretStr, AfterValidator(_redis)] | None = None
    """redis://user:password@host:port/db of a Redis, Valkey or Redis Cluster of your own (`shared.config.redis_address`)."""
    redis_ca: Certificates | None = None
    """PEM file with the authorities that sign the store's certificates; none: the system's."""
    redis_certificate: Certificates | None = None
    """PEM file with this client's certificate, where the store asks for one."""
    redis_key: PrivateKey | None = None
    """PEM file with its key, not encrypted; none: it stands in the certificate's file."""
    smtp: Annotated[SecretStr, AfterValidator(_smtp)] | None = None
    """smtp://user:password@host:port?starttls=yes; none: mail is kept in the data folder."""
    mail_from: Annotated[str, AfterValidator(_mail_from)] = "Rapport <rapport@localhost>"
    """Who mails come from: `name@domain` or `Some name <name@domain>`."""
    public_url: Annotated[str, AfterValidator(public_address)] | None = None
    """The address under which members reach the gateway; none: mails carry no links."""
    link_secret: Annotated[SecretStr, AfterValidator(_secrets)] | None = None
    """What seals the links of mails; several, the newest first, while an old one is given up."""
    brand_name: Annotated[str, AfterValidator(lambda value: text_line(value, NAME_CHARS_MAX))] = "Rapport"
    """What mails and pages call the product."""
    brand_colour: Annotated[str, AfterValidator(colour)] = "#2b6350"
    """`#rrggbb` of words and buttons in mails and pages, to be read on white."""
    brand_footer: Annotated[str, AfterValidator(lambda value: text_line(value, FOOTER_CHARS_MAX))] | None = None
    """The last line of every mail and page; none: there is none."""
    preferences_url: WebAddress | None = None
    """The product's page of preferences, to which mails and pages lead; none: they name it without a link."""
    product_url: Annotated[str, AfterValidator(lambda value: page_template(value, PAGE_PLACES))] | None = None
    """A page of the product for what an entry suggests, such as https://example.org/people/{contact}/write."""
    gateway: Annotated[str, AfterValidator(_address)] = "127.0.0.1:8080"
    """host:port at which the gateway serves what links in mails need."""
    data_dir: Path = Path(".rapport")
    """Where the embedded system keeps everything."""
    maven: (
        Annotated[SecretStr, AfterValidator(lambda value: (web_address(value.get_secret_value()), value)[1])] | None
    ) = None
    """A Maven repository to fetch Kafka's jars from; none: Maven Central."""
    partitions: Annotated[int, Field(ge=1, le=1000)] = 12
    """Partitions of every topic, chosen at the first start and the same for ever."""
    replication: Annotated[int, Field(ge=1, le=100)] | None = None
    """Copies of each partition of topics that are created; none: as the broker's configuration says."""
    min_insync_replicas: Annotated[int, Field(ge=1, le=100)] | None = None
    """Copies that must have a record before it is acknowledged; none: as the broker's configuration says."""
    clock_margin_ms: Annotated[int, Field(ge=0, le=10_000)] | None = None
    """How far the clocks of hosts may be apart; none: 2 with the embedded Kafka (one host), otherwise 50."""
    session_timeout_ms: Annotated[int, Field(ge=1_000, le=300_000)] = 6_000
    """After this long without a sign of life a process's partitions go to others."""
    log_level: LogLevel = "info"
    log_format: LogFormat | None = None
    """none: `console` on a terminal, else `json`."""
    monitoring: Annotated[str, AfterValidator(_address)] | None = None
    """host:port at which /metrics, /live and /ready are served; none: they are not."""
    traces: WebAddress | None = None
    """OTLP/HTTP endpoint that traces are sent to; none: nothing is traced."""

    @model_validator(mode="after")
    def _belong_together(self) -> Settings:
        if wrong := [*contradictions({name: getattr(self, name) for name in type(self).model_fields}), *self._tls()]:
            raise ValueError("\n".join(wrong))
        return self

    def _tls(self) -> Iterator[str]:
        try:
            self._kafka_tls()
        except ValueError as error:
            yield f"RAPPORT_KAFKA_CA, RAPPORT_KAFKA_CERTIFICATE, RAPPORT_KAFKA_KEY: {error}"
        try:
            client_context(self.redis_ca, self.redis_certificate, self.redis_key, None)
        except ValueError as error:
            yield f"RAPPORT_REDIS_CA, RAPPORT_REDIS_CERTIFICATE, RAPPORT_REDIS_KEY: {error}"

    def _kafka_tls(self) -> ssl.SSLContext:
        password = self.kafka_key_password.get_secret_value() if self.kafka_key_password else None
        return client_context(self.kafka_ca, self.kafka_certificate, self.kafka_key, password)

    @property
    def embedded(self) -> bool:
        """True when at least one part is left to the embedded system."""
        return self.kafka is None or self.redis is None or self.smtp is None

    @property
    def clock_margin(self) -> int:
        """`clock_margin_ms`, or what fits the place where Kafka runs."""
        return self.clock_margin_ms if self.clock_margin_ms is not None else (2 if self.kafka is None else 50)

    @property
    def sender(self) -> Address:
        """Who mails come from."""
        return mail_address(self.mail_from)

    @property
    def monitoring_at(self) -> tuple[str, int] | None:
        """Host and port of the pages, or None for none."""
        return None if self.monitoring is None else _host_port(self.monitoring)

    @property
    def gateway_at(self) -> tuple[str, int]:
        """Host and port of the gateway."""
        return _host_port(self.gateway)

    def link_secrets(self) -> list[str]:
        """Return what seals links, the newest first; none without a public address."""
        if self.public_url is None or self.link_secret is None:
            return []
        return link_secrets(self.link_secret.get_secret_value())

    @property
    def log_level_number(self) -> int:
        """The level as `logging` counts."""
        return logging.getLevelNamesMapping()[self.log_level.upper()]

    def kafka_security(self) -> BaseSecurity | None:
        """Return how to enter Kafka, as FastStream and aiokafka take it, or None for plaintext."""
        from faststream import security

        context = self._kafka_tls() if self.kafka_tls else None
        if self.kafka_sasl is None:
            return security.BaseSecurity(ssl_context=context, use_ssl=True) if context else None
        kinds = {
            "plain": security.SASLPlaintext,
            "scram-sha-256": security.SASLScram256,
            "scram-sha-512": security.SASLScram512,
        }
        assert self.kafka_user is not None  # _belong_together
        assert self.kafka_password is not None
        password = self.kafka_password.get_secret_value()
        return kinds[self.kafka_sasl](self.kafka_user, password, ssl_context=context, use_ssl=context is not None)

    def redis_url(self) -> str | None:
        """Return the store's URL, its files of TLS among the options; None for the embedded one."""
        if self.redis is None:
            return None
        files = {
            "ssl_ca_certs": self.redis_ca,
            "ssl_certfile": self.redis_certificate,
            "ssl_keyfile": self.redis_key or self.redis_certificate,
        }
        options = urlencode({name: str(path) for name, path in files.items() if path is not None})
        url = self.redis.get_secret_value()
        return url if not options else f"{url}{'&' if '?' in url else '?'}{options}"


def load() -> Settings:
    """Read and validate the settings; `SettingsError` names everything that is wrong, in one message."""
    values, unread = from_files(PREFIX, os.environ)
    wrong = [*_mistyped(os.environ), *unread]
    try:
        settings = Settings(**values)  # type: ignore[arg-type]  # texts, as the environment has them: each is validated
    except ValidationError as error:
        for problem in error.errors(include_url=False, include_input=False, include_context=False):
            named = [f"{PREFIX}{name}".upper() for name in problem["loc"][:1]]
            reasons = in_our_words(problem["msg"]).splitlines()
            wrong += [": ".join([*named, reason]) for reason in reasons]
            if named:  # what is wrong in itself is found first: what contradicts each other was not looked at
                wrong += [line for line in contradictions(_given(os.environ) | values) if line not in wrong]
        raise SettingsError(_message(wrong)) from None
    if wrong:
        raise SettingsError(_message(wrong))
    return settings


def _given(present: Mapping[str, str]) -> dict[str, str]:
    return {name.upper().removeprefix(PREFIX).lower(): value for name, value in present.items() if value}


def _mistyped(present: Iterable[str]) -> list[str]:
    known = [f"{PREFIX}{name}".upper() for name in Settings.model_fields]
    known += [file_variable(PREFIX, name) for name in SECRETS]
    strangers = [name for name in present if name.upper().startswith(PREFIX) and name.upper() not in known]
    close = {name: difflib.get_close_matches(name.upper(), known, n=1, cutoff=ALIKE) for name in strangers}
    return [f"{name}: there is no such setting; did you mean {match[0]}?" for name, match in close.items() if match]


def _message(wrong: list[str]) -> str:
    heading = "a setting is wrong:" if len(wrong) == 1 else f"{len(wrong)} settings are wrong:"
    return "\n".join([heading, *(f"  {line}" for line in sorted(wrong))])
