r"""The first thing that runs: it stands between a command and whatever is odd about a terminal, a pipe or a keyboard.

It imports next to nothing, so that it is there before the modules of the commands are loaded, which takes a second or two:

- Ctrl-C ends a command at any moment with 130 and without a word, while modules load, too;
- a closed standard stream is no error before something is read from or written to it;
- a terminal without a letter gets it as `\u0142`, which in JSON is the same letter;
- a reader that has gone away (`| head`) ends a command quietly, and a full disk behind stdout with one line.
"""

from __future__ import annotations

import codecs
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from errno import EPIPE
from typing import Final, NoReturn

INTERRUPTED: Final = 130
CHAIN_MAX: Final = 100
"""Errors behind an error that are looked at."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code (`SystemExit`)."""
    was = signal.getsignal(signal.SIGINT)
    if was is signal.default_int_handler:  # else somebody wants it otherwise, as a shell does for what runs behind
        signal.signal(signal.SIGINT, _leave_now)
    ready_streams()
    from rapport.cli import main as commands

    if was is signal.default_int_handler:
        signal.signal(signal.SIGINT, was)  # asyncio and the embedded system want the exception
    run(commands, arguments)


def run(commands: Callable[[Sequence[str] | None], object], arguments: Sequence[str] | None) -> None:
    """Run commands; what ends them from outside becomes an exit code and at most one line."""
    code: str | int | None = 0
    try:
        commands(arguments)
    except SystemExit as ended:
        code = ended.code
    except OSError as error:
        code = _failed(error)
    except BaseException as error:
        if not interrupted(error):  # a Ctrl-C inside of an import or a library may come out as another error
            raise
        code = INTERRUPTED
    try:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
    except OSError as error:  # only now does what a command said reach the disk or the reader
        code = _failed(error) if code in {0, None} else code
        _give_up_output()
    except KeyboardInterrupt:
        code = INTERRUPTED
    if code == INTERRUPTED:
        _finish_interrupted()
    raise SystemExit(code)


def interrupted(error: BaseException) -> bool:
    """Say whether Ctrl-C is what an error comes from."""
    for _ in range(CHAIN_MAX):
        if isinstance(error, KeyboardInterrupt):
            return True
        if isinstance(error, BaseExceptionGroup):
            return any(interrupted(one) for one in error.exceptions)
        behind = error.__cause__ or error.__context__
        if behind is None:
            return False
        error = behind
    return False


def ready_streams() -> None:
    """Let the three standard streams be there, closed ones as streams that take or give nothing.

    A closed descriptor would be given to the next file or connection, and then be written to as if it were a terminal.
    `sys.stdin` stays None where it was closed: who reads from it says so.
    """
    for number, mode in ((0, os.O_RDONLY), (1, os.O_WRONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, mode)  # gets the lowest free number: this one
    if sys.stdout is None:
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    codecs.register_error("json-escapes", _escaped)
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError):  # not a stream of a terminal or file
            stream.reconfigure(errors="json-escapes")  # type: ignore[union-attr]


def _escaped(error: UnicodeError) -> tuple[str, int]:
    """Write letters that a stream has not as JSON escapes them, surrogate pairs included."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
    pairs = (units[at : at + 2].hex() for at in range(0, len(units), 2))
    return "".join(f"\\u{pair}" for pair in pairs), error.end


def _failed(error: OSError) -> int:
    """Say what the system refuses; a reader that is gone needs no word."""
    if error.errno == EPIPE:
        _give_up_output()
        return 1
    place = f"{error.filename}: " if error.filename else ""
    with suppress(OSError):
        print(f"rapport: {place}{error.strerror or type(error).__name__}", file=sys.stderr, flush=True)
    return 1


def _give_up_output() -> None:
    """Let what is still held go nowhere, so that the end of the process does not try again."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for number in (1, 2):
        try:
            (sys.stdout if number == 1 else sys.stderr).flush()
        except OSError:
            os.dup2(nowhere, number)


def _leave_now(number: int, frame: object) -> NoReturn:  # noqa: ARG001 - a signal handler's signature
    os._exit(INTERRUPTED)  # nothing is begun yet, so there is nothing to end


def _finish_interrupted() -> None:
    """Keep a further Ctrl-C from showing the inside of the interpreter while it ends."""
    with suppress(ValueError):  # not the main thread
        signal.signal(signal.SIGINT, _leave_now)
