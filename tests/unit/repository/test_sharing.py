"""All files on the embedded system go to one process of a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sharing import GROUP, OneProcessForEmbedded, asks

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("component/test_cli.py", "a fixture there"),
        ("component/test_cli_streams.py", "a fixture of another test"),
        ("component/test_kafka_group.py", "a bed for both Kafkas"),
        ("contract/test_log.py", "the bed of the log"),
        ("component/test_publishing.py", "a test there"),
    ],
)
def test_a_file_on_the_embedded_system_is_seen(name: str, why: str) -> None:
    assert asks(f"tests/{name}"), why


@pytest.mark.parametrize(
    "name", ["integration/test_shell_on_kafka.py", "component/test_topics.py", "contract/test_store.py"]
)
def test_one_that_has_servers_of_its_own_is_not(name: str) -> None:
    assert not asks(f"tests/{name}")


def test_of_all_files_some_share_it_and_most_do_not() -> None:
    files = [str(path.relative_to(ROOT)) for path in ROOT.glob("tests/**/test_*.py")]
    assert 15 < sum(map(asks, files)) < len(files) / 8


def test_they_are_given_out_as_one_and_all_others_by_file() -> None:
    given = OneProcessForEmbedded.__new__(OneProcessForEmbedded)._split_scope
    assert given("tests/component/test_cli.py::test_a[b::c]") == given("tests/contract/test_log.py::test_b") == GROUP
    assert given("tests/unit/a.py::test_a") == "tests/unit/a.py"
