"""``convlint``: the commands.

Nothing heavy is imported here; ``--version`` and ``--help`` load neither libcst nor rich, and a command is loaded when
it is run.
"""

from __future__ import annotations

import errno
import os
import sys
from typing import Annotated

import typer

from convlint import __version__
from convlint.cli.help import CommandList
from convlint.cli.terminal import complain, prepare_streams

_UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""What a stream says that takes no more; files are named where they are written."""

app = typer.Typer(
    name="convlint",
    help="Find, explain and repair mistakes in Keras programs.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    cls=CommandList,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"convlint {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool | None, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = None,
) -> None:
    """Find, explain and repair mistakes in Keras programs."""


def main() -> None:
    """Run the command line. Exits with 0 (nothing found), 1 (findings) or 2 (could not do its work)."""
    prepare_streams()
    try:
        try:
            app(prog_name="convlint")
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        # The reader, `head` perhaps, has seen enough. Python would complain once more at its own end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except KeyboardInterrupt:
        complain("interrupted")
        sys.exit(130)
    except Exception as error:
        from convlint.findings import SetupError

        if isinstance(error, SetupError):
            complain(str(error))
            sys.exit(2)
        if isinstance(error, OSError) and error.errno in _UNWRITABLE:
            complain(f"the output can't be written: {error.strerror}")
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(2)
        if os.environ.get("CONVLINT_DEBUG"):
            raise
        complain(f"a bug of convlint's own: {type(error).__name__}: {error} (CONVLINT_DEBUG=1 shows where)")
        sys.exit(2)


if __name__ == "__main__":
    main()
