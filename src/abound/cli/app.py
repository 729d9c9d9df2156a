"""The command line: every verb registered, and one place where errors become exit codes.

Exit codes: 0 done; 1 error; 2 wrong usage; with --gate 3 (harms, or the audit failed) and 4 (not enough evidence);
130 stopped with Ctrl-C, 143 by a termination signal; 141 when the reader of the output went away.
"""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer

from abound.cli.audit import audit
from abound.cli.compare import compare
from abound.cli.demo import demo
from abound.cli.doctor import doctor
from abound.cli.export import export
from abound.cli.find import find
from abound.cli.generate import generate
from abound.cli.inspect import inspect
from abound.cli.list import list_
from abound.cli.mix import mix
from abound.cli.plan import plan
from abound.cli.prove import prove
from abound.cli.read import read
from abound.cli.report import report
from abound.cli.run import run as run_
from abound.cli.schema import schema
from abound.cli.show import show
from abound.cli.split import split
from abound.errors import AboundError

COMMANDS: dict[str, dict[str, Callable[..., None]]] = {
    "Start here": {"demo": demo, "run": run_, "show": show, "report": report, "compare": compare,
                   "inspect": inspect},
    "The steps of a run, one at a time": {
        "read": read, "split": split, "find": find, "plan": plan, "generate": generate, "audit": audit, "mix": mix,
        "prove": prove,
    },
    "Driving scenes": {"export": export},
    "Look things up": {"list": list_, "schema": schema, "doctor": doctor},
}  # fmt: skip


RESUMES = (demo, run_)
_FIX = "check that the place exists, may be written and has room, and run the command again"


def build() -> typer.Typer:
    """The application, with every command."""
    app = typer.Typer(name="abound", no_args_is_help=True, pretty_exceptions_enable=False)
    app.callback()(_top)
    for panel, commands in COMMANDS.items():
        for name, function in commands.items():
            app.command(name, rich_help_panel=panel)(guarded(function))
    return app


def _version(wanted: bool) -> None:
    if wanted:
        from abound import __version__

        print(f"abound {__version__}")
        raise typer.Exit


def _top(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and stop.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Make synthetic data for what a table lacks, and prove on held-out real rows whether it helps.

    Results go to stdout and progress to stderr. Every command takes --json and --help.
    """


def guarded(command: Callable[..., None]) -> Callable[..., None]:
    """The command, with errors as one line on stderr and their exit code."""

    @functools.wraps(command)
    def call(*args: Any, **options: Any) -> None:
        try:
            command(*args, **options)
            sys.stdout.flush()
        except AboundError as error:
            raise typer.Exit(_say(f"error: {error}", error.exit_code)) from None
        except MemoryError:
            text = "error: out of memory: use fewer rows (--train-rows) or fewer workers (--workers 1)"
            raise typer.Exit(_say(text, 1)) from None
        except _Terminated:
            raise typer.Exit(_say(_stopped(command), 143)) from None
        except KeyboardInterrupt:
            raise typer.Exit(_say(_stopped(command), 130)) from None
        except BrokenPipeError:
            _close_stdout()
            raise typer.Exit(141) from None
        except OSError as error:
            # A place that is written to has its own words (core.artifact.storage_errors); this is what is left.
            _close_stdout()
            where = error.filename if error.filename is not None else "the output"
            raise typer.Exit(_say(f"error: {where}: {error.strerror or error}: {_FIX}", 1)) from None

    return call


def _stopped(command: Callable[..., None]) -> str:
    if command in RESUMES:
        return "stopped; run the same command again to resume"
    return "stopped; the same command starts from the beginning"


def _close_stdout() -> None:
    """What could not be written is dropped: Python would complain once more when it flushes stdout at exit."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Terminated(KeyboardInterrupt):
    """A termination signal, raised where Ctrl-C would be so that workers are ended in the same way."""


def _terminate(*_: object) -> None:
    raise _Terminated


def _say(text: str, code: int) -> int:
    """One message on stderr; an open progress line on a terminal is ended first."""
    print(("\r\x1b[K" if sys.stderr.isatty() else "") + text, file=sys.stderr)
    return code


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code."""
    signal.signal(signal.SIGTERM, _terminate)
    try:
        build()(args=None if arguments is None else list(arguments), prog_name="abound")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    return 0
