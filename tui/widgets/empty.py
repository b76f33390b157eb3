"""What stands where the jobs would be when there are none to show: why, and what to do."""

from __future__ import annotations

from collections.abc import Sequence

from tui.data.daemon import Door
from tui.data.models import LinkState
from tui.data.snapshot import Snapshot
from tui.draw.cells import wrap
from tui.draw.line import Line, Span, Tone, line
from tui.draw.units import span
from tui.settings.keymap import Keymap
from tui.widgets.keys import keymap_of
from tui.widgets.lines import Lines

_WIDTH = 72
_COMMAND = "    "
_FIRST, _LAST = 2, 7
_SERVER = "server "


def splash(where: str, since: float, now: float) -> list[Line]:
    """While the first connection is made."""
    doing = "connecting" if where.startswith(_SERVER) else "starting the daemon"
    dots = "·" * (1 + int(now - since) % 3)
    return [
        line(Span("flowdeck", Tone.ACCENT_STRONG)),
        Line(),
        line(Span(f"{doing} {dots:<3}", Tone.TEXT), Span(f"  {span(now - since)}", Tone.MUTED)),
        line(Span(where, Tone.MUTED)),
    ]


def no_daemon(where: str, snapshot: Snapshot, keymap: Keymap) -> list[Line]:
    """The daemon could not be started or reached, or does not give what is asked."""
    link = snapshot.link
    words = "the daemon refuses" if link.answered else "no daemon"
    lines = [line(Span("✗ ", Tone.RED), Span(words, Tone.STRONG)), Line()]
    lines.extend(line(Span(part)) for part in _ends(wrap(link.message, _WIDTH)))
    if link.hint:
        lines.append(Line())
        lines.extend(line(Span(part, Tone.MUTED)) for part in wrap(link.hint, _WIDTH))
    again = f"trying again by itself (attempt {link.attempt})"
    return [
        *lines,
        Line(),
        line(*_key(keymap, "connect", "try now   ", "app.retry"), *_key(keymap, "view.back", "quit", "screen.back")),
        line(Span(again, Tone.MUTED)),
        Line(),
        line(Span(where, Tone.MUTED)),
    ]


def _ends(message: list[str]) -> list[str]:
    """The first and the last lines of a long message: what happened, and where it ended."""
    if len(message) <= _FIRST + _LAST:
        return message
    return [*message[:_FIRST], "…", *message[-_LAST:]]


def no_jobs(where: str, export: str, keymap: Keymap, *, read_only: bool) -> list[Line]:
    """The daemon runs and has nothing to do. ``export``: what commands must be told before they find it."""
    commands = (
        ("flowdeck init", "begin with a job file that runs as it is"),
        ("flowdeck submit FILE", "run a job file"),
        ("flowdeck check FILE", "look at it first"),
        ("flowdeck run FILE", "run it in the foreground"),
    )
    lines = [line(Span("no jobs yet", Tone.STRONG)), Line()]
    if not read_only:
        lines += [line(*_key(keymap, "submit.file", "find a job file and submit it", "screen.submit_file")), Line()]
    lines += [line(Span("In another terminal:", Tone.MUTED)), Line()]
    if export:
        lines.append(line(Span(_COMMAND), Span(export, Tone.ACCENT)))
    lines.extend(line(Span(_COMMAND), Span(f"{text:<24}", Tone.ACCENT), Span(why, Tone.MUTED)) for text, why in commands)
    return [
        *lines,
        Line(),
        line(Span("A job appears here as soon as it is submitted.", Tone.MUTED)),
        line(Span(where, Tone.MUTED)),
    ]


def all_hidden(text: str, total: int, keymap: Keymap) -> list[Line]:
    """The filter matches nothing."""
    noun = "the only job" if total == 1 else f"all {total:,} jobs"
    return [
        line(Span(f"the filter hides {noun}", Tone.STRONG)),
        Line(),
        line(Span("filter  ", Tone.MUTED), Span(text, Tone.ACCENT)),
        Line(),
        line(
            *_key(keymap, "filter.clear", "clear it   ", "screen.clear_filter"),
            *_key(keymap, "filter.edit", "change it", "screen.filter"),
        ),
    ]


def empty_lines(snapshot: Snapshot, door: Door, filter_text: str, now: float, keymap: Keymap) -> list[Line]:
    """The words for why there is no job to show."""
    if snapshot.link.state is LinkState.CONNECTING:
        return splash(door.words, snapshot.link.since, now)
    if snapshot.taken_at is None:
        return no_daemon(door.words, snapshot, keymap)
    if not snapshot.jobs:
        return no_jobs(door.words, door.export, keymap, read_only=bool(door.read_only))
    return all_hidden(filter_text, len(snapshot.jobs), keymap)


def _key(keymap: Keymap, command: str, word: str, link: str) -> tuple[Span, Span]:
    return (Span(keymap.first(command), Tone.ACCENT_STRONG, link), Span(f" {word}", Tone.MUTED, link))


def centred(content: Sequence[Line], cells: int, rows: int) -> list[Line]:
    """The block in the middle of the area, a little above its centre; its lines stay aligned with each other."""
    widest = max((one.width for one in content), default=0)
    left = Span(" " * max((cells - widest) // 2, 1))
    above = max((rows - len(content)) * 2 // 5, 0)
    return [Line()] * above + [Line((left, *one.spans)) for one in content]


class Empty(Lines, can_focus=False):
    """The words in the middle of where the jobs would be."""

    def draw(self, snapshot: Snapshot, door: Door, filter_text: str, now: float) -> None:
        """Show the words for this moment."""
        lines = empty_lines(snapshot, door, filter_text, now, keymap_of(self))
        self.show(centred(lines, self.cells, self.rows))
