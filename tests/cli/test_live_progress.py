"""`flowdeck run` on a terminal: a line that redraws itself, rows above it, and a clean end."""

import os
import pty
import re
import select
import subprocess
import time

import pytest

from tui.cli.run_progress import describe_progress


class Screen:
    """A command on a pseudo-terminal of its own: what it shows, and a keyboard."""

    def __init__(self, flowdeck, *arguments):
        self.primary, secondary = pty.openpty()
        environment = {**flowdeck.environment, "TERM": "xterm-256color", "COLUMNS": "120", "NO_COLOR": ""}
        self.process = subprocess.Popen(
            [str(flowdeck.command), *arguments],
            cwd=flowdeck.directory,
            env=environment,
            stdin=secondary,
            stdout=secondary,
            stderr=secondary,
            start_new_session=True,
        )
        os.close(secondary)
        self.shown = ""

    def read_until(self, pattern, seconds=60):
        """Wait until the pattern has been shown."""
        deadline = time.monotonic() + seconds
        while not re.search(pattern, self.shown):
            assert time.monotonic() < deadline, self.shown[-2000:]
            assert self._read(), self.shown[-2000:]

    def finish(self):
        """Everything up to the end, and the exit code."""
        while self._read():
            pass
        os.close(self.primary)
        return self.process.wait(60)

    def _read(self):
        select.select([self.primary], [], [], 1)
        try:
            data = os.read(self.primary, 65536)
        except OSError:
            return False
        self.shown += data.decode(errors="replace")
        return bool(data)


@pytest.fixture
def screen(flowdeck):
    """Runs commands on a pseudo-terminal and ends them afterwards."""
    screens = []

    def show(*arguments):
        screens.append(Screen(flowdeck, *arguments))
        return screens[-1]

    yield show
    for shown in screens:
        if shown.process.poll() is None:
            shown.process.kill()
            shown.process.wait()


def test_the_line_shows_state_rates_and_checkpoints(flowdeck, screen):
    """The live line has state, rows, rates and the newest checkpoint; Ctrl-C leaves the summary and a visible cursor."""
    shown = screen("run", "stream.conf")
    shown.read_until(r"RUNNING.*rows in · [\d.]+k?/s · .* out · checkpoint \d+")
    flowdeck.interrupt(shown.process)
    assert shown.finish() == 0
    assert "stream STOPPED" in shown.shown
    assert shown.shown.rindex("\x1b[?25h") > shown.shown.rindex("\x1b[?25l")
    assert "Traceback" not in shown.shown


def test_rows_stand_above_the_line(screen):
    """Rows of a Console sink are whole lines between redraws."""
    shown = screen("run", "batch.conf")
    assert shown.finish() == 0
    rows = [line for line in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.shown).splitlines() if "batch" not in line]
    assert "batch FINISHED" in shown.shown
    assert rows


def test_the_figures_of_a_fresh_execution(served):
    """Unknown rates are dashes, not zeros."""
    with served.client() as client:
        execution = client.job("batch").execution
    assert execution is not None
    assert describe_progress(execution, None).startswith("5 rows in · -")
