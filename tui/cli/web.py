"""The command web: the terminal UI in the browser, on this machine, for whoever has the token."""

from __future__ import annotations

import asyncio
import importlib.util
from typing import TYPE_CHECKING

import click

from spec.errors import UsageError
from tui.cli.options import home_option
from tui.cli.session import Session, current_session
from tui.cli.terminal import say, write_data

if TYPE_CHECKING:
    from tui.web.visit import Visit

_PORT = 8265


@click.command("web", short_help="The terminal UI in the browser, on this machine.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=_PORT,
    show_default=True,
    metavar="N",
    help="0 takes any port that is free.",
)
@click.option("--host", metavar="ADDRESS", default="127.0.0.1", show_default=True, help="A loopback address, no other.")
@click.option("--write", is_flag=True, help="Let pages change jobs. Without it they only look.")
@click.option("--open/--no-open", "opens", default=False, help="Open the page in the browser.  [default: no-open]")
@click.option("--context", metavar="NAME", default="", help="Show the daemon of this context of the settings file.")
@click.option(
    "--visitors",
    type=click.IntRange(1, 64),
    default=4,
    show_default=True,
    metavar="N",
    help="At most so many pages at the same time: each is a process.",
)
@home_option
def web_command(*, port: int, host: str, write: bool, opens: bool, context: str, visitors: int) -> int:
    """Serve the terminal UI to a browser on this machine, until Ctrl-C.

    Prints the address to open. It holds a token, new at each start, and who has it may do what the page may do: look, and with
    --write everything. It needs the extra `web`.

    Exit code 0: ended by Ctrl-C or SIGTERM; 2: wrong usage, the address is taken, or the extra is missing.
    """
    if importlib.util.find_spec("textual_serve") is None:
        raise UsageError(
            "the browser needs textual-serve, which is not installed", hint="install flowdeck with its extra: flowdeck[web]"
        )
    address = _loopback(host)
    visit = _visit(current_session(), context, writes=write)
    from tui.web.opening import Opening  # aiohttp and Textual, for nobody else
    from tui.web.reporting import tell_in_lines
    from tui.web.server import PageServer, Serving

    tell_in_lines(say)

    async def work() -> None:
        server = PageServer(visit, Serving(address, port, visitors), say)
        opening = Opening(visit.home, server.url)

        async def ready() -> None:
            write_data(f"{server.url}\n")
            say("pages may change jobs (--write)" if write else "pages only look; --write lets them change jobs")
            say("on this machine whoever has this address can open it; Ctrl-C ends it")
            if opens and not await opening.show():
                say("no browser was found here: open the address yourself")

        try:
            await server.serve(ready)
        finally:
            opening.close()

    asyncio.run(work())
    return 0


def _loopback(host: str) -> str:
    """The address to listen on. Raises UsageError for one that other machines reach."""
    from runner.endpoint import LOOPBACK, is_loopback

    address = LOOPBACK if host == "localhost" else host.strip("[]")
    if not is_loopback(address):
        raise UsageError(
            f"pages are served to this machine only, and {host} is not a loopback address",
            hint="from another machine use a tunnel: ssh -L 8265:127.0.0.1:8265 THIS-MACHINE, and open the address there",
        )
    return address


def _visit(session: Session, context: str, *, writes: bool) -> Visit:
    """What pages show. Raises what is wrong with the settings, the context or the server, before anybody has opened a page."""
    from tui.placed import check_accent
    from tui.settings.file import read_settings, settings_path
    from tui.web.visit import Visit

    if context and session.server is not None:
        raise UsageError("either --context or --server")
    server = session.server
    visit = Visit(session.home.path, server.url if server else "", server.authority if server else "", context, writes)
    check_accent(visit.place(read_settings(settings_path())))
    return visit
