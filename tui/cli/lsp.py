"""The command lsp: the language server on standard input and output. Editors start it."""

from __future__ import annotations

import importlib.util
import logging
import os
import sys

import click

from spec.errors import UsageError


@click.command("lsp", short_help="Serve an editor: the language server.")
@click.option("--stdio", is_flag=True, expose_value=False, help="Accepted because editors pass it: there is no other way.")
def lsp_command() -> int:
    """Serve an editor on standard input and output with the language server protocol.

    Editors start it and talk to it: diagnostics while typing, completion, hover, navigation, rename, formatting, quick fixes.
    docs/editors.md has the settings of VS Code, Neovim and Helix. It needs the extra `lsp`.

    Exit code 0: the editor said goodbye; 1: it went without; 2: wrong usage, or the extra is missing.
    """
    if importlib.util.find_spec("pygls") is None:
        raise UsageError(
            "the language server needs pygls, which is not installed", hint="install flowdeck with its extra: flowdeck[lsp]"
        )
    if sys.stdin.isatty():
        raise UsageError(
            "the language server talks to an editor, not to a terminal", hint="docs/editors.md has the settings of editors"
        )
    from tui.language_server.features import create_server
    from tui.language_server.transport import serve_stdio

    # What goes wrong is answered or told in the editor's log (report_server_error); pygls would write tracebacks to stderr.
    logging.getLogger("pygls").setLevel(logging.CRITICAL + 1)
    return serve_stdio(create_server(dict(os.environ)))
