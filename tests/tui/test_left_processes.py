"""The check that keeps this folder from leaving daemons behind."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType

from runner.home import Home


def test_a_process_of_the_home_is_found_and_ended(left_processes: ModuleType, home: Home) -> None:
    """A process that names the home counts, also one in a session of its own; after the check it is gone."""
    command = [sys.executable, "-c", "import time; print(flush=True); time.sleep(60)", "--home", str(home.path)]
    with subprocess.Popen(command, start_new_session=True, stdout=subprocess.PIPE) as process:
        assert process.stdout.read(1)
        found = left_processes.of_home(home)
        assert [one.pid for one in found] == [process.pid]
        left_processes.kill(found)
    assert left_processes.of_home(home) == []
