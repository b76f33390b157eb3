"""A job whose every name and row speaks to the terminal, through every command that shows it: nothing of it is heard there."""

import re

import pytest
from click.testing import CliRunner

from runner.requests import SavepointRequest, SubmitRequest
from tui.cli.main import flowdeck

EVIL = "e\x1b[2J\x1b]52;c;ZXZpbA==\x07\x9b31m\x90q\x9c\u202eltr\u2066\u200f\x00\x08\r\x7fx[red]y[/red]"
HEARD = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
NAME = EVIL.replace("\x00", "")
QUOTED = "".join(character if " " <= character < "\x7f" else f"\\u{ord(character):04x}" for character in NAME)
JOB = f"""
env {{ job.name = "terminal", job.mode = "STREAMING", checkpoint.interval = 200, read_limit.rows_per_second = 200 }}
source {{ FakeSource {{
  plugin_output = "{QUOTED}", row.num = 1000000000
  schema {{ fields {{ "{QUOTED}" = string }} }}
}} }}
sink {{ Console {{ plugin_input = "{QUOTED}" }} }}
"""
COMMANDS = (
    *(("ls",), ("show",), ("logs", "--tail", "20"), ("errors",), ("metrics",), ("checkpoints",), ("savepoints",), ("workers",)),
    *(("queues",), ("audit",), ("status",), ("keys", "list")),
)
OF_A_JOB = {"show", "logs", "errors", "metrics", "checkpoints", "savepoints", "workers"}


@pytest.fixture(scope="module")
def job(deck):
    """The job, running, with a savepoint and a pause whose words are such, too."""
    with deck.client() as client:
        made = client.submit(SubmitRequest(text=JOB)).id
        deck.wait_until(made, deck.is_running)
        client.savepoint(made, SavepointRequest(description=EVIL))
        deck.request("POST", f"/api/v1/jobs/{made}/pause", {"reason": EVIL})
        yield made
        client.cancel(made)
        deck.wait_until(made, deck.is_over)
        client.delete(made)


def run(deck, *arguments):
    """What a command prints, on both streams."""
    shown = CliRunner().invoke(flowdeck, [*arguments, "--home", str(deck.home.path)], env={"COLUMNS": "300", "NO_COLOR": "1"})
    return shown.output + str(shown.exception or "")


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_no_command_passes_it_on(deck, job, command):
    """What the escapes stood for is shown, not done. (JSON is data where it does not go to a terminal.)"""
    shown = run(deck, *command, *([job] if command[0] in OF_A_JOB else []))
    assert (found := HEARD.search(shown)) is None, (found, shown[max(0, found.start() - 80) :][:200])


def test_nor_does_a_refusal(deck, tmp_path):
    """Names of jobs, files and keys that are refused are shown in the words that refuse them."""
    file = tmp_path / f"{NAME.replace('/', '')}.conf"
    file.write_text('source { "%s" { x = 1 } }' % EVIL)  # noqa: UP031 - braces
    for arguments in (("submit", str(file)), ("show", EVIL), ("keys", "add", EVIL), ("stop", EVIL), ("check", str(file))):
        shown = run(deck, *arguments) if arguments[0] != "check" else CliRunner().invoke(flowdeck, list(arguments)).output
        assert HEARD.search(shown) is None, (arguments[0], shown[:500])
