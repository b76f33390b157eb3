"""Fixes go into the text: without loss, not over each other, until nothing is left, and never for the worse."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from spec.check import CheckResult, check_text
from spec.codes.entry import Code
from spec.codes.registry import all_codes
from spec.diagnostic import Applicability, Edit, Fix
from spec.document import ReadOptions
from spec.fix.apply import apply_fixes
from spec.fix.fixer import MAXIMUM_ROUNDS, Fixed, fix_text
from spec.position import SourceText, Span

SOURCE = "source { FakeSource { plugin_output = a, schema { fields { id = int } } } }\n"
SINK = "sink { Console { plugin_input = a } }\n"
WITH_EXAMPLES = [entry for entry in all_codes().values() if entry.bad and not entry.beside]


def fix(text: str, *, unsafe: bool = False, name: str = "job.conf", engine: str = "local") -> Fixed:
    """Fix a text."""
    check = partial(check_text, name=name, options=ReadOptions(), engine=engine)
    return fix_text(check(text), check, unsafe=unsafe)


def replacing(text: str, *places: tuple[int, int, str]) -> Fix:
    """A fix that puts other words at these places."""
    source = SourceText("job.conf", text)
    return Fix("change it", tuple(Edit(Span(source, start, end), words) for start, end, words in places))


@pytest.mark.parametrize(
    ("env", "fixed"),
    [
        ('"job.mode" = BATCH parallelism = 2', '"job.mode" = BATCH, parallelism = 2'),
        ("job.mode = BATCH,, parallelism = 2", "job.mode = BATCH, parallelism = 2"),
        ("job.name = a@b  # at", 'job.name = "a@b"  # at'),
        ('job.name = "a\tb"', 'job.name = "a\\tb"'),
        ("restart.strategy = none, restart.attempts = 5", "restart.strategy = none"),
        ("restart.attempts = 5, restart.strategy = none", "restart.strategy = none"),
        ("parallelism = 2\n  # why\n  parallelism = 4  # so", "parallelism = 4\n  # why\n  # so"),
    ],
)
def test_what_is_certain_is_fixed_safely(env: str, fixed: str) -> None:
    """Everything else stays, character by character."""
    text = f"# head\r\nenv {{\n  {env}\n}}\n\n\n{SOURCE}{SINK}// end"
    assert fix(text).text == f"# head\r\nenv {{\n  {fixed}\n}}\n\n\n{SOURCE}{SINK}// end"


def test_older_names_are_renamed_and_mean_the_same() -> None:
    """The job before and after is one."""
    text = (
        f"env {{ }}\n{SOURCE.replace('plugin_output', 'result_table_name')}{SINK.replace('plugin_input', 'source_table_name')}"
    )
    before, after = check_text(text, "job.conf", ReadOptions()), fix(text)
    assert after.text == f"env {{ }}\n{SOURCE}{SINK}"
    assert before.job is not None
    assert before.job == after.result.job
    assert len(after.applied) == 2


def test_did_you_mean_is_not_safe() -> None:
    """Only the author knows what was meant."""
    text = f"env {{ paralelism = 2 }}\n{SOURCE}sink {{ Consol {{ plugin_input = a }} }}\n"
    assert fix(text).text == text
    assert fix(text, unsafe=True).text == f"env {{ parallelism = 2 }}\n{SOURCE}{SINK}"


def test_fixes_bring_further_problems_to_light_and_fix_them() -> None:
    """First the commas, then the names: more than one round."""
    text = f"env {{ execution.parallelism = 2 restart.strategy = none restart.attempts = 5 }}\n{SOURCE}{SINK}"
    assert fix(text, unsafe=True).text == f"env {{ parallelism = 2, restart.strategy = none }}\n{SOURCE}{SINK}"


def test_a_fix_that_makes_it_worse_is_left_out() -> None:
    """The others are applied all the same."""
    text = f"env {{ paralelism = 2, checkpoint.intervall = x }}\n{SOURCE}{SINK}"
    result = fix(text, unsafe=True)  # the second name would turn a warning into an error: x is no number
    assert result.text == f"env {{ parallelism = 2, checkpoint.intervall = x }}\n{SOURCE}{SINK}"
    assert len(result.applied) == 1


def test_an_endless_story_ends() -> None:
    """A check that always has something to fix is asked a bounded number of times."""
    asked: list[str] = []

    def never_content(text: str) -> CheckResult:
        asked.append(text)
        result = check_text(
            f"env {{ }}\n{SOURCE.replace('plugin_output', 'result_table_name')}{SINK}", "job.conf", ReadOptions()
        )
        (found,) = [one for one in result.diagnostics if one.fix]
        end = len(result.document.source.text)
        edit = Edit(Span(result.document.source, end, end), "# again\n")
        object.__setattr__(found, "fix", Fix("again", (edit,)))
        return result

    fix_text(never_content("x"), never_content, unsafe=False)
    assert len(asked) <= 1 + MAXIMUM_ROUNDS


def test_edits_that_meet_are_not_applied_together() -> None:
    """The first one counts; touching is allowed, inserting at one place is not; the same edit twice is one."""
    text = "abcdef"
    first, over, touching = replacing(text, (0, 3, "X")), replacing(text, (2, 4, "Y")), replacing(text, (3, 4, "Z"))
    assert apply_fixes(text, [first, over, touching])[0] == "XZef"
    one, other = replacing(text, (2, 2, "1")), replacing(text, (2, 2, "2"))
    assert apply_fixes(text, [one, other])[0] == "ab1cdef"
    source = SourceText("job.conf", text)
    edit = Edit(Span(source, 0, 1), "A")
    twice = [Fix("a", (edit,)), Fix("b", (edit, Edit(Span(source, 5, 6), "F")))]
    assert apply_fixes(text, twice)[0] == "AbcdeF"


def test_a_fix_is_whole_or_not_at_all() -> None:
    """One of its places is taken: the other stays as it was, too."""
    text = "abcdef"
    fixes = [replacing(text, (0, 2, "X")), replacing(text, (1, 3, "Y"), (5, 6, "Y"))]
    assert apply_fixes(text, fixes) == ("Xcdef", fixes[:1])


def test_an_included_file_is_not_changed(tmp_path: Path) -> None:
    """Its findings are shown, but only the file that was named is fixed."""
    (tmp_path / "part.conf").write_text("source_table_name = a\n")
    text = f'env {{ }}\n{SOURCE}sink {{ Console {{ include "part.conf" }} }}\n'
    check = partial(check_text, name="job.conf", options=ReadOptions(include_root=tmp_path))
    before = check(text)
    assert [found.code for found in before.diagnostics] == ["M701"]
    assert fix_text(before, check, unsafe=True).text == text


@pytest.mark.parametrize("entry", WITH_EXAMPLES, ids=[entry.code for entry in WITH_EXAMPLES])
def test_fixing_an_example_never_makes_it_worse(entry: Code) -> None:
    """Whatever the finding, safe or not; what is offered as a fix of the example removes the code."""
    before = check_text(entry.bad, entry.file, ReadOptions(), entry.engine)
    for unsafe in (False, True):
        after = fix(entry.bad, unsafe=unsafe, name=entry.file, engine=entry.engine)
        assert len(after.result.diagnostics) <= len(before.diagnostics) or entry.code[0] == "S"
        offered = [one.fix for one in before.diagnostics if one.code == entry.code and one.fix]
        if any(unsafe or one.applicability is Applicability.SAFE for one in offered):
            assert entry.code not in {found.code for found in after.result.diagnostics}
            assert after.applied
