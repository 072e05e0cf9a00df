"""Where members have pages of their own, a mail leads there."""

from __future__ import annotations

import re
from datetime import timedelta

from services.digest.words.render import Mail, render
from services.digest.words.sealed_links import sealed_links
from shared.config.settings import Settings
from shared.links import LinkAddresses, LinkKeys, ToPage
from shared.process.by_settings import link_addresses
from shared.texts.brand import OURS, Brand
from tests.pictures import AT, sample

SECRET = "0123456789abcdef" * 2
KEYS = LinkKeys([SECRET])
UNTIL = int((AT + timedelta(days=14)).timestamp())


def mail(brand: Brand = OURS, *, own_pages: bool = True) -> Mail:
    addresses = LinkAddresses("https://mails.example", KEYS, own_pages=own_pages)
    return render(sample(), sealed_links(addresses, "ada", sample()), brand)


def opened(html: str, words: str) -> ToPage:
    """Return what the link with these words opens."""
    [token] = re.findall(rf'href="https://mails\.example/open/([^"]+)"[^>]*>{words}</a>', html)
    link = KEYS.open(token)
    assert isinstance(link, ToPage)
    return link


def test_a_mail_leads_to_the_members_own_page_and_its_preferences() -> None:
    told = mail()
    assert opened(told.html, "Open my page") == ToPage("ada", UNTIL, locale="en")
    assert opened(told.html, "and 3 more") == ToPage("ada", UNTIL, locale="en")
    assert opened(told.html, "Your preferences") == ToPage("ada", UNTIL, place="preferences", locale="en")
    assert "/more/" not in told.html
    assert re.search(r"Open my page:\nhttps://mails\.example/open/\S+\n", told.text)
    assert re.search(r"Your preferences:\nhttps://mails\.example/open/\S+\n", told.text)
    assert mail() == told, "a mail that is tried again is the same mail"


def test_a_preferences_page_of_the_product_comes_before_ours() -> None:
    html = mail(Brand(preferences_url="https://product.example/me")).html
    assert re.search(r'href="https://product\.example/me"[^>]*>Your preferences<', html)


def test_without_pages_of_their_own_a_mail_is_as_it_was() -> None:
    told = mail(own_pages=False)
    assert "/open/" not in told.html + told.text
    assert "/more/" in told.html


def test_mails_lead_there_where_there_is_a_public_address_and_an_api() -> None:
    given = {"public_url": "https://mails.example", "link_secret": SECRET, "kafka": "k:9092", "redis": "redis://r:6379"}
    for keys, own_pages in (({}, False), ({"api_keys": "/run/secrets/keys"}, True)):
        made = link_addresses(Settings.model_validate({**given, **keys}))
        assert made is not None
        assert made.own_pages is own_pages
