"""The demo on systems of your own: it plays on empty ones alone, and shows a digest from a Mailpit."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from aiokafka import AIOKafkaProducer

from rapport.cli import main
from rapport.demo.clock_driver import publish
from rapport.demo.mailbox import Mailpit
from rapport.demo.scenes.network import SCENE
from rapport.terminal.failure import Failure
from shared.embedded import System

pytestmark = pytest.mark.deep

ON_MAILPIT = {"one": "small", "two": "of the largest size" * 10, "three": "of somebody else" * 100}


def _raw(identity: str) -> bytes:
    mail = EmailMessage()
    mail["Message-ID"], mail["Subject"] = f"<{identity}@test>", identity
    mail.set_content(ON_MAILPIT[identity])
    return mail.as_bytes()


class _Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path.startswith("/api/v1/messages"):
            mails = [{"ID": i, "MessageID": f"{i}@test", "Size": len(_raw(i))} for i in ON_MAILPIT]
            content = json.dumps({"messages": mails}).encode()
        else:
            content = _raw(self.path.split("/")[-2])
        self.send_response(200)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: object) -> None: ...


@pytest.fixture
def mailpit() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Answers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_the_largest_of_the_digests_is_shown_and_no_other_mail(mailpit: str) -> None:
    found = Mailpit(mailpit).largest({"<one@test>", "<two@test>", "<never@test>"})
    assert found is not None
    assert found.message["Subject"] == "two"
    assert Mailpit(f"{mailpit}/").largest({"<never@test>"}) is None


def test_the_mails_of_a_transcript_are_found_by_their_message_ids(mailpit: str) -> None:
    found = Mailpit(mailpit).those({"<one@test>", "<two@test>", "<never@test>"})
    assert sorted(found) == ["<one@test>", "<two@test>"]


def test_a_mailpit_that_does_not_answer_is_named() -> None:
    with pytest.raises(Failure, match="does not answer"):
        Mailpit("http://127.0.0.1:1").largest({"<one@test>"})


def test_an_external_demo_needs_all_three_systems(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RAPPORT_KAFKA", "127.0.0.1:1")
    with pytest.raises(SystemExit) as ended:
        main(["demo", "--external"])
    assert ended.value.code == 1
    assert "set RAPPORT_KAFKA, RAPPORT_REDIS and RAPPORT_SMTP" in capsys.readouterr().err


async def _say_something(servers: str) -> None:
    async with AIOKafkaProducer(bootstrap_servers=servers, acks="all") as producer:
        await publish(producer, SCENE.events()[:1])


def test_an_external_demo_does_not_play_among_events_that_are_there(
    own_system: System, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asyncio.run(_say_something(own_system.kafka))
    for name, value in (("KAFKA", own_system.kafka), ("REDIS", own_system.redis), ("SMTP", own_system.smtp)):
        monkeypatch.setenv(f"RAPPORT_{name}", value)
    with pytest.raises(SystemExit) as ended:
        main(["demo", "--external"])
    assert ended.value.code == 1
    assert "topics are empty" in capsys.readouterr().err


def test_only_the_embedded_demo_stays(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["demo", "--external", "--stay"])
    assert ended.value.code == 2
    assert "is for the embedded system" in capsys.readouterr().err


def test_an_address_of_a_mailpit_is_for_external_demos(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["demo", "--mailpit", "http://127.0.0.1:1"])
    assert ended.value.code == 2
    assert "needs --external" in capsys.readouterr().err
