"""Who may delete: nobody where nothing is to be deleted, as the right to delete records is also that to delete the topic."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from rapport.cli import app
from shared.contracts.retained import ENDED_BY
from shared.runtime.kafka_admin.acls import acl_plan, without_deletion


def granted(tmp_path: Path, **more: str) -> set[str]:
    """Return the lines of what would be granted that name a right to delete."""
    result = CliRunner().invoke(app, ["topics", "acls", "--dry-run"], env={"RAPPORT_DATA_DIR": str(tmp_path), **more})
    assert result.exit_code == 0, result.output
    return {line for line in result.output.splitlines() if "Delete" in line}


def test_the_right_to_delete_is_granted_under_a_retention_alone(tmp_path: Path) -> None:
    assert granted(tmp_path) == set()
    assert granted(tmp_path, RAPPORT_SNAPSHOT_DAYS="7") == set()
    may = granted(tmp_path, RAPPORT_SNAPSHOT_DAYS="7", RAPPORT_RETENTION_DAYS="30")
    assert {line.rpartition(" ")[2] for line in may} == set(ENDED_BY)


def test_nothing_else_is_taken_out_of_the_plan() -> None:
    plan, less = acl_plan(), without_deletion(acl_plan())
    assert set(plan) == set(less)
    for name, one in plan.items():
        kept = [(each.name, [right for right in each.operations if right != "Delete"]) for each in one.allow]
        assert [(each.name, each.operations) for each in less[name].allow] == kept
