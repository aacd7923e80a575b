"""``convlint server``."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from convlint.cli.options import fail


def server(
    port: Annotated[
        int | None, typer.Option("--port", metavar="N", help="Wait for an editor on this port of 127.0.0.1.")
    ] = None,
    stdio: Annotated[
        bool, typer.Option("--stdio", help="Talk over standard input and output: what it does anyway.")
    ] = False,
) -> None:
    """Answer an editor (Language Server Protocol), over standard input and output."""
    try:
        from convlint.server.language_server import make_server
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("pygls", "lsprotocol", "cattrs", "attrs"):
            raise
        raise fail('the server needs pygls: pip install "convlint[server]"') from None
    if port is None:
        # Messages have the standard output for themselves; whatever prints by accident prints to the log.
        messages = os.fdopen(os.dup(1), "wb")
        os.dup2(2, 1)
        make_server().start_io(stdout=messages)
    else:
        make_server().start_tcp("127.0.0.1", port)
