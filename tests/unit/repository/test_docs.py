"""What the README says is there, and what is there the README says."""

import ast
import json
import re
import textwrap
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer.core
from typer.main import get_command

from rapport.cli import app
from shared.config.secret_files import SECRETS, file_variable
from shared.config.settings import PREFIX, Settings
from shared.contracts import EVENTS, TOPICS, from_json_line
from shared.contracts.published.publish import MODELS
from shared.contracts.topic_names import SNAPSHOTS
from tests.unit.repository.following import Reader

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text(encoding="utf-8")
NAMES = (
    "README.md",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    *(page.relative_to(ROOT).as_posix() for page in (ROOT / "docs").rglob("*.md")),
)
PAGES = {name: (ROOT / name).read_text(encoding="utf-8") for name in sorted(NAMES)}
FILES = {file_variable(PREFIX, name) for name in SECRETS}
SETTINGS = {f"{PREFIX}{name}".upper() for name in Settings.model_fields} | FILES
LINES = re.findall(
    r"\{\"id\": \"[^\"]+\", \"source\": .*\}\}", PAGES["docs/integrate.md"] + PAGES["docs/operations.md"]
)
LOCK = (ROOT / "shared/embedded/kafka.lock").read_text(encoding="utf-8")
HOW_TO = "".join(text for name, text in PAGES.items() if name.startswith("docs/how-to/"))
MADE_ON_PAGES = {
    *re.findall(r'^    TYPE: ClassVar\[str\] = "([^"]+)"$', HOW_TO, re.MULTILINE),
    *re.findall(r'^[A-Z]+: Final = "(rapport\.[^"]+)"$', HOW_TO, re.MULTILINE),
    *re.findall(r"^  - name: (rapport\.[a-z]+\.snapshots)\.v1$", HOW_TO, re.MULTILINE),
    *re.findall(r"^<!-- new file (\S+) -->$", HOW_TO, re.MULTILINE),
    *(path.removesuffix(".json") for path in re.findall(r"^<!-- new file (\S+)\.json -->$", HOW_TO, re.MULTILINE)),
}
"""Events, topics and files that whoever follows a page makes."""
FOLLOWED = (
    "add-an-event.md", "add-a-rule.md", "add-a-channel.md", "add-a-language.md", "add-a-service.md", "add-an-importer.md",
)  # fmt: skip
"""In the order in which they build on each other."""
FILES_OF_A_RULE = 4
"""A rule with an event of its own: contract, example, rule, words."""
ARCHITECTURE_LINES_MAX = 200
DECISION_LINES_MAX = 50
README_LINES_MAX = 120
"""Its first screen is for somebody who looks whether it is worth reading on; the rest stands in pages of its own."""
COMPOSE = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")


def test_the_page_of_settings_names_every_one_and_invents_none() -> None:
    assert set(re.findall(rf"\b{PREFIX}[A-Z_]+\b", PAGES["docs/configuration.md"])) == SETTINGS


def test_compose_sets_only_settings_that_exist() -> None:
    named = set(re.findall(rf"\b{PREFIX}[A-Z_]+\b", COMPOSE))
    assert {"RAPPORT_KAFKA", "RAPPORT_REDIS_FILE", "RAPPORT_SMTP_FILE"} <= named <= SETTINGS


def test_compose_gives_secrets_as_files_alone() -> None:
    """Put one into `environment` or `command`, and `docker inspect` shows it."""
    secret = {f"{PREFIX}{name}".upper() for name in SECRETS}
    assert not secret & set(re.findall(rf"\b{PREFIX}[A-Z_]+\b", COMPOSE))
    assert re.findall(r"\$\{[A-Z_]*(?:PASSWORD|SECRET)\b[^}]*\}", COMPOSE) == []


def test_what_asks_for_no_login_is_not_opened_with_the_rest() -> None:
    """Kafka, mails and Prometheus ask nobody for a password."""
    published = re.findall(r'^      - "\$\{([A-Z_]+):-127\.0\.0\.1\}:\$\{([A-Z]+)_PORT:', COMPOSE, re.MULTILINE)
    assert len(published) == len(re.findall(r"^    ports:$", COMPOSE, re.MULTILINE))
    assert {name for address, name in published if address == "BIND_ADDRESS_WITHOUT_LOGIN"} == {
        "KAFKA",
        "MAIL",
        "PROMETHEUS",
    }
    assert {name for address, name in published if address == "BIND_ADDRESS"} == {"VALKEY", "GATEWAY", "API", "GRAFANA"}


def test_the_versions_of_kafka_that_the_pages_name_are_those_that_are_run() -> None:
    image = re.search(r"apache/kafka:([0-9.]+)", COMPOSE)
    assert image is not None
    containers = (ROOT / "tests/docker/containers.py").read_text(encoding="utf-8")
    assert f'KAFKA = "apache/kafka:{image[1]}"' in containers, (
        "the tests in containers run the image of the compose file"
    )
    embedded = re.search(r"^org\.apache\.kafka:kafka_2\.13:([0-9.]+) ", LOCK, re.MULTILINE)
    assert embedded is not None
    page = PAGES["docs/connections.md"]
    assert f"Apache Kafka {image[1]} in the containers" in page
    assert f"Apache Kafka {embedded[1]}, the embedded" in page


def test_images_are_named_by_digest_and_alike_wherever_they_stand() -> None:
    """A tag can be moved: what runs would be another thing than what was looked at."""
    named = dict(re.findall(r"\$\{([A-Z]+_IMAGE):-([^}]+)\}", COMPOSE))
    assert {"PYTHON_IMAGE", "KAFKA_IMAGE", "VALKEY_IMAGE", "MAILPIT_IMAGE", "PROMETHEUS_IMAGE", "GRAFANA_IMAGE"} <= {
        *named
    }
    assert not [
        image for image in named.values() if not re.fullmatch(r"[a-z/]+:[v0-9.]+(-slim)?@sha256:[0-9a-f]{64}", image)
    ]
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert dict(re.findall(r"^([A-Z]+_IMAGE)=(.+)$", example, re.MULTILINE)) == named
    dockerfile = (ROOT / "deploy/Dockerfile").read_text(encoding="utf-8")
    assert f"ARG PYTHON_IMAGE={named['PYTHON_IMAGE']}\n" in dockerfile


@pytest.mark.parametrize("name", ["partitions", "session_timeout_ms", "mail_from", "log_level", "data_dir"])
def test_the_settings_table_gives_true_defaults(name: str) -> None:
    row = next(
        line for line in PAGES["docs/configuration.md"].splitlines() if line.startswith(f"| `{PREFIX}{name.upper()}` ")
    )
    assert row.split("|")[2].strip() == f"`{Settings.model_fields[name].default}`"


def test_the_readme_or_the_page_of_containers_names_every_make_target_and_invents_none() -> None:
    targets = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"(?:`|^)make ([a-z-]+)", README + PAGES["docs/deploy.md"], re.MULTILINE))
    assert named == targets


def test_the_first_two_commands_are_demo_and_test() -> None:
    assert re.findall(r"^make ([a-z]+)", README, re.MULTILINE)[:2] == ["demo", "test"]


@pytest.mark.parametrize("page", PAGES)
def test_every_topic_and_event_that_a_page_names_exists(page: str) -> None:
    named = set(re.findall(r"\brapport\.[a-z-]+\.[a-z_0-9]*[a-z0-9]\b", PAGES[page]))
    snapshots = {name.removesuffix(".v1") for name in SNAPSHOTS}
    assert named <= {*TOPICS, *snapshots, *MODELS, *MADE_ON_PAGES}


def test_what_a_run_of_the_pages_writes_is_nothing_to_commit() -> None:
    pages = "".join(text for name, text in PAGES.items() if name != "CHANGELOG.md")
    written = set(re.findall(r"^\S*rapport [^|\n]*?(?: > |--html )([\w.-]+)$", pages, re.MULTILINE))
    assert {"events.jsonl", "ahead.html"} <= written
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert {f"/{name}" for name in written} - set(ignored) == set()


@pytest.mark.parametrize("page", PAGES)
def test_every_file_that_a_page_links_to_exists(page: str) -> None:
    targets = re.findall(r"\]\(([^)#:]+)\)", PAGES[page])
    assert [target for target in targets if not ((ROOT / page).parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_heading_that_a_page_links_to_exists(page: str) -> None:
    for target, anchor in re.findall(r"\]\(([^)#:]*)#([a-z0-9-]+)\)", PAGES[page]):
        there = ((ROOT / page).parent / target).resolve() if target else ROOT / page
        assert anchor in _anchors(there.read_text(encoding="utf-8")), f"{target}#{anchor}"


def _anchors(page: str) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page, re.MULTILINE)
    return {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES)
def test_every_setting_that_a_page_names_exists(page: str) -> None:
    assert set(re.findall(rf"\b{PREFIX}[A-Z_]*[A-Z]\b", PAGES[page])) <= SETTINGS


@pytest.mark.parametrize("page", PAGES)
def test_every_command_that_a_page_shows_is_one_with_its_options(page: str) -> None:
    group = get_command(app)
    assert isinstance(group, typer.core.TyperGroup)
    for name, rest in re.findall(
        r"(?:^|[`/|]|(?<!SETUSER) )rapport ([a-z-]+)\b([^`\n|#]*)", "\n".join(_code(PAGES[page])), re.MULTILINE
    ):
        command = group.commands.get(name)
        assert command is not None, f"rapport {name}"
        known = {option for one in _with_own(command) for given in one.params for option in given.opts}
        assert set(re.findall(r"(?<= )--[a-z-]+", rest)) <= known, f"rapport {name}{rest}"


def _code(page: str) -> list[str]:
    blocks = re.findall(r"^```\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    return [*blocks, *re.findall(r"`[^`\n]+`", re.sub(r"^```\n.*?^```", "", page, flags=re.MULTILINE | re.DOTALL))]


def _with_own(command: Any) -> list[Any]:
    """Return a command, and those below it."""
    return [command, *command.commands.values()] if isinstance(command, typer.core.TyperGroup) else [command]


@pytest.mark.parametrize("page", PAGES)
def test_every_path_that_a_page_names_exists(page: str) -> None:
    named = set(
        re.findall(r"(?<![\w/.-])(?:rapport|services|shared|tests|deploy)/[a-z_0-9./-]*[a-z_0-9]\b", PAGES[page])
    )
    assert [path for path in sorted(named - MADE_ON_PAGES) if not (ROOT / path).exists()] == []


def test_the_page_of_commands_names_every_one_and_invents_none() -> None:
    group = get_command(app)
    assert isinstance(group, typer.core.TyperGroup)
    named = set(re.findall(r"^\| `rapport ([a-z-]+)", PAGES["docs/cli.md"], re.MULTILINE))
    assert named == set(group.commands)


def _refusals() -> list[str]:
    """What stands in the reasons for which the shell refuses a partition: of each, its longest part that is always there."""
    found = []
    for file in sorted((ROOT / "shared" / "runtime").rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)) if "Refused(" in text else ():  # each worker does this anew
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Refused":
                parts = [part.value for part in ast.walk(node) if isinstance(part, ast.Constant)]
                found.append(max((part for part in parts if isinstance(part, str)), key=len))
    return found


@pytest.mark.parametrize("reason", _refusals())
def test_the_runbook_explains_every_refusal(reason: str) -> None:
    told = PAGES["docs/operations.md"].partition("### A partition is refused")[2].partition("\n### ")[0]
    assert reason.partition(";")[0].strip(" :({") in told


def test_every_direct_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    required = [project["dependencies"], *project["optional-dependencies"].values()]
    direct = {re.split(r"[\[<>=]", one)[0] for some in required for one in some}
    table = PAGES["docs/reference/dependencies.md"].splitlines()
    cells = [row.split("|")[1] for row in table if row.startswith("| ")][1:]
    named = {name.strip() for cell in cells for name in re.sub(r"\*[a-z]+:\*", "", cell).split(",")}
    assert named == direct


def test_the_readme_shows_events() -> None:
    assert LINES
    assert len({json.loads(line)["id"] for line in LINES}) == len(LINES)


@pytest.mark.parametrize("line", LINES)
def test_an_event_that_a_page_shows_is_valid(line: str) -> None:
    assert from_json_line(json.loads(line)).member == "ada"


def test_the_record_that_a_page_shows_is_what_producers_write() -> None:
    value = re.search(r"^value +(\{.*\})$", PAGES["docs/integrate.md"], re.MULTILINE)
    assert value is not None
    EVENTS["rapport.invite.sent"].model_validate_json(value[1], strict=True)


def test_the_page_of_connections_names_every_setting_of_kafka_and_the_store() -> None:
    ways = [name for name in SETTINGS if name.startswith((f"{PREFIX}KAFKA", f"{PREFIX}REDIS"))]
    assert [name for name in ways if name not in PAGES["docs/connections.md"]] == []


def test_the_page_for_operators_names_every_alarm_and_invents_none() -> None:
    alarms = set(re.findall(r"- alert: (\w+)", (ROOT / "deploy/prometheus/alerts.yml").read_text(encoding="utf-8")))
    assert set(re.findall(r"`(Rapport[A-Z]\w+)`", PAGES["docs/operations.md"])) == alarms


def test_the_readme_is_short_and_what_it_shows_of_code_and_scenes_is_true() -> None:
    assert len(README.splitlines()) <= README_LINES_MAX
    [(file, shown)] = re.findall(r"<!-- from (\S+) -->\n```python\n(.*?)```", README, re.DOTALL)
    assert textwrap.indent(shown.rstrip(), "    ") in (ROOT / file).read_text(encoding="utf-8")
    [scene] = re.findall(r"```text\n(.*?)```", README, re.DOTALL)
    assert scene in (ROOT / "docs/scenes/persistence.txt").read_text(encoding="utf-8")


def test_the_page_about_the_whole_is_short_and_the_decisions_are_listed() -> None:
    assert len(PAGES["ARCHITECTURE.md"].splitlines()) <= ARCHITECTURE_LINES_MAX
    pages = sorted(Path(name).name for name in PAGES if name.startswith("docs/decisions/0"))
    assert [int(name[:4]) for name in pages] == list(range(1, len(pages) + 1))
    assert re.findall(r"\]\((\d{4}-[^)]+)\)", PAGES["docs/decisions/README.md"]) == pages


@pytest.mark.parametrize("page", [name for name in PAGES if name.startswith("docs/decisions/0")])
def test_a_decision_has_its_context_and_its_consequences_on_one_page(page: str) -> None:
    lines = PAGES[page].splitlines()
    assert lines[0].startswith(f"# {int(Path(page).name[:4])}. ")
    assert [line for line in lines if line.startswith("## ")] == ["## Context", "## Decision", "## Consequences"]
    assert len(lines) <= DECISION_LINES_MAX


@pytest.mark.deep
def test_whoever_follows_the_pages_that_say_how_comes_to_what_they_promise(tmp_path: Path) -> None:
    """Every block of code of these pages is written where the page says, in a copy of the sources, or run there."""
    reader = Reader(tmp_path)
    for name in FOLLOWED:
        reader.follow(ROOT / "docs/how-to" / name)
    assert len(reader.touched["add-an-event.md"] | reader.touched["add-a-rule.md"]) == FILES_OF_A_RULE
    reader.run()


def test_every_page_that_says_how_is_followed() -> None:
    assert sorted(FOLLOWED) == sorted(path.name for path in (ROOT / "docs/how-to").glob("*.md"))
