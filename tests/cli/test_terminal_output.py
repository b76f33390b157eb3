"""What reaches a terminal: no escapes from untrusted text, no colour where none is wanted."""

import os
import pty
import subprocess
import sys

import pytest

from tui.cli.terminal import clean, clean_line


@pytest.mark.parametrize(
    ("hostile", "harmless"),
    [
        ("plain text", "plain text"),
        ("日本語 ü", "日本語 ü"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]52;c;cm0gLXJm\x07clipboard", "clipboard"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1bPq#0;2;0;0;0\x1b\\sixel", "sixel"),
        ("\x9b2Jcleared", "cleared"),
        ("a\x08b\x00c\x7f", "abc"),
        ("\u202egnp.exe", "gnp.exe"),
        ("tab\there\nline", "tab\there\nline"),
        ("dos\r\nline", "dos\nline"),
        ("over\rwrite", "overwrite"),
        ("\x1b]0;never ended", ""),
    ],
)
def test_clean(hostile, harmless):
    """Sequences and control characters go, text, tabs and line breaks stay."""
    assert clean(hostile) == harmless


def test_clean_line():
    """One line stays one line."""
    assert clean_line("a\nb\x1b[2Jc") == "a bc"


def on_a_terminal(code, **environment):
    """What ``code`` writes to a terminal that is stdout and stderr."""
    primary, secondary = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", code],
        stdin=subprocess.DEVNULL,
        stdout=secondary,
        stderr=secondary,
        env={**os.environ, "TERM": "xterm-256color", **environment},
    )
    os.close(secondary)
    received = b""
    try:
        while data := os.read(primary, 65536):
            received += data
    except OSError:  # the other side has gone
        pass
    os.close(primary)
    assert process.wait(60) == 0
    return received.decode()


TABLE = (
    "from tui.cli.tables import *; from runner.states import ExecutionState as S\n"
    "print_table([Column('NAME'), Column('STATE')], [('evil\\x1b]52;c;x\\x07 [red]job[/red]', state_cell(S.RUNNING))])"
)


def test_a_table_on_a_terminal_has_colour_but_no_foreign_escapes():
    """States are coloured; what a name contains is text, be it an escape or rich markup."""
    shown = on_a_terminal(TABLE, NO_COLOR="")
    assert "\x1b[" in shown
    assert "\x1b]" not in shown
    assert "evil [red]job[/red]" in shown


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"NO_COLOR": "", "TERM": "dumb"}])
def test_no_colour_when_none_is_wanted(environment):
    """NO_COLOR and a dumb terminal get plain text."""
    assert "\x1b" not in on_a_terminal(TABLE, **environment)


def test_data_into_a_pipe_is_verbatim():
    """Rows that go into a pipe are data: not a byte of them is changed."""
    code = "from tui.cli.terminal import write_data; write_data('a\\x1b[31mb\\n')"
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, timeout=60, check=True)
    assert done.stdout == b"a\x1b[31mb\n"


def test_json_on_a_terminal_has_no_control_characters():
    """JSON shown on a terminal escapes what the encoder leaves."""
    code = "from tui.cli.json_output import print_json; print_json({'name': 'a\\x9b2J\\x1b[1m\\u202e'})"
    shown = on_a_terminal(code)
    assert "\x1b" not in shown
    assert "\x9b" not in shown
    assert "\\u009b2J" in shown


def test_an_error_message_is_clean():
    """An error with an escape in it shows none."""
    code = "from tui.cli.terminal import say_problem; say_problem('job \\x1b]0;title\\x07x', 'try \\x1b[1mthis')"
    shown = on_a_terminal(code, NO_COLOR="1")
    assert "\x1b" not in shown
    assert "job x" in shown
