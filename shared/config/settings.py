"""The settings of a process: `RAPPORT_*` in its environment, read once and validated whole at start.

Those that may hold secrets can stand in files, which the environment names (`shared.config.secret_files`).

Everything has a default that works on a laptop: without `RAPPORT_KAFKA`, `RAPPORT_REDIS` or `RAPPORT_SMTP` the embedded
system takes that part. Whatever is wrong is said in one message that names each variable and the reason, and never
shows a value: values may be secrets.
"""

from __future__ import annotations

import logging
import os
from datetime import timedelta
from email.headerregistry import Address
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from urllib.parse import urlencode

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.config.consistency import contradictions
from shared.config.link_secrets import link_secrets
from shared.config.secret_files import from_files
from shared.config.tls_files import Certificates, PrivateKey, context_of, unfit_files
from shared.config.values import (
    BrandColour,
    BrandFooter,
    BrandName,
    HostPort,
    KafkaServers,
    LinkSecrets,
    PageUrl,
    PublicUrl,
    RedisUrl,
    SecretWebAddress,
    Sender,
    SmtpUrl,
    WebAddress,
    host_port,
    mail_address,
)
from shared.config.wrong_settings import given, message, mistyped, named
from shared.web_address import on_this_machine

if TYPE_CHECKING:
    from faststream.security import BaseSecurity

PREFIX = "RAPPORT_"
LogLevel = Literal["debug", "info", "warning", "error"]
LogFormat = Literal["console", "json"]


class SettingsError(Exception):
    """One or more settings are wrong; the message names all of them."""


class Settings(BaseSettings):
    """All settings. The names are those of the variables without `RAPPORT_`, in lower case."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, frozen=True, extra="ignore", hide_input_in_errors=True
    )

    kafka: KafkaServers | None = None
    """`host:port`, several separated by commas. None: the embedded Kafka."""
    kafka_tls: bool = False
    """Whether Kafka is spoken to over TLS."""
    kafka_ca: Certificates | None = None
    """PEM file of the authorities behind the brokers' certificates; needs `RAPPORT_KAFKA_TLS`. None: the system's."""
    kafka_certificate: Certificates | None = None
    """PEM file of this client's certificate, where brokers ask for one."""
    kafka_key: PrivateKey | None = None
    """PEM file of its key. None: it stands in the certificate's file."""
    kafka_key_password: SecretStr | None = None
    """Where the key is encrypted."""
    kafka_sasl: Literal["plain", "scram-sha-256", "scram-sha-512"] | None = None
    """How to log in: `plain`, `scram-sha-256` or `scram-sha-512`; needs user and password."""
    kafka_user: str | None = None
    """The user of the login."""
    kafka_password: SecretStr | None = None
    """The password of the login."""
    redis: RedisUrl | None = None
    """Redis or Valkey: `redis://user:password@host:port/0`, over TLS `rediss://`; a Redis Cluster:
    `redis+cluster://host:port,host:port`, `rediss+cluster://`; a socket: `unix://`. None: the embedded Valkey."""
    redis_ca: Certificates | None = None
    """PEM file of the authorities behind the store's certificates. None: the system's."""
    redis_certificate: Certificates | None = None
    """PEM file of this client's certificate, where the store asks for one."""
    redis_key: PrivateKey | None = None
    """PEM file of its key, not encrypted. None: it stands in the certificate's file."""
    smtp: SmtpUrl | None = None
    """The mail server: `smtp://user:password@host:port?starttls=yes` or `smtps://...`. `digest` needs it beside a Kafka and
    Redis of your own. None: the embedded system keeps mails as files."""
    mail_from: Sender = "Rapport <rapport@localhost>"
    """Who mails come from: `name@domain` or `Some name <name@domain>`. Set it together with `RAPPORT_SMTP`: many servers
    take no mail from `localhost`."""
    public_url: PublicUrl | None = None
    """The address under which members reach `gateway`, `https://` unless it is on this machine. None: mails carry no links
    and no `List-Unsubscribe`."""
    link_secret: LinkSecrets | None = None
    """What seals those links, the same for `digest` and `gateway`: 32 characters or more, as of `openssl rand -base64 32`;
    needed with `RAPPORT_PUBLIC_URL`. Several, separated by commas, the newest first: the others still open links."""
    channels_private: bool = False
    """Whether members' channels may lead to private addresses, and without TLS: for an ntfy server of your own. A
    member may then name any address that `digest` reaches."""
    brand_name: BrandName = "Rapport"
    """What mails, and the pages behind their links, call the product."""
    brand_colour: BrandColour = "#2b6350"
    """`#rrggbb` of words and buttons in mails and pages. A colour that cannot be read on white is refused."""
    brand_footer: BrandFooter | None = None
    """The last line of every mail and page: who is behind it, and where."""
    preferences_url: WebAddress | None = None
    """The product's page of preferences, to which mails and pages lead."""
    product_url: PageUrl | None = None
    """A page of the product for what an entry suggests, such as `https://example.org/people/{contact}/write`. It may name
    `{member}`, `{contact}`, `{rule}` and `{item}`, each percent-encoded."""
    gateway: HostPort = "127.0.0.1:8080"
    """`host:port` at which `gateway` serves, over plain HTTP: put a proxy with TLS before it, which leaves the path of
    `RAPPORT_PUBLIC_URL` as it is."""
    api_keys: Path | None = None
    """The file of API keys, which `rapport keys` writes and `gateway` reads: it holds their hashes. None: with a Kafka of
    your own there is no API; with the embedded one it is `api-keys.json` in the data folder. Set it for `digest`, too, and
    with `RAPPORT_PUBLIC_URL` mails lead to members' own pages."""
    webhooks: Path | None = None
    """The file of webhooks, which `rapport webhooks` writes and reads: it holds the secrets that sign them. None:
    `webhooks.json` in the data folder."""
    data_dir: Path = Path(".rapport")
    """Where the embedded Kafka, Valkey and mails keep everything."""
    maven: SecretWebAddress | None = None
    """A mirror to fetch Kafka's jars from. None: Maven Central."""
    partitions: Annotated[int, Field(ge=1, le=1000)] = 12
    """Partitions of every topic. Chosen at the first start, the same for ever."""
    snapshot_days: Annotated[int, Field(ge=1, le=365)] | None = None
    """From one round of [snapshots](reference/snapshots.md) to the next, in days, the same for all services. None: there are
    none, every rebuild reads the whole log, and the log can not end."""
    retention_days: Annotated[int, Field(ge=1, le=36_500)] | None = None
    """How long the topics of events keep what every service has in its snapshots, in days: at least 3 times
    `RAPPORT_SNAPSHOT_DAYS`, the same for all services. None: for ever. See [privacy](privacy.md#the-log-may-end)."""
    replication: Annotated[int, Field(ge=1, le=100)] | None = None
    """Copies of each partition, when topics are created. None: the broker's default."""
    min_insync_replicas: Annotated[int, Field(ge=1, le=100)] | None = None
    """Copies that must have a record before it is acknowledged, when topics are created. None: the broker's default."""
    clock_margin_ms: Annotated[int, Field(ge=0, le=10_000)] | None = None
    """How far the clocks of hosts may be apart. None: 2 with the embedded Kafka (one host), otherwise 50."""
    session_timeout_ms: Annotated[int, Field(ge=1_000, le=300_000)] = 6_000
    """After so long without a sign of life, a process's partitions go to others."""
    log_level: LogLevel = "info"
    """`debug`, `info`, `warning` or `error`."""
    log_format: LogFormat | None = None
    """`console` or `json`. None: `console` on a terminal, else `json`. Logs name ids of events and members, and no words of
    theirs, at every level."""
    monitoring: HostPort | None = None
    """`host:port` that serves `/metrics` for Prometheus, `/live` and `/ready`: see [metrics](metrics.md)."""
    traces: WebAddress | None = None
    """OTLP/HTTP endpoint for OpenTelemetry traces, such as `http://127.0.0.1:4318`. None: nothing is traced."""

    @model_validator(mode="after")
    def _belong_together(self) -> Settings:
        given = {name: getattr(self, name) for name in type(self).model_fields}
        if wrong := [*contradictions(given), *unfit_files(given)]:
            raise ValueError("\n".join(wrong))
        return self

    @property
    def embedded(self) -> bool:
        """True when at least one part is left to the embedded system."""
        return self.kafka is None or self.redis is None or self.smtp is None

    @property
    def clock_margin(self) -> int:
        """`clock_margin_ms`, or what fits the place where Kafka runs."""
        return self.clock_margin_ms if self.clock_margin_ms is not None else (2 if self.kafka is None else 50)

    @property
    def snapshot_every(self) -> timedelta | None:
        """From one round of snapshots to the next; None: there are none."""
        return None if self.snapshot_days is None else timedelta(days=self.snapshot_days)

    @property
    def keep(self) -> timedelta | None:
        """How long the topics of events keep what is covered by snapshots; None: for ever."""
        return None if self.retention_days is None else timedelta(days=self.retention_days)

    @property
    def sender(self) -> Address:
        """Who mails come from."""
        return mail_address(self.mail_from)

    @property
    def monitoring_at(self) -> tuple[str, int] | None:
        """Host and port of the pages, or None for none."""
        return None if self.monitoring is None else host_port(self.monitoring)

    @property
    def gateway_at(self) -> tuple[str, int]:
        """Host and port of the gateway."""
        return host_port(self.gateway)

    @property
    def own_pages(self) -> bool:
        """Whether mails lead to members' own pages: they have a public address, and there is an API."""
        return self.public_url is not None and self.api_keys_file is not None

    @property
    def serves_own_pages(self) -> bool:
        """Whether `gateway` may serve members' own pages: it speaks plain HTTP, so without a public address only here."""
        return self.public_url is not None or on_this_machine(self.gateway_at[0])

    @property
    def pages_url(self) -> str:
        """The address under which members reach their own pages: the public one, or on this machine the gateway's."""
        return self.public_url or f"http://{self.gateway}"

    def link_secrets(self) -> list[str]:
        """Return what seals links, the newest first; none without a public address."""
        if self.public_url is None or self.link_secret is None:
            return []
        return link_secrets(self.link_secret.get_secret_value())

    @property
    def api_keys_file(self) -> Path | None:
        """The file of API keys, or None where there is no API."""
        if self.api_keys is None and self.kafka is None:
            return self.data_dir / "api-keys.json"
        return self.api_keys

    @property
    def webhooks_file(self) -> Path:
        """The file of webhooks."""
        return self.webhooks or self.data_dir / "webhooks.json"

    def token_secrets(self) -> list[str]:
        """Return what seals members' tokens, the newest first: the secrets of links; none where none are set."""
        return [] if self.link_secret is None else link_secrets(self.link_secret.get_secret_value())

    @property
    def log_level_number(self) -> int:
        """The level as `logging` counts."""
        return logging.getLevelNamesMapping()[self.log_level.upper()]

    def kafka_security(self) -> BaseSecurity | None:
        """Return how to enter Kafka, as FastStream and aiokafka take it, or None for plaintext."""
        from faststream import security

        context = context_of("kafka", dict(self)) if self.kafka_tls else None
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
    wrong = [*mistyped(PREFIX, Settings.model_fields, os.environ), *unread]
    try:
        settings = Settings(**values)  # type: ignore[arg-type]  # texts, as the environment has them: each is validated
    except ValidationError as error:
        raise SettingsError(message([*wrong, *named(PREFIX, error, given(PREFIX, os.environ) | values)])) from None
    if wrong:
        raise SettingsError(message(wrong))
    return settings
