"""Nobody changes a rule, or the form of what is stored, without the version that says so."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from rapport.composition import DECIDERS, SERVICES
from services.followups.model.event_codes import CODES, TYPES
from shared.stored.migration import Migrations, NoMigration
from tests import versions
from tests.versions import Versions, unmigrated, unraised, versions_of, written


@pytest.mark.parametrize("name", DECIDERS)
def test_what_the_versions_stand_for_is_what_was_written_down(name: str) -> None:
    before, now = written()[name], versions_of(name)
    missing = unraised(before, now)
    assert missing == [], (
        f"the sources of {name} have changed: raise {' and '.join(missing)} in services/{name}/decider.py, then run "
        f".venv/bin/python -m tests.versions (with --same {name} if they still say the same of the same state)"
    )
    assert now == before, "write it down: .venv/bin/python -m tests.versions"


@pytest.mark.parametrize("name", SERVICES)
def test_each_version_since_the_first_release_says_what_becomes_of_its_snapshots(name: str) -> None:
    assert unmigrated(name) == [], (
        "say it in migrations.py of the service (`shared.stored.migration` has the steps); then .venv/bin/python -m "
        "tests.snapshot_files. Before the first release: raise RELEASED in tests/versions.py"
    )


def test_a_raised_version_without_a_step_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    decider = SERVICES["invites"]
    told: list[tuple[Migrations, list[int]]] = [
        (decider.migrations, [decider.version]),
        ({**decider.migrations, decider.version: NoMigration("it was wrong")}, []),
    ]
    for migrations, missing in told:
        next_one = replace(decider, version=decider.version + 1, migrations=migrations)
        monkeypatch.setitem(SERVICES, "invites", next_one)
        assert unmigrated("invites") == missing


def test_a_change_without_its_version_is_seen_and_a_raised_one_is_enough() -> None:
    before = Versions(state_version=1, rules_version=1, state="a", rules="b")
    assert unraised(before, before) == []
    assert unraised(before, before._replace(rules="c")) == ["RULES_VERSION"]
    assert unraised(before, before._replace(state="c", rules="c")) == ["STATE_VERSION", "RULES_VERSION"]
    assert unraised(before, before._replace(rules="c", rules_version=2)) == []


def test_words_about_the_code_are_no_change_and_a_number_is_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path
    monkeypatch.setattr(versions, "ROOT", folder)
    source = folder / "rule.py"
    seen = set()
    for text in ("DAYS = 3\n", '"""A docstring."""\nimport os\n\nDAYS = 3  # a comment\n', "DAYS = 4\n"):
        source.write_text(text)
        seen.add(versions._digest(("rule.py",)))
    assert len(seen) == 2


def test_a_place_where_nothing_is_decided_or_stored_is_refused() -> None:
    """A service that says so of its `decider.py` would have a digest of nothing, which no change of a rule changes."""
    with pytest.raises(LookupError, match=r"services/invites/decider\.py"):
        versions._digest(("services/invites/decider.py",))


@pytest.mark.parametrize(
    ("place", "before", "after"),
    [
        ("shared/decider.py", "if due <= until:", "if due < until:"),
        ("shared/contracts/limits.py", "PROPOSAL_MORE_MAX: Final = 2000", "PROPOSAL_MORE_MAX: Final = 1000"),
        ("shared/merge.py", " > ", " >= "),
        ("services/digest/mail/presend_check.py", "now >= event.expires", "now > event.expires"),
        ("services/digest/evaluate.py", " >= ", " > "),
    ],
)
def test_what_the_rules_read_elsewhere_belongs_to_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, place: str, before: str, after: str
) -> None:
    was = versions_of("digest")
    for room in ("services", "shared"):
        shutil.copytree(versions.ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    source = (tmp_path / place).read_text(encoding="utf-8")
    assert before in source
    (tmp_path / place).write_text(source.replace(before, after), encoding="utf-8")
    monkeypatch.setattr(versions, "ROOT", tmp_path)
    assert unraised(was, versions_of("digest")) == ["RULES_VERSION"]


def test_no_two_events_are_remembered_under_one_code() -> None:
    assert len(TYPES) == len(CODES)
