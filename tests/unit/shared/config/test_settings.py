"""Settings are right, or refused whole, without showing a value."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote_plus

import pytest
import trustme

from shared.config.settings import PREFIX, Settings, SettingsError, load
from shared.config.values import smtp_access

SECRET = "0123456789abcdef" * 2


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"{PREFIX}{name}".upper(), raising=False)


def given(monkeypatch: pytest.MonkeyPatch, **settings: str) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(f"{PREFIX}{name}", value)


def test_nothing_needs_to_be_set() -> None:
    settings = load()
    assert settings.embedded
    assert settings.partitions == 12
    assert settings.clock_margin == 2, "one host, one clock"


def test_a_kafka_of_ones_own_has_clocks_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, KAFKA="a.example:9092, [::1]:9093")
    assert load().kafka == "a.example:9092,[::1]:9093"
    assert load().clock_margin == 50


def test_mails_come_from_a_name_and_an_address() -> None:
    assert str(load().sender) == "Rapport <rapport@localhost>"


@pytest.mark.parametrize(
    ("value", "name", "spec"),
    [("mail@example.org", "", "mail@example.org"), ("Zoë, for all <z@example.org>", "", ""),
     ('"Zoë, for all" <z@example.org>', "Zoë, for all", "z@example.org")],
)  # fmt: skip
def test_who_mails_come_from_is_read_as_a_mail_program_reads_it(
    monkeypatch: pytest.MonkeyPatch, value: str, name: str, spec: str
) -> None:
    given(monkeypatch, MAIL_FROM=value)
    if not spec:
        with pytest.raises(SettingsError, match="RAPPORT_MAIL_FROM: must be name@domain"):
            load()
    else:
        assert (load().sender.display_name, load().sender.addr_spec) == (name, spec)


@pytest.mark.parametrize(
    "value", ["secret", "a@b, c@d", "a b@example.org", "zoë@example.org", "a@b\r\nBcc: c@d", "@b", "<a@b", "A <a@b>>"]
)
def test_an_address_that_no_mail_can_come_from_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    given(monkeypatch, MAIL_FROM=value)
    with pytest.raises(SettingsError, match="RAPPORT_MAIL_FROM: must be name@domain") as refusal:
        load()
    assert value not in str(refusal.value)


def test_everything_that_is_wrong_is_said_at_once_and_no_value_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    given(
        monkeypatch,
        KAFKA="http://secret",
        REDIS="redis://:secret@host:99999",
        SMTP="http://user:secret@host",
        PUBLIC_URL="secret",
        LINK_SECRET="secret",
        PARTITIONS="0",
        LOG_LEVEL="secret",
        KAFAK="secret",
    )
    with pytest.raises(SettingsError) as refusal:
        load()
    heading, *lines = str(refusal.value).splitlines()
    assert heading == "8 settings are wrong:"
    assert [line.split(":")[0].strip() for line in lines] == [
        "RAPPORT_KAFAK",
        "RAPPORT_KAFKA",
        "RAPPORT_LINK_SECRET",
        "RAPPORT_LOG_LEVEL",
        "RAPPORT_PARTITIONS",
        "RAPPORT_PUBLIC_URL",
        "RAPPORT_REDIS",
        "RAPPORT_SMTP",
    ]
    assert "did you mean RAPPORT_KAFKA?" in lines[0]
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"KAFKA_USER": "u"}, "belong together"),
        ({"KAFKA_SASL": "plain"}, "RAPPORT_KAFKA_SASL needs"),
        ({"KAFKA_USER": "u", "KAFKA_PASSWORD": "p"}, "RAPPORT_KAFKA_USER needs RAPPORT_KAFKA_SASL"),
        ({"KAFKA_KEY_PASSWORD": "p"}, "RAPPORT_KAFKA_KEY_PASSWORD needs RAPPORT_KAFKA_CERTIFICATE"),
        ({"RETENTION_DAYS": "30"}, "RAPPORT_RETENTION_DAYS needs RAPPORT_SNAPSHOT_DAYS"),
        (
            {"SNAPSHOT_DAYS": "7", "RETENTION_DAYS": "20"},
            "RAPPORT_RETENTION_DAYS must be at least 3 times",
        ),
        ({"REPLICATION": "2", "MIN_INSYNC_REPLICAS": "3"}, "RAPPORT_MIN_INSYNC_REPLICAS is more than"),
    ],
)
def test_settings_that_belong_together_are_asked_for(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], reason: str
) -> None:
    given(monkeypatch, **settings)
    with pytest.raises(SettingsError, match=reason):
        load()


def test_files_of_tls_are_looked_at_at_start_and_every_wrong_one_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "no.pem").write_text("hello")
    given(
        monkeypatch,
        KAFKA_CA=str(tmp_path / "none.pem"),
        KAFKA_CERTIFICATE=str(tmp_path / "no.pem"),
        KAFKA_KEY=str(tmp_path),
        REDIS_CA=str(tmp_path / "no.pem"),
        REDIS="redis://host",
        KAFKA_SASL="plain",
    )
    with pytest.raises(SettingsError) as refusal:
        load()
    assert str(refusal.value).splitlines() == [
        "9 settings are wrong:",
        "  RAPPORT_KAFKA_CA needs RAPPORT_KAFKA_TLS=true",
        "  RAPPORT_KAFKA_CA: names no file",
        "  RAPPORT_KAFKA_CERTIFICATE needs RAPPORT_KAFKA_TLS=true",
        "  RAPPORT_KAFKA_CERTIFICATE: is no PEM file with certificates",
        "  RAPPORT_KAFKA_KEY needs RAPPORT_KAFKA_TLS=true",
        "  RAPPORT_KAFKA_KEY: cannot be read (Is a directory)",
        "  RAPPORT_KAFKA_SASL needs RAPPORT_KAFKA_USER",
        "  RAPPORT_REDIS_CA needs a RAPPORT_REDIS that begins with rediss",
        "  RAPPORT_REDIS_CA: is no PEM file with certificates",
    ]


def test_a_key_that_is_not_of_its_certificate_is_named_at_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    for name in ("mine", "other"):
        issued = authority.issue_cert(name)
        issued.cert_chain_pems[0].write_to_path(str(tmp_path / f"{name}.pem"))
        issued.private_key_pem.write_to_path(str(tmp_path / f"{name}.key"))
    given(
        monkeypatch,
        KAFKA="host:9093",
        KAFKA_TLS="true",
        KAFKA_CA=str(tmp_path / "ca.pem"),
        KAFKA_CERTIFICATE=str(tmp_path / "mine.pem"),
        KAFKA_KEY=str(tmp_path / "other.key"),
        REDIS="rediss://host:6380",
        REDIS_CERTIFICATE=str(tmp_path / "other.pem"),
        REDIS_KEY=str(tmp_path / "mine.key"),
    )
    with pytest.raises(SettingsError) as refusal:
        load()
    heading, kafka, redis = str(refusal.value).splitlines()
    assert heading == "2 settings are wrong:"
    assert kafka.startswith("  RAPPORT_KAFKA_CA, RAPPORT_KAFKA_CERTIFICATE, RAPPORT_KAFKA_KEY: certificate, key and")
    assert redis.startswith("  RAPPORT_REDIS_CA, RAPPORT_REDIS_CERTIFICATE, RAPPORT_REDIS_KEY: certificate, key and")
    given(monkeypatch, KAFKA_KEY=str(tmp_path / "mine.key"), REDIS_KEY=str(tmp_path / "other.key"))
    assert load().redis_url() == (
        f"rediss://host:6380?ssl_certfile={quote_plus(str(tmp_path / 'other.pem'))}"
        f"&ssl_keyfile={quote_plus(str(tmp_path / 'other.key'))}"
    )


def test_secrets_are_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    given(
        monkeypatch,
        REDIS="redis://:hushed@host",
        SMTP="smtp://u:hushed@host",
        MAVEN="https://u:hushed@host/maven",
        KAFKA_SASL="plain",
        KAFKA_USER="u",
        KAFKA_PASSWORD="hushed",
    )
    assert "hushed" not in repr(load())
    assert "hushed" not in repr(smtp_access("smtp://u:hushed@host"))


def test_links_need_a_secret_and_without_an_address_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, LINK_SECRET=SECRET)
    assert load().link_secrets() == []
    given(monkeypatch, LINK_SECRET="", PUBLIC_URL="https://example.org", PARTITIONS="0")
    with pytest.raises(SettingsError) as refusal:
        load()
    assert str(refusal.value).splitlines()[1:] == [
        "  RAPPORT_PARTITIONS: must be greater than or equal to 1",
        "  RAPPORT_PUBLIC_URL needs RAPPORT_LINK_SECRET",
    ]


def test_a_secret_may_have_older_ones_behind_it_and_each_is_long_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, PUBLIC_URL="https://example.org", LINK_SECRET=f"{SECRET}, {SECRET.upper()}")
    assert load().link_secrets() == [SECRET, SECRET.upper()]
    assert SECRET not in repr(load())
    for wrong in ("s" * 31, f"{SECRET},short", f"{SECRET},", ",".join([SECRET] * 6)):
        given(monkeypatch, LINK_SECRET=wrong)
        with pytest.raises(SettingsError, match="RAPPORT_LINK_SECRET: must have at least 32 characters") as refusal:
            load()
        assert "sss" not in str(refusal.value)
    for wrong, reason in ((f"{SECRET},{'s' * 32}", "drawn by chance"), (f"{SECRET},{SECRET}", "the same secret twice")):
        given(monkeypatch, LINK_SECRET=wrong)
        with pytest.raises(SettingsError, match=f"RAPPORT_LINK_SECRET: .*{reason}"):
            load()
