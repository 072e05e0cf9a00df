"""Which test files share the embedded system: one process of a run takes them all, so that it starts once.

A start costs ten seconds of a core. `make test` gives each process whole files, whichever comes next: where four processes
met a file that needs the system, there were four of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xdist.scheduler import LoadFileScheduling

if TYPE_CHECKING:
    import pytest
    from xdist.remote import Producer

ON_EMBEDDED: Final = frozenset(
    {
        *(
            f"tests/component/test_{name}.py"
            for name in (
                "chaos_link",
                "cli",
                "cli_streams",
                "damaged_log",
                "dead_letter_commands",
                "embedded",
                "embedded_classes",
                "embedded_closed",
                "gateway",
                "gateway_choices",
                "gateway_command",
                "gateway_limits",
                "gateway_metrics",
                "import_commands",
                "kafka_codecs",
                "kafka_feed",
                "kafka_group",
                "kafka_log",
                "kafka_mixed_group",
                "publishing",
                "run_order",
            )
        ),
        "tests/contract/test_doubt_kinds.py",
        "tests/contract/test_log.py",
        "tests/integration/test_reading_over_http.py",
    }
)
"""The files whose tests ask for the fixture `embedded`. Whoever asks for it elsewhere is told so (`conftest.py`)."""
GROUP: Final = "on the embedded system"


class OneProcessForEmbedded(LoadFileScheduling):  # type: ignore[misc]  # xdist is untyped
    """Whole files, as `--dist loadfile` gives them out, and those of `ON_EMBEDDED` as if they were one."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return GROUP if file in ON_EMBEDDED else file


def scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling | None:
    """Return the scheduling of a run by whole files. Containers are for all processes: their tests are spread as ever."""
    if config.getvalue("dist") != "loadfile" or "not docker" not in config.getvalue("markexpr"):
        return None
    return OneProcessForEmbedded(config, log)
