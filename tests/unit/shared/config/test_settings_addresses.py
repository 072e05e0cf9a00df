"""Addresses in settings: of the store, of the mail server, of links and of pages. A wrong one is refused by its name."""

from __future__ import annotations

import pytest

from shared.config.redis_address import redis_address
from shared.config.settings import PREFIX, Settings, SettingsError, load
from shared.config.values import SmtpAccess, smtp_access

SECRET = "0123456789abcdef" * 2


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"{PREFIX}{name}".upper(), raising=False)


def given(monkeypatch: pytest.MonkeyPatch, **settings: str) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(f"{PREFIX}{name}", value)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://secret", "must begin with"),
        ("redis://a:1,b:2", "several servers are a Redis Cluster"),
        ("redis+cluster://a:1,b:99999", "from 1 to 65535"),
        ("redis+cluster://a:1,", "names no host"),
        ("redis+cluster://a:1/2", "one database alone"),
        ("rediss://", "names no host"),
        ("redis://secret:1/none", "must be a number from 0"),
        ("redis://secret:1/-1", "must be a number from 0"),
        ("redis://secret:1/0?foo=secret", "an option that is not known"),
        ("redis://secret:1/0?socket_timeout=secret", "socket_timeout must be a number of seconds"),
        ("redis://secret:1/0?socket_timeout=0", "socket_timeout must be a number of seconds"),
        ("redis://:secret%zz@host:1/0", "begins no code of two hexadecimal digits"),
        ("redis://:secret%ff@host:1/0", "no UTF-8"),
        ("unix://", "the socket's path"),
        ("unix://secret/run", "the socket's path"),
        ("unix:///run/secret.sock?db=x", "must be a number from 0"),
    ],
)
def test_an_address_of_the_store_that_is_not_one_is_refused(
    monkeypatch: pytest.MonkeyPatch, url: str, reason: str
) -> None:
    given(monkeypatch, REDIS=url)
    with pytest.raises(SettingsError, match=reason) as refusal:
        load()
    assert "secret" not in str(refusal.value)


def test_an_address_of_a_cluster_names_several_nodes() -> None:
    address = redis_address("rediss+cluster://u:p%40@a:7000,[::1],c.example:7002/0?ssl_ca_certs=/ca.pem")
    assert (address.cluster, address.tls) == (True, True)
    assert address.nodes == (("a", 7000), ("::1", 6379), ("c.example", 7002))
    assert address.url == "rediss://u:p%40@a:7000?ssl_ca_certs=/ca.pem"
    assert (address.named, "p%40" in repr(address)) == ("a:7000,[::1]:6379,c.example:7002", False)


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


@pytest.mark.parametrize(
    "url",
    [
        "host:25",
        "smtp://",
        "smtp://h:0",
        "smtps://h?starttls=yes",
        "smtp://h?tls=1",
        "smtp://h/path",
        "smtp://h#x",
        "smtp://u:p%zz@h",
    ],
)
def test_a_mail_address_that_is_not_one_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"must|names no host|leave starttls out|unknown option|has a % that"):
        smtp_access(url)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("rapport.example.org", "must be an http"),
        ("http://rapport.example.org", "must begin with https:// unless it is on this machine"),
        ("http://127.0.0.1.example.org", "must begin with https://"),
        ("https://eve:secret@example.org", "without a user"),
        ("https://example.org/\r\nBcc: secret", "must be at most 200"),
        ("https://example.org/a>b", "must be at most 200"),
        (f"https://example.org/{'x' * 200}", "must be at most 200"),
        ("https://example.org/?secret=1", "must not have a query"),
        ("https://example.org/../secret", "must have a plain path"),
        ("https://example.org/a//b", "must have a plain path"),
    ],
)
def test_an_address_that_links_can_not_begin_with_is_refused(
    monkeypatch: pytest.MonkeyPatch, value: str, reason: str
) -> None:
    given(monkeypatch, PUBLIC_URL=value, LINK_SECRET=SECRET)
    with pytest.raises(SettingsError, match=f"RAPPORT_PUBLIC_URL: {reason}|RAPPORT_PUBLIC_URL: .*{reason}") as refusal:
        load()
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize(
    "value", ["https://example.org", "https://example.org:8443/rapport/", "http://127.0.0.1:8080", "http://[::1]:8080"]
)
def test_an_address_for_links_is_https_or_on_this_machine(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    given(monkeypatch, PUBLIC_URL=value, LINK_SECRET=SECRET)
    assert load().public_url == value.rstrip("/")


@pytest.mark.parametrize(
    ("gateway", "public", "served"),
    [
        ("127.0.0.1:8080", None, True),
        ("[::1]:8080", None, True),
        ("localhost:8080", None, True),
        ("0.0.0.0:8080", None, False),
        ("10.1.2.3:8080", None, False),
        ("0.0.0.0:8080", "https://example.org", True),
    ],
)
def test_own_pages_need_a_public_address_where_others_reach_them(
    monkeypatch: pytest.MonkeyPatch, gateway: str, public: str | None, served: bool
) -> None:
    """Serve them all the same, and cookies and addresses that let in go over the network as plain text."""
    given(monkeypatch, GATEWAY=gateway, LINK_SECRET=SECRET, **({"PUBLIC_URL": public} if public else {}))
    assert load().serves_own_pages is served


@pytest.mark.parametrize(
    "url",
    [
        "unix:///run/valkey.sock?db=1",
        "redis://:p%25@h:1/0?socket_timeout=2.5&client_name=x",
        "redis://h/15",
        "redis://h",
    ],
)
def test_what_redis_py_knows_is_taken(url: str) -> None:
    assert redis_address(url).url == url


@pytest.mark.parametrize("value", ["9464", "host", "host:0", "host:99999", "a:1,b:2", "http://host:9464"])
def test_the_address_of_the_pages_is_one_host_and_port(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    given(monkeypatch, MONITORING=value)
    with pytest.raises(SettingsError, match="RAPPORT_MONITORING: must be one host:port, with a port of 1 to 65535"):
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
