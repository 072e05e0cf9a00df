"""The command line `rapport`: one module per command, gathered here.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 of `import calendar --follow`: not to be started again, 130 interrupted. Errors
are one line on stderr, without a traceback; what programs read goes to stdout alone.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from rapport.commands.agenda import agenda
from rapport.commands.backup import backup
from rapport.commands.dead_letters import dead_letters
from rapport.commands.demo import demo
from rapport.commands.doctor import doctor
from rapport.commands.erased import erased
from rapport.commands.export import export
from rapport.commands.import_calendar import calendar
from rapport.commands.import_contacts import contacts
from rapport.commands.import_file import FileOrKind, file
from rapport.commands.import_linkedin import linkedin
from rapport.commands.keys import keys
from rapport.commands.rebuild import rebuild
from rapport.commands.run import run
from rapport.commands.sample_events import sample_events
from rapport.commands.send import send
from rapport.commands.show import show
from rapport.commands.step_over import step_over
from rapport.commands.tail import tail
from rapport.commands.texts import texts
from rapport.commands.topics import acls, apply, check
from rapport.commands.webhooks import webhooks
from rapport.commands.why import why
from rapport.preview.command import preview

app = typer.Typer(
    name="rapport",
    help="Keeps a professional network alive: reminders, stale invites and one good weekly digest.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import PackageNotFoundError, version

        try:
            print(f"rapport {version('rapport')}")
        except PackageNotFoundError:  # run from a source tree
            print("rapport (not installed)")
        raise typer.Exit


@app.callback()
def rapport(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Keeps a professional network alive: reminders, stale invites and one good weekly digest.

    Settings are read from RAPPORT_* variables. Without RAPPORT_KAFKA and RAPPORT_REDIS, commands talk to the embedded
    system that `rapport run` has started in the data folder (RAPPORT_DATA_DIR, .rapport).
    """


app.command()(run)
app.command()(demo)
importing = typer.Typer(
    cls=FileOrKind,
    no_args_is_help=True,
    help="Import what a member has elsewhere: FILE, of whatever kind, or by its kind.",
)
importing.command()(file)
importing.command()(calendar)
importing.command()(contacts)
importing.command()(linkedin)
app.add_typer(importing, name="import")
app.add_typer(dead_letters, name="dead-letters")
app.add_typer(keys, name="keys")
app.add_typer(webhooks, name="webhooks")
app.add_typer(texts, name="texts")
topics = typer.Typer(no_args_is_help=True, help="Create or check the topics.")
topics.command()(apply)
topics.command()(check)
topics.command()(acls)
app.add_typer(topics, name="topics")
for command in (
    send,
    sample_events,
    tail,
    show,
    export,
    erased,
    why,
    agenda,
    preview,
    backup,
    rebuild,
    step_over,
    doctor,
):
    app.command()(command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and exit with its code (`SystemExit`)."""
    os.umask(0o077)  # what a command writes is about people: for whoever runs it alone
    try:
        app(args=arguments, prog_name="rapport")
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except Exception as error:
        if not _is_for_the_user(error):
            raise
        print(f"rapport: {error}", file=sys.stderr)
        raise SystemExit(getattr(error, "exit_code", 1)) from None


def _is_for_the_user(error: Exception) -> bool:
    """Say whether an error is for whoever runs the command: one line is enough, and it stands in the error."""
    from rapport.terminal.failure import Failure
    from shared.config.settings import SettingsError
    from shared.embedded.folder.errors import EmbeddedError
    from shared.process.errors import NotServed

    return isinstance(error, (Failure, NotServed, SettingsError, EmbeddedError))
