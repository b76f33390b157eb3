"""When the program has come to rest: what it has queued is done, and what it has drawn is laid out and painted.

Textual's own wait looks at the processor time instead and needs 20 ms of silence, twice after every key.
"""

from __future__ import annotations

import asyncio
import time

from textual._context import active_app
from textual.app import App
from textual.message_pump import MessagePump
from textual.screen import Screen

_LONGEST = 5.0
_QUIET_TURNS = 3
_TURN_SECONDS = 0.001


async def come_to_rest(min_sleep: float = 0.0, max_sleep: float = _LONGEST) -> None:
    """Wait until nothing was under way for some turns of the loop; at most ``max_sleep`` seconds: a machine
    under load may need more than Textual gives it."""
    app = active_app.get()
    deadline = time.monotonic() + max_sleep
    quiet = 0
    while quiet < _QUIET_TURNS and time.monotonic() < deadline:
        await asyncio.sleep(_TURN_SECONDS)
        quiet = 0 if _is_busy(app) else quiet + 1


def _is_busy(app: App[object]) -> bool:
    if _has_work(app):
        return True
    return any(
        screen._layout_required or screen._repaint_required or screen._dirty_widgets or screen._callbacks
        or any(_has_work(node) for node in screen.walk_children(with_self=True))
        for screen in app.screen_stack[-1:]
    )  # fmt: skip


def _has_work(node: MessagePump) -> bool:
    if isinstance(node, Screen) and not node.is_current:
        return False
    return bool(node._next_callbacks) or node._message_queue.qsize() > 0
