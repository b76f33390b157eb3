"""Several clients at once, each in a thread of its own with a queue of commands, and what all of them were answered."""

from __future__ import annotations

import queue
import threading
import time

from commands import Answer, Command, Connection

from runner.home import Home


class Caller(threading.Thread):
    """Carries out one command after the other."""

    def __init__(self, home: Home, number: int, crowd: Crowd) -> None:
        super().__init__(name=f"client {number}", daemon=True)
        self._connection = Connection(home, number, crowd.savepoints, crowd.names)
        self._crowd = crowd
        self._commands: queue.Queue[Command | None] = queue.Queue()
        self._pending = 0
        self._idle = threading.Condition()
        self.failure: BaseException | None = None

    def ask(self, command: Command) -> None:
        """Have it carried out when those before it are done."""
        with self._idle:
            self._pending += 1
        self._commands.put(command)

    def wait(self, timeout: float) -> bool:
        """Until every command is answered; False when that takes longer."""
        with self._idle:
            return self._idle.wait_for(lambda: not self._pending, timeout)

    def run(self) -> None:
        """Until :meth:`end`."""
        while (command := self._commands.get()) is not None:
            try:
                self._crowd.take(self._connection.carry_out(command))
            except BaseException as error:  # noqa: BLE001 - told by the machine, in its own thread
                self.failure = error
            with self._idle:
                self._pending -= 1
                self._idle.notify_all()
        self._connection.close()

    def end(self) -> None:
        """Take no more commands."""
        self._commands.put(None)


class Crowd:
    """``clients`` callers. ``answers`` grows as they are answered."""

    def __init__(self, home: Home, clients: int) -> None:
        self.savepoints: dict[str, list[int]] = {}
        self.names: dict[str, str] = {}
        self.answers: list[Answer] = []
        self._callers = [Caller(home, number, self) for number in range(clients)]
        for caller in self._callers:
            caller.start()

    def take(self, answer: Answer) -> None:
        """One more."""
        self.answers.append(answer)

    def ask(self, caller: int, command: Command) -> None:
        """Without waiting for the answer."""
        self._callers[caller].ask(command)

    def wait(self, caller: int, timeout: float) -> bool:
        """For the answers to what this caller was given."""
        return self._callers[caller].wait(timeout)

    def wait_for_all(self, timeout: float) -> None:
        """For every answer."""
        deadline = time.monotonic() + timeout
        waiting = [caller.name for caller in self._callers if not caller.wait(max(0.1, deadline - time.monotonic()))]
        assert not waiting, f"{', '.join(waiting)}: no answer within {timeout:g} s"

    def check(self) -> None:
        """Raise what went wrong in a client itself."""
        for caller in self._callers:
            if caller.failure is not None:
                raise caller.failure

    def end(self) -> None:
        """No more commands."""
        for caller in self._callers:
            caller.end()
