"""The compose file: what comes up, what it keeps, what it publishes, and what becomes of a service that is killed.

The project has a name and ports of its own, so it stands beside whatever else runs on this machine.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from shared.links import LinkAddresses, LinkKeys, ToDigest
from tests.docker.containers import RUN
from tests.valkey_cluster import free_ports

pytestmark = pytest.mark.docker

ROOT = Path(__file__).parents[2]
SERVICES = ("invites", "followups", "digest")
GATEWAY = "gateway"
OF_OTHERS = ("kafka", "valkey", "mailpit", "prometheus")
LOOK_SECONDS = 0.5
SECONDS_MAX = 120.0
UP_SECONDS_MAX = 400.0
"""The first time, the image is built."""
SECRET_FILES = ("rapport_redis", "rapport_smtp", "rapport_link_secret")
SECRETS_OF = {
    **{service: set(SECRET_FILES) for service in SERVICES},
    GATEWAY: {"rapport_link_secret"},
    "api": {"rapport_redis", "rapport_link_secret"},
    "projection": {"rapport_redis"},
}
"""Who is given what: strangers reach the gateway, and it has no use for the store."""
IMAGES = {
    "PYTHON_IMAGE": "python:3.11-slim",
    "KAFKA_IMAGE": "apache/kafka:4.3.1",
    "VALKEY_IMAGE": "valkey/valkey:9",
    "MAILPIT_IMAGE": "axllent/mailpit:v1.27.11",
    "PROMETHEUS_IMAGE": "prom/prometheus:v2.42.0",
}
"""By tags, not by the compose file's digests: an engine without a way to a registry has images that were built for it."""


class Project:
    """The compose file under a name of its own."""

    def __init__(self, secrets: Path) -> None:
        made = subprocess.run([ROOT / "deploy/make-secrets.sh", secrets], capture_output=True, text=True, check=False)
        assert made.returncode == 0, made.stderr
        self.secrets = {path.name: path.read_text(encoding="utf-8").strip() for path in secrets.iterdir()}
        self.name = f"rapport-test-{RUN}-{uuid4().hex[:8]}"
        names = ("KAFKA_PORT", "VALKEY_PORT", "MAIL_PORT", "GATEWAY_PORT", "API_PORT", "PROMETHEUS_PORT")
        self.ports = dict(zip(names, map(str, free_ports(len(names))), strict=True))
        self.public = f"http://127.0.0.1:{self.ports['GATEWAY_PORT']}"
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("RAPPORT_", "COMPOSE_"))}
        links = {"COMPOSE_PROFILES": "links,api", "RAPPORT_PUBLIC_URL": self.public}
        self.environment = {**inherited, **IMAGES, **self.ports, **links, "SECRETS_DIR": str(secrets)}

    def compose(self, *arguments: str, stdin: str = "", seconds: float = SECONDS_MAX) -> str:
        """Run `docker compose` and return what it prints; it must end well."""
        command = ["docker", "compose", "--env-file", os.devnull, "--project-name", self.name, *arguments]
        done = subprocess.run(
            command,
            check=False,
            cwd=ROOT,
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=seconds,
        )
        assert done.returncode == 0, f"{' '.join(arguments)}: {done.stdout[-2000:]}{done.stderr[-3000:]}"
        return done.stdout

    def up(self) -> None:
        self.compose("up", "--build", "--detach", "--wait", seconds=UP_SECONDS_MAX)

    def rapport(self, *arguments: str, stdin: str = "") -> str:
        """Run a command of ours in a container of its own."""
        return self.compose("run", "--rm", "--no-deps", "-T", "rapport", *arguments, stdin=stdin)

    def seen(self, service: str) -> dict[str, Any]:
        """What the engine says of the service's container."""
        [identity] = self.compose("ps", "--all", "--quiet", service).split()
        done = subprocess.run(["docker", "inspect", identity], capture_output=True, text=True, check=True)
        [found] = json.loads(done.stdout)
        return dict(found)

    def health(self, service: str) -> str:
        return str(self.seen(service)["State"]["Health"]["Status"])


@pytest.fixture(scope="module")
def project(engine: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The whole system, up; and down with its volumes at the end, however that comes."""
    made = Project(tmp_path_factory.mktemp("secrets"))
    try:
        made.up()
        yield made
    finally:
        made.compose("down", "--volumes", "--remove-orphans", "--timeout", "5")


def _event(member: str, kind: str, **data: Any) -> str:
    return json.dumps(
        {
            "id": f"{member}/{kind}",
            "source": "/test",
            "type": f"rapport.{kind}",
            "time": "2026-01-05T10:00:00Z",
            "memberid": member,
            "data": data,
        }
    )


def _asks_for_a_reminder(project: Project, member: str) -> None:
    due = {"followup_id": "f-1", "what": "Call", "due": "2199-01-11T09:00"}
    project.rapport("send", "-", stdin=_event(member, "followup.requested", **due))


def _events(project: Project, topic: str, member: str) -> list[str]:
    """The ids of the events about a member that stand on a topic."""
    told = project.rapport("tail", topic, "--from-start", "--exit-at-end", "--json")
    events = [json.loads(line) for line in told.splitlines()]
    return [event["id"] for event in events if event["memberid"] == member]


def until(true: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + SECONDS_MAX
    while not true():
        assert time.monotonic() < deadline, f"not within {SECONDS_MAX:.0f} s: {what}"
        time.sleep(LOOK_SECONDS)


def test_what_is_told_over_http_is_shown_over_http_to_whoever_has_a_key(project: Project) -> None:
    key = project.rapport("keys", "create", "shop", "--scope", "ingest", "--scope", "read").strip()
    api = f"http://127.0.0.1:{project.ports['API_PORT']}/v1"
    event = {
        "specversion": "1.0",
        **json.loads(_event("noor", "followup.requested", what="Call", due="2199-01-11T09:00")),
    }
    event["data"]["followup_id"] = "f-1"
    structured = {"content-type": "application/cloudevents+json"}
    with httpx.Client(headers={"authorization": f"Bearer {key}"}, timeout=SECONDS_MAX) as client:
        assert client.post(f"{api}/events", json=event, headers=structured).status_code == 202

        def shown() -> bool:
            answer = client.get(f"{api}/members/noor/agenda")
            if answer.status_code != 200:
                return False
            [entry] = answer.json()["entries"] or [{"id": ""}]
            return str(entry["id"]).startswith("reminder/f-1/")

        until(shown, "the reminder is on the agenda")
    assert httpx.get(f"{api}/members/noor/agenda", timeout=SECONDS_MAX).status_code == 401
    gone = f"http://127.0.0.1:{project.ports['GATEWAY_PORT']}/v1/members/noor/agenda"
    assert httpx.get(gone, timeout=SECONDS_MAX).status_code == 404, "who serves links alone has no API"


def test_an_event_that_is_sent_becomes_an_event_and_both_outlive_the_containers(project: Project) -> None:
    _asks_for_a_reminder(project, "ada")
    until(lambda: _events(project, "followups", "ada"), "the reminder is scheduled")
    events, known = _events(project, "followups", "ada"), json.loads(project.rapport("show", "ada", "--json"))
    assert len(events) == 1
    project.compose("down")
    project.up()
    assert _events(project, "followups", "ada") == events, "there, and not said again"
    assert json.loads(project.rapport("show", "ada", "--json")) == known
    _asks_for_a_reminder(project, "grace")
    until(lambda: _events(project, "followups", "grace"), "it goes on")


def test_what_a_mail_provider_posts_to_a_link_stands_on_the_topic_of_activity(project: Project) -> None:
    links = LinkAddresses(project.public, LinkKeys([project.secrets["rapport_link_secret"]]))
    url = links.address("unsubscribe", ToDigest("lea", "2026-W48", "weekly"))
    asked = httpx.get(url, headers={"accept": "text/html"})
    assert (asked.status_code, "Stop these mails" in asked.text) == (200, True)
    assert _events(project, "activity", "lea") == []
    assert httpx.post(url, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    [said] = _events(project, "activity", "lea")
    assert said.startswith("link-")


def test_prometheus_finds_every_service_and_the_gateway(project: Project) -> None:
    def up() -> dict[str, str]:
        asked = f"http://127.0.0.1:{project.ports['PROMETHEUS_PORT']}/api/v1/query"
        found = httpx.get(asked, params={"query": 'rapport_ready and on (instance) up{job="rapport"} == 1'}).json()
        return {one["metric"]["service"]: one["value"][1] for one in found["data"]["result"]}

    until(lambda: up() == dict.fromkeys((*SERVICES, GATEWAY, "projection"), "1"), "all are scraped, and ready")


def test_a_service_is_ready_only_while_its_store_answers_and_the_gateway_needs_none(project: Project) -> None:
    assert [project.health(service) for service in SERVICES] == ["healthy"] * len(SERVICES)
    project.compose("stop", "valkey")
    try:
        until(lambda: all(project.health(service) == "unhealthy" for service in SERVICES), "all are unhealthy")
        assert project.health(GATEWAY) == "healthy"
    finally:
        project.compose("start", "valkey")
    until(lambda: all(project.health(service) == "healthy" for service in SERVICES), "all are healthy again")


def test_a_service_that_is_killed_is_started_again(project: Project) -> None:
    before = project.seen("followups")
    kill = "import os, pathlib; os.kill(int(pathlib.Path('/proc/1/task/1/children').read_text().split()[0]), 9)"
    project.compose("exec", "-T", "followups", "python", "-c", kill)
    until(lambda: project.seen("followups")["RestartCount"] > before["RestartCount"], "it is started again")
    until(lambda: project.health("followups") == "healthy", "it is ready again")
    assert project.seen("followups")["Id"] == before["Id"]
    _asks_for_a_reminder(project, "lin")
    until(lambda: _events(project, "followups", "lin"), "it works")


@pytest.mark.parametrize("service", SECRETS_OF)
def test_a_service_has_no_more_rights_and_means_than_it_needs(project: Project, service: str) -> None:
    seen = project.seen(service)
    host = seen["HostConfig"]
    assert host["ReadonlyRootfs"]
    assert host["CapDrop"] == ["ALL"]
    assert host["SecurityOpt"] == ["no-new-privileges:true"]
    assert all(host[limit] > 0 for limit in ("Memory", "NanoCpus", "PidsLimit"))
    assert host["LogConfig"]["Config"] == {"max-file": "3", "max-size": "10m"}
    assert seen["Config"]["User"] not in {"", "root", "0"}
    given = {Path(mount["Destination"]).name for mount in seen["Mounts"] if "/run/secrets/" in mount["Destination"]}
    assert given == SECRETS_OF[service]
    assert _published(host) == ({"127.0.0.1"} if service in {GATEWAY, "api"} else set())


@pytest.mark.parametrize("service", [*SECRETS_OF, *OF_OTHERS])
def test_no_secret_stands_in_what_the_engine_shows_or_in_a_list_of_processes(project: Project, service: str) -> None:
    """Give one as a variable or an argument, as `--requirepass` once was, and it is found."""
    seen = project.seen(service)
    shown = json.dumps(seen) + project.compose("top", service)
    password = project.secrets["valkey.conf"].split()[1]
    random = {name: secret for name, secret in project.secrets.items() if name != "rapport_smtp"}  # names no password
    assert not [secret for secret in {password, *random.values()} if secret in shown]
    assert seen["Name"].lstrip("/") in shown, "it is this container that was looked at"


@pytest.mark.parametrize("service", OF_OTHERS)
def test_nothing_is_published_beyond_loopback_and_everything_has_limits(project: Project, service: str) -> None:
    host = project.seen(service)["HostConfig"]
    assert _published(host) == {"127.0.0.1"}
    assert host["CapDrop"] == ["ALL"]
    assert all(host[limit] > 0 for limit in ("Memory", "NanoCpus", "PidsLimit"))
    assert host["RestartPolicy"]["Name"] == "unless-stopped"


def _published(host: dict[str, Any]) -> set[str]:
    """The addresses at which a container's ports are to be reached."""
    return {binding["HostIp"] for bindings in host["PortBindings"].values() for binding in bindings}


def test_the_store_asks_for_the_password_that_was_chosen(project: Project) -> None:
    assert "NOAUTH" in project.compose("exec", "-T", "valkey", "valkey-cli", "ping")
    password = project.secrets["valkey.conf"].split()[1]
    asked = project.compose("exec", "-T", "--env", f"REDISCLI_AUTH={password}", "valkey", "valkey-cli", "ping")
    assert asked.strip() == "PONG"


def test_the_example_of_an_environment_changes_nothing(project: Project) -> None:
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("RAPPORT_", "COMPOSE_"))}

    def whole(file: Path | str) -> str:
        command = ["docker", "compose", "--env-file", str(file), "--profile", "*", "config"]
        return subprocess.run(command, cwd=ROOT, env=plain, capture_output=True, text=True, check=True).stdout

    assert whole(ROOT / ".env.example") == whole(os.devnull)
