"""How a process logs: to stderr, for people or as JSON, and never with words of the people that it is about.

What our own code logs are ids, types and reasons that quote nothing. Errors of libraries may quote anything: of an error
its type and its place are logged, and of what libraries log themselves the first line, cut.
"""

from __future__ import annotations

import logging
import sys
import traceback
from typing import Any, Final

import structlog
from rich.console import Console
from structlog.typing import EventDict, Processor

from shared.config.settings import LogFormat

FOREIGN_CHARS_MAX: Final = 200
"""How much of a library's own line is logged."""
FRAMES_MAX: Final = 3
"""Places of an error: the innermost ones."""
NOISY: Final = ("aiokafka", "faststream")
"""They warn three times per retry and connection; `health_monitor.py` says it once."""


def set_up_logs(level: int, form: LogFormat | None) -> LogFormat:
    """Log from `level` on, as `form`; none: for people on a terminal, else as JSON. Return which it is."""
    form = form or ("console" if sys.stderr.isatty() else "json")
    show: Processor = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
        if form == "console"
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
        _without_words_of_errors,
    ]
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        processors=[*before, show],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, _first_line, *before],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, show],
        )
    )
    logging.basicConfig(handlers=[handler], level=max(level, logging.WARNING), force=True)
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return form


def tell(console: Console, form: LogFormat, text: str) -> None:
    """Say something to who runs the process: on the console, or as a log line where programs read those."""
    if form == "console":
        console.print(text, soft_wrap=True, highlight=False, markup=False)
    else:
        structlog.get_logger().info(text)


def _first_line(logger: Any, method: str, event: EventDict) -> EventDict:  # noqa: ARG001 - structlog's signature
    """Keep the beginning of a library's line: what follows is often what it was given."""
    lines = str(event.get("event", "")).splitlines() or [""]
    return {**event, "event": lines[0][:FOREIGN_CHARS_MAX]}


def _without_words_of_errors(logger: Any, method: str, event: EventDict) -> EventDict:  # noqa: ARG001 - as above
    """Replace an error by its type and the places that it came through."""
    raised = event.pop("exc_info", None)
    if raised is True:
        raised = sys.exc_info()
    error = raised[1] if isinstance(raised, tuple) else raised
    if isinstance(error, BaseException):
        frames = traceback.extract_tb(error.__traceback__)[-FRAMES_MAX:]
        event["error"] = type(error).__name__
        event["at"] = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames]
    return event
