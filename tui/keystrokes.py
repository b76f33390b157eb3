"""Keys in the order in which they were typed, each for what the one before it has opened.

Textual hands a key to whatever has the focus when it is read, before the keys ahead of it have done anything: of ``/orders``
that arrives in one piece, as from a slow line or a fast hand, the letters would be commands of the list and none would reach
the filter. Here a key waits until the one before it has been dealt with."""

from __future__ import annotations

import time
from collections import deque
from typing import Final

from textual import events
from textual.app import App
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget

_PATIENCE: Final = 0.5
"""Seconds after which a key is given up that never came through: what it was for may have been closed with it."""
_MOST_WAITING: Final = 256
"""Keys that may wait. More than that was not typed by a person."""
_LAPS: Final = 2
_HELD_DOWN: Final = frozenset(("up", "down", "left", "right", "pageup", "pagedown", "j", "k"))
"""Keys that move. One that is held down needs not wait for itself, and several moves are painted at once."""


class KeyPassed(Message):
    """Follows a key on its way, and so comes when that has been dealt with; then, on another ``lap``, it follows what the key
    has led to: the enter of a field, say, that hands its words on to the list."""

    def __init__(self, number: int, lap: int) -> None:
        super().__init__()
        self.number = number
        self.lap = lap


class KeysInOrder(App[int]):
    """An application that takes one key after the other."""

    def __init__(self) -> None:
        super().__init__()
        self._typed: deque[events.Key] = deque(maxlen=_MOST_WAITING)
        self._key = ""
        self._key_number = 0
        self._key_since: float | None = None
        self._key_target: Widget | None = None

    async def on_event(self, event: events.Event) -> None:
        """A key waits for its turn; everything else goes its way."""
        if not isinstance(event, events.Key) or event.is_forwarded:
            await super().on_event(event)
            return
        if self._is_repeated(event):
            await super().on_event(event)
            return
        self._typed.append(event)
        if self._key_since is None or time.monotonic() - self._key_since > _PATIENCE:
            await self._take_key()
        else:
            self.set_timer(_PATIENCE, self._unblock)

    def _is_repeated(self, event: events.Key) -> bool:
        return not self._typed and self._key_since is not None and event.key in _HELD_DOWN and event.key == self._key

    async def _take_key(self) -> None:
        """The next key, to what has the focus now."""
        if not self._typed:
            self._key_since = None
            return
        event = self._typed.popleft()
        self._key = event.key
        self._aim()
        await super().on_event(event)
        self._follow()

    def _aim(self) -> None:
        self._key_target = self.focused or self.screen
        self._key_since = time.monotonic()

    def _follow(self) -> None:
        """Send something after the key."""
        self._key_number += 1
        self._send(KeyPassed(self._key_number, 1))

    def _send(self, passed: KeyPassed) -> None:
        if not (self.focused or self.screen).post_message(passed):
            self.post_message(passed)

    async def _unblock(self) -> None:
        """Go on when what was to follow a key has not come."""
        if self._typed and self._key_since is not None and time.monotonic() - self._key_since > _PATIENCE:
            await self._take_key()

    async def on_key_passed(self, passed: KeyPassed) -> None:
        """The key has been dealt with; what it asked to be done next (such as to focus something) comes before the next key."""
        passed.stop()
        if passed.number != self._key_number:
            return
        if passed.lap < _LAPS:
            self._send(KeyPassed(passed.number, passed.lap + 1))
        else:
            self.call_later(self._take_key)

    async def _on_key(self, event: events.Key) -> None:
        """A key that nothing has taken. The screen that it met may not have had its focus yet: then that has it now."""
        target = self.focused or self.screen
        if isinstance(self._key_target, Screen) and target is not self._key_target:
            event.prevent_default()  # else Textual would go on to the handler of App
            self._aim()
            again = events.Key(event.key, event.character)
            target._forward_event(again)  # noqa: SLF001 - as App.on_event does, which cannot be asked to do it again
            self._follow()
