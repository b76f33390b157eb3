"""The spec tab: the text of the generation that runs, in colour, under what hot reload has to say about the file."""

from __future__ import annotations

from dataclasses import dataclass

from runner.client import ApiError, Client
from runner.model import Job
from runner.reload import WatchedFile
from runner.requests import DecisionRequest
from tui.data.filetext import read_lines
from tui.data.lane import Answer
from tui.data.models import JobView
from tui.draw.hocon import coloured
from tui.draw.line import Line, Span, Tone, line
from tui.settings.keymap import Keymap
from tui.tabs.spec_compare import Comparison, compare
from tui.tabs.spec_lines import SILENT, banner, numbered, waits
from tui.widgets.bindings import bound
from tui.widgets.keys import key_of
from tui.widgets.lines import Lines
from tui.widgets.looking import refuses_writes
from tui.widgets.pane import Pane, Question

_COMPARE = "compare "
_DECIDE = "decide "
_NOT_WATCHED = "not-found"


@dataclass(frozen=True, slots=True)
class SpecText:
    """A generation's text, and the lines of the file on disk when hot reload could not take it."""

    number: int
    text: str
    on_disk: tuple[str, ...] = ()
    watched: WatchedFile | None = None


class Spec(Lines, Pane):
    """The job file as it runs."""

    DEFAULT_CSS = "Spec { overflow-x: auto; }"
    BINDINGS = [
        bound("reload.apply", "decide(True)"),
        bound("reload.discard", "decide(False)"),
        bound("spec.compare", "compare"),
        bound("spec.copy", "copy"),
    ]

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id, sideways=True)
        self._view: JobView | None = None
        self._spec: SpecText | None = None
        self._asked = ""
        self._say = ""
        self._decision: bool | None = None
        self._step = 0
        self._comparison: Comparison | None = None

    def look(self, view: JobView, now: float) -> None:  # noqa: ARG002 - nothing here depends on the time
        """Draw the job's spec."""
        if self._view is None or self._view.id != view.id:
            self._spec, self._asked, self._say = None, "", "asking the daemon…"
            self._step, self._comparison = 0, None
            self.scroll_to(0, 0, animate=False)
        self._view = view
        self._draw()

    def question(self, now: float) -> Question | None:  # noqa: ARG002 - a generation never changes
        """The text, once per generation and per word of hot reload; before it what somebody has decided."""
        if self._view is None:
            return None
        if self._decision is not None and self._spec is not None and self._spec.watched is not None:
            return self._decided(self._view.id, self._spec.watched, apply=self._decision)
        job, number, step = self._view.job, running_generation(self._view), self._step
        if step and (self._comparison is None or self._comparison.step != step):
            return Question(f"{_COMPARE}{job.id} {step}", lambda client: compare(client, job, number, step))
        if (key := _key(self._view)) == self._asked:
            return None
        self._asked = key
        return Question(key, lambda client: _read(client, job, number))

    def _decided(self, job_id: str, watched: WatchedFile, *, apply: bool) -> Question:
        """Exactly the change that is on the screen, and no newer one."""
        self._decision = None
        request = DecisionRequest(observed_generation=watched.observed_generation)
        if apply:
            return Question(_DECIDE, lambda client: client.apply_reload(job_id, request))
        return Question(_DECIDE, lambda client: client.discard_reload(job_id, request))

    def action_decide(self, apply: bool) -> None:  # noqa: FBT001 - the binding passes it
        """A word on the change that waits."""
        if refuses_writes(self):
            return
        watched = self._spec.watched if self._spec is not None else None
        if watched is None or not waits(watched):
            self.app.notify("No change of the file waits for a decision.", markup=False)
            return
        self._decision = apply

    def told(self, key: str, answer: Answer, now: float) -> None:  # noqa: ARG002 - nothing here depends on the time
        """The text has come."""
        if key == _DECIDE:
            self._told_decision(answer)
            return
        if key.startswith(_COMPARE):
            self._told_comparison(key, answer)
            return
        if key != self._asked:
            return
        if answer.error is not None:
            self._asked, self._say = "", answer.reason
        else:
            self._spec = answer.value
        self._draw()

    def _told_decision(self, answer: Answer) -> None:
        """It is being carried out; the job's own record says how that goes on."""
        self._asked = ""
        if answer.error is not None:
            words = f"{answer.reason}\n{answer.hint}" if answer.hint else answer.reason
            self.app.notify(words, title="Not decided", severity="error", markup=False)

    def action_compare(self) -> None:
        """What is new in it: against the generation before, the newest, that of a savepoint, and back to the text."""
        if self._spec is not None:
            self._step += 1
            self.scroll_to(0, 0, animate=False)

    def _told_comparison(self, key: str, answer: Answer) -> None:
        if self._view is None or key != f"{_COMPARE}{self._view.id} {self._step}":
            return
        found = answer.value
        if isinstance(found, Comparison) and found.words:
            self._comparison = found
        else:
            self._step, self._comparison = 0, None
            if answer.error is not None:
                self.app.notify(answer.reason, severity="error", markup=False)
            elif isinstance(found, Comparison) and not found.count:
                self.app.notify("There is nothing to compare with: no other generation, nor a savepoint of one.", markup=False)
        self._draw()

    def copy(self) -> bool:
        """The text: it has no cursor."""
        self.action_copy()
        return self._spec is not None

    def action_copy(self) -> None:
        """The text as it is shown: secrets stay masked."""
        if self._spec is not None:
            text = "\n".join("".join(span.text for span in spans) for spans in coloured(self._spec.text))
            self.app.copy_to_clipboard(text)
            self.app.notify("Copied the spec, secrets masked (where the terminal allows it).", markup=False)

    def resized(self) -> None:
        """The banner is wrapped to the width."""
        self._draw()

    def _draw(self) -> None:
        if self._view is None or not self.cells:
            return
        if self._spec is None:
            self.show([line(Span(f" {self._say}", Tone.MUTED))])
            return
        if self._comparison is not None:
            keys = (Span(f" {key_of(self, 'spec.compare')}", Tone.ACCENT_STRONG), Span(" goes on", Tone.MUTED))
            self.show([*self._comparison.lines(), Line(), line(*keys)])
            return
        reload = self._view.job.reload
        lines: list[Line] = []
        if reload is not None and reload.outcome != SILENT:
            verb = "is what ran last" if self._view.state.is_terminal else "keeps running"
            stays = f"generation {self._spec.number} {verb}"
            lines = banner(reload, self._spec.watched, self._spec.on_disk, stays, self.cells, self._keys)
        marks = reload.diagnostics if reload is not None and lines else ()
        self.show([*lines, *numbered(self._spec.text, marks, self._spec.on_disk)])

    @property
    def _keys(self) -> tuple[str, str]:
        keymap: Keymap = getattr(self.app, "keys", Keymap())
        return keymap.first("reload.apply"), keymap.first("reload.discard")


def running_generation(view: JobView) -> int:
    """The generation of the latest execution, or the newest when there was none."""
    return view.execution.generation if view.execution else view.job.generation


def _key(view: JobView) -> str:
    reload = view.job.reload
    return f"{view.id} {running_generation(view)} {reload.outcome if reload else ''} {reload.at if reload else ''}"


def _read(client: Client, job: Job, number: int) -> SpecText:
    generation = client.generation(job.id, number)
    if job.reload is None or job.reload.outcome == SILENT:
        return SpecText(number, generation.text)
    try:
        watched = client.watched_file(job.id)
    except ApiError as error:
        if error.code != _NOT_WATCHED:
            raise
        watched = None
    return SpecText(number, generation.text, read_lines(job.file), watched)
