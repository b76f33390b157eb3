"""Ctrl-C while the command is still being imported."""

import signal
import subprocess
import sys

CODE = """
import os, signal, sys
class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == "click":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupting())
from tui.cli.entry import main
main()
"""


def test_it_ends_the_process_without_a_word():
    """No traceback of an import; the shell sees that it was the interrupt."""
    done = subprocess.run([sys.executable, "-P", "-c", CODE], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")
