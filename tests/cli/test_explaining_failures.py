"""flowdeck explain knows every code with which work, requests and commands fail."""

import ast
import json
from pathlib import Path

import pytest

from runner.dataset.rejected import RejectionKind
from runner.failure_codes import FORMER, failure_codes, find_failure
from runner.reload import ReloadState
from runner.supervisor.reloading.transitions import REFUSED
from spec.codes.registry import all_codes
from tui.cli.main import run_command_line

ROOT = Path(__file__).parents[2]
TREES = {
    path.relative_to(ROOT): ast.parse(path.read_text())
    for room in ("runner", "spec", "tui")
    for path in sorted((ROOT / room).rglob("*.py"))
}
FAMILY_MODULES = ROOT / "spec" / "codes"
CONSTANTS = {
    target.id: node.value.value
    for tree in TREES.values()
    for node in tree.body
    if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Constant)
    for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
    if isinstance(target, ast.Name) and isinstance(node.value.value, str)
}
POSITIONAL = {"make_problem": 1, "_answer": 1, "_whole_file": 1}
"""Functions that take a code, and at which place."""


def said(tree):
    """What stands for a code in a module: of classes, where an error is made, and where a problem is."""
    for node in ast.walk(tree):
        keyword = isinstance(node, ast.keyword) and node.arg == "code"
        if keyword or (isinstance(node, ast.Assign) and "code" in [getattr(target, "id", "") for target in node.targets]):
            yield node.value
        elif isinstance(node, ast.Call):
            place = POSITIONAL.get(getattr(node.func, "id", getattr(node.func, "attr", "")))
            if place is not None and len(node.args) > place:
                yield node.args[place]


def texts(value):
    """The texts that it may be, as far as the source tells."""
    if isinstance(value, ast.IfExp):
        yield from texts(value.body)
        yield from texts(value.orelse)
    elif isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield value.value
    elif isinstance(value, ast.Name) and value.id in CONSTANTS:
        yield CONSTANTS[value.id]


def codes():
    """Every code that the program can say of a failure."""
    found = {text for tree in TREES.values() for value in said(tree) for text in texts(value)}
    found |= {f"reload-{str(state).lower().replace('_', '-')}" for state in REFUSED} | set(RejectionKind)
    return found | {"no-such-route"}


def test_every_code_is_explained_and_no_other():
    """Whatever the source names as a code has its words, and what nobody says has none."""
    found = codes() - {""}
    assert len(found) > 100
    assert "worker-killed" in found  # by a constant
    assert "file-missing" in found  # by a condition
    assert set(map(str, found)) ^ set(failure_codes()) == set()
    assert ReloadState.FAILED in REFUSED


def test_a_failure_is_one_sentence_and_what_to_do():
    """Short enough for a list, without a full stop that the page has; no code is that of a finding, or an older name."""
    for code, failure in failure_codes().items():
        assert failure.meaning, code
        assert failure.remedy, code
        assert not failure.meaning.endswith("."), code
        assert not failure.remedy.endswith("."), code
        assert "  " not in failure.meaning + failure.remedy, code
    assert {code.lower() for code in all_codes()} & {*failure_codes(), *FORMER} == set()
    assert set(FORMER) & set(failure_codes()) == set()
    assert {find_failure(old).code for old in FORMER} <= set(failure_codes())


def explain(capsys, *arguments):
    """What the command prints."""
    code = run_command_line(["explain", *arguments])
    captured = capsys.readouterr()
    return code, captured.out + captured.err


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("worker-lost", ["worker-lost: a worker process ended", "The work of a job. What to do: "]),
        ("NOT-FOUND", ["not-found: ", "Requests"]),
        ("internal-error", ["internal: a defect of flowdeck"]),
        ("sql", ["transform Sql", "sql: the engine refuses a query"]),
    ],
)
def test_what_can_be_asked(capsys, word, expected):
    """In any case, by an older name, and together with a plugin of that name."""
    code, text = explain(capsys, word)
    assert (code, [piece for piece in expected if piece not in text]) == (0, []), text


def test_the_list_and_the_data_have_them(capsys):
    """Without an argument all are listed; as data they have their own place."""
    _, text = explain(capsys)
    assert [code for code in failure_codes() if f"  {code}  " not in text] == []
    _, text = explain(capsys, "store-locked", "--output", "json")
    (found,) = json.loads(text)["failures"]
    assert (found["code"], found["remedy"]) == ("store-locked", "end that process")
    code, text = explain(capsys, "worker-lots")
    assert (code, "did you mean worker-lost or" in text) == (2, True)
