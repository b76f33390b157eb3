"""What the browser is given: the page, its files, refusals in words. Everything comes from here, nothing from the network."""

from __future__ import annotations

import html
from importlib.resources import files
from pathlib import Path
from string import Template

from aiohttp import web

from tui.themes import DARK
from tui.web.door import Door, Refused

_OWN = Path(__file__).parent / "files"
_LIBRARY = Path(str(files("textual_serve"))) / "static"
FILES = {
    "textual.js": _LIBRARY / "js" / "textual.js",
    "xterm.css": _LIBRARY / "css" / "xterm.css",
    "font.ttf": _LIBRARY / "fonts" / "RobotoMono-VariableFont_wght.ttf",
    "font-italic.ttf": _LIBRARY / "fonts" / "RobotoMono-Italic-VariableFont_wght.ttf",
    "page.js": _OWN / "page.js",
}
FONT_SIZE = 15
_TYPES = {".js": "text/javascript", ".css": "text/css", ".ttf": "font/ttf"}
_COLOURS = {
    name: str(value)
    for name, value in {
        "ground": DARK.background,
        "panel": DARK.panel,
        "text": DARK.foreground,
        "muted": DARK.variables["muted"],
        "amber": DARK.warning,
        "accent": DARK.primary,
    }.items()
}
_HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), clipboard-read=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "Server": "flowdeck",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
# The terminal makes style elements of its own: hence unsafe-inline, for styles only. Some browsers do not count a websocket
# of the same origin as 'self'.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; img-src 'self' data:; "
    "connect-src 'self' {socket}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_STYLE = Template(
    "html{background:$ground;color:$text;font:16px/1.6 monospace}body{max-width:62ch;margin:18vh auto;padding:0 2ch}"
    "h1{font-size:1.1em;color:$amber}p{color:$muted}a{color:$accent}"
).substitute(_COLOURS)


def main_page(request: web.Request, title: str, path: str) -> web.Response:
    """The page with the terminal."""
    page = Template((_OWN / "page.html").read_text(encoding="utf-8"))
    socket = html.escape(f"ws://{request.host}{path}socket")
    return _page(page.substitute(title=html.escape(title), socket=socket, font_size=FONT_SIZE))


def style_sheet() -> web.Response:
    """The style of the page."""
    text = Template((_OWN / "page.css").read_text(encoding="utf-8")).substitute(_COLOURS)
    return web.Response(text=text, content_type="text/css")


def file(name: str) -> web.FileResponse:
    """One of the page's files. Raises :class:`Refused` for what is none."""
    path = FILES.get(name)
    if path is None:
        raise Refused(404, "there is no such page", hint="the terminal UI is one page up")
    return web.FileResponse(path, headers={"Content-Type": _TYPES[path.suffix]})


def entrance(door: Door) -> web.Response:
    """For who showed the token: the cookie, and on to the page.

    The browser goes on by itself instead of being sent on: after a link in another program or page it would leave the cookie
    out, and it keeps this address, with the token, out of the list of pages to go back to.
    """
    response = _page(_words("Come in", f'<a href="{door.path}">The terminal UI</a> opens by itself.'))
    response.headers["Refresh"] = f"0; url={door.path}"
    door.admit(response)
    return response


def refusal(error: Refused) -> web.Response:
    """Why not."""
    message = error.message
    response = _page(_words(f"{message[:1].upper()}{message[1:]}.", html.escape(f"{error.hint[:1].upper()}{error.hint[1:]}.")))
    response.set_status(error.status)
    return response


async def dress(request: web.Request, response: web.StreamResponse) -> None:
    """The headers that keep the page to itself, on every answer."""
    response.headers.update(_HEADERS)
    host = request.headers.get("Host", "")
    response.headers["Content-Security-Policy"] = _POLICY.format(socket=f"ws://{host}" if _is_plain(host) else "")


def _is_plain(host: str) -> bool:
    return all(character.isalnum() or character in ".:[]-" for character in host)


def _words(title: str, paragraph: str) -> str:
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>flowdeck</title><link rel="icon" href="data:,">'
        f"<style>{_STYLE}</style></head><body><h1>{html.escape(title)}</h1><p>{paragraph}</p></body></html>"
    )


def _page(text: str) -> web.Response:
    return web.Response(text=text, content_type="text/html", charset="utf-8")
