"""Settings are right, or refused whole, without showing a value."""

from __future__ import annotations

import pytest

from shared.settings import PREFIX, Settings, SettingsError, SmtpAccess, load, smtp_access


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


def test_everything_that_is_wrong_is_said_at_once_and_no_value_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    given(
        monkeypatch,
        KAFKA="http://secret",
        REDIS="redis://:secret@host:99999",
        SMTP="http://user:secret@host",
        PUBLIC_URL="secret",
        PARTITIONS="0",
        LOG_LEVEL="secret",
        KAFAK="secret",
    )
    with pytest.raises(SettingsError) as refusal:
        load()
    heading, *lines = str(refusal.value).splitlines()
    assert heading == "7 settings are wrong:"
    assert [line.split(":")[0].strip() for line in lines] == [
        "RAPPORT_KAFAK",
        "RAPPORT_KAFKA",
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
        ({"KAFKA_CA": "/ca.pem"}, "needs RAPPORT_KAFKA_TLS"),
    ],
)
def test_settings_that_belong_together_are_asked_for(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], reason: str
) -> None:
    given(monkeypatch, **settings)
    with pytest.raises(SettingsError, match=reason):
        load()


def test_secrets_are_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    given(
        monkeypatch,
        REDIS="redis://:secret@host",
        SMTP="smtp://u:secret@host",
        MAVEN="https://u:secret@host/maven",
        KAFKA_SASL="plain",
        KAFKA_USER="u",
        KAFKA_PASSWORD="secret",
    )
    assert "secret" not in repr(load())
    assert "secret" not in repr(smtp_access("smtp://u:secret@host"))


@pytest.mark.parametrize(
    ("url", "access"),
    [
        ("smtp://host", SmtpAccess("host", 25, "none")),
        ("smtp://host:2525", SmtpAccess("host", 2525, "none")),
        ("smtp://a%40b:p%3A@host?starttls=yes", SmtpAccess("host", 587, "starttls", "a@b", "p:")),
        ("smtps://u:p@host", SmtpAccess("host", 465, "tls", "u", "p")),
    ],
)
def test_a_mail_address_says_how_to_enter(url: str, access: SmtpAccess) -> None:
    assert smtp_access(url) == access


@pytest.mark.parametrize("url", ["host:25", "smtp://", "smtp://h:0", "smtps://h?starttls=yes", "smtp://h?tls=1"])
def test_a_mail_address_that_is_not_one_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"must|names no host|leave starttls out|unknown option"):
        smtp_access(url)


@pytest.mark.parametrize("value", ["9464", "host", "host:0", "host:99999", "a:1,b:2", "http://host:9464"])
def test_the_address_of_the_pages_is_one_host_and_port(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    given(monkeypatch, MONITORING=value)
    with pytest.raises(SettingsError, match="RAPPORT_MONITORING"):
        load()


def test_host_and_port_of_the_pages_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load().monitoring_at is None
    given(monkeypatch, MONITORING="0.0.0.0:9464")
    assert load().monitoring_at == ("0.0.0.0", 9464)
    given(monkeypatch, MONITORING="[::1]:9464")
    assert load().monitoring_at == ("::1", 9464)


def test_traces_go_to_a_web_address(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, TRACES="collector:4318")
    with pytest.raises(SettingsError, match="RAPPORT_TRACES: must be an http"):
        load()
