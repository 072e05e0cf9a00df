"""The mailer on encrypted ways: never less than the settings ask for, and each thing that is wrong has its own words."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from services.digest import delivery_errors
from shared.contracts import DigestFailed, DigestSent
from shared.decider import NewEvent
from tests.component.smtp_bed import Keeper, perform, scripted, smtp_server

HOST = "127.0.0.1"


class Trust(NamedTuple):
    """What a server shows, and what a client trusts."""

    server: ssl.SSLContext
    client: ssl.SSLContext


def trust(*names: str) -> Trust:
    authority = trustme.CA()
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert(*names).configure_cert(server)
    authority.configure_trust(client)
    return Trust(server, client)


@pytest.fixture(scope="module")
def trusted() -> Trust:
    return trust(HOST)


def login(server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: LoginPassword) -> AuthResult:
    return AuthResult(success=(given.login, given.password) == (b"rapport", b"p:w"), handled=False)


def refusal(said: NewEvent | None) -> str:
    """Return the reason of a failure that is worth another attempt."""
    assert said is not None
    assert isinstance(said.data, DigestFailed)
    assert not said.data.permanent
    return said.data.reason.removeprefix(f"{delivery_errors.UNREACHABLE}: ")


@pytest.mark.filterwarnings("ignore:Requiring AUTH:UserWarning")  # aiosmtpd does not see that its socket is encrypted
@pytest.mark.parametrize("tls", ["starttls", "tls"])
@pytest.mark.parametrize("password", ["p:w", "wrong"])
async def test_mail_goes_out_over_tls_with_the_right_login_alone(trusted: Trust, tls: str, password: str) -> None:
    keeper = Keeper()
    options: dict[str, Any] = {"authenticator": login, "auth_required": True, "auth_require_tls": tls == "starttls"}
    if tls == "starttls":
        options |= {"tls_context": trusted.server, "require_starttls": True}
    async with smtp_server(keeper, trusted.server if tls == "tls" else None, **options) as port:
        said = await perform(port, tls=tls, user="rapport", password=password, tls_context=trusted.client)
    if password == "p:w":
        assert said is not None
        assert isinstance(said.data, DigestSent)
        assert len(keeper.letters) == 1
    else:
        assert refusal(said) == "the login in RAPPORT_SMTP was refused: the mail server answered 535 5.7.8"
        assert keeper.letters == []


async def test_a_server_without_starttls_gets_neither_mail_nor_password_when_it_is_asked_for(trusted: Trust) -> None:
    keeper = Keeper()
    async with smtp_server(keeper, authenticator=login, auth_require_tls=False) as port:
        said = await perform(port, tls="starttls", user="rapport", password="p:w", tls_context=trusted.client)
    assert refusal(said) == "the mail server offers no STARTTLS, which RAPPORT_SMTP asks for"
    assert keeper.letters == []


async def test_a_server_without_a_login_gets_no_mail_when_the_settings_name_a_user() -> None:
    keeper = Keeper()
    async with smtp_server(keeper) as port:
        said = await perform(port, user="rapport", password="p:w")
    assert refusal(said) == "the mail server offers no login, and RAPPORT_SMTP names a user"
    assert keeper.letters == []


@pytest.mark.parametrize("tls", ["starttls", "tls"])
@pytest.mark.parametrize("wrong", ["nobody vouches for it", "it is for another host"])
async def test_a_server_whose_certificate_is_not_trusted_gets_neither_mail_nor_password(
    trusted: Trust, tls: str, wrong: str
) -> None:
    shown, client = trusted.server, ssl.create_default_context()
    if wrong == "it is for another host":
        shown, client = trust("mail.example.org")
    keeper = Keeper()
    options: dict[str, Any] = {} if tls == "tls" else {"tls_context": shown, "require_starttls": True}
    async with smtp_server(keeper, shown if tls == "tls" else None, **options) as port:
        said = await perform(port, tls=tls, user="rapport", password="p:w", tls_context=client)
    assert refusal(said) == "the mail server's certificate is not trusted"
    assert keeper.letters == []


async def test_a_server_that_speaks_plainly_where_tls_is_asked_for_has_no_common_way_with_us(trusted: Trust) -> None:
    async with scripted({}) as port:
        said = await perform(port, tls="tls", tls_context=trusted.client)
    assert refusal(said) == "the mail server and we found no way to encrypt"


@pytest.fixture
def authorities(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ssl.SSLContext:
    """Name a private authority to the system, as an operator does."""
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST).configure_cert(server)
    authority.cert_pem.write_to_path(tmp_path / "authorities.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authorities.pem"))
    return server


async def test_an_authority_that_the_system_trusts_is_trusted(authorities: ssl.SSLContext) -> None:
    keeper = Keeper()
    async with smtp_server(keeper, authorities) as port:
        said = await perform(port, tls="tls")
    assert said is not None
    assert isinstance(said.data, DigestSent)
