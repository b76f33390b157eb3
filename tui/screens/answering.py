"""The part of a dialog that takes the answer: two buttons, ``y``, or a word that has to be typed."""

from __future__ import annotations

from collections.abc import Iterable

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, Input

from tui.actions.model import Question, Risk
from tui.draw.line import Line, Span, Tone, line
from tui.screens.dialog import Dialog, GuardedInput, ResultT, problem_lines
from tui.widgets.lines import Lines

WIDEST = 72


class YesOrNo(Dialog[ResultT]):
    """``y`` answers a CONFIRM; for a DESTRUCTIVE one its word has to be typed: enter alone never means yes there. The safe
    answer has the focus until something is to be typed. No yes is taken without a question, nor while there is a problem."""

    BINDINGS = [
        Binding("escape,n,q", "stay", "Leave it", show=False),
        Binding("y", "agree", "Do it", show=False),
        Binding("left,right,h,l", "other", "Other button", show=False),
        Binding("down,j", "scroll(1)", "Read on", show=False),
        Binding("up,k", "scroll(-1)", "Read back", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.question: Question | None = None
        self._had_to_type = False

    # for subclasses

    @property
    def problem(self) -> str:
        """Why no yes is taken; empty when it would be."""
        raise NotImplementedError

    @property
    def is_over(self) -> bool:
        """Whether it has been done: there is nothing left to be asked, only to be read."""
        return False

    def body(self, cells: int) -> list[Line]:
        """What is said."""
        raise NotImplementedError

    def middle(self) -> Iterable[Widget]:
        """What stands between the words and the answer."""
        return ()

    def said_yes(self) -> None:
        """The person wants it."""
        raise NotImplementedError

    def said_no(self) -> None:
        """The person leaves it."""
        self.dismiss(None)

    # drawing

    def compose(self) -> ComposeResult:
        """The words, the line to type in, and the two buttons; the safe one first."""
        with Vertical(id="box"):
            yield Lines(id="words")
            yield from self.middle()
            with Horizontal(id="typing"):
                yield Lines(id="prompt")
                yield GuardedInput(id="typed", compact=True)
            with Horizontal(id="buttons"):
                yield Button(Content("leave it  esc"), id="stay", compact=True)
                yield Button(Content("…"), id="go", compact=True, disabled=True)

    def on_mount(self) -> None:
        """The safe answer has the focus."""
        for name in ("#words", "#prompt"):
            self.query_one(name, Lines).can_focus = False
        self.query_one("#typing").display = False
        self.query_one("#stay", Button).focus()
        self.call_after_refresh(self.draw)

    def on_resize(self) -> None:
        """The words are wrapped to the width."""
        self.draw()

    def draw(self) -> None:
        """Show this moment."""
        if not self.is_mounted:
            return
        cells = self.room(WIDEST)
        lines = [*self.body(cells), *problem_lines(self.problem, cells)]
        words = self.query_one("#words", Lines)
        height = max(min(len(lines), self.app.size.height - self._frame), 1)
        words.styles.height = height
        words.set_class(height < len(lines), "cut")
        words.show(lines)
        self.query_one("#box").set_class(self._types, "destructive")
        self._draw_answer()
        self._arm()

    @property
    def _frame(self) -> int:
        """Lines of the dialog besides the words: what is answered with is always on the screen."""
        low = self.has_class("-low")
        return (1 if low else 4) + ((1 if low else 2) if self._types and not self.problem else 0)

    def action_scroll(self, lines: int) -> None:
        """Through words that have no room."""
        self.query_one("#words", Lines).scroll_relative(y=lines, animate=False)

    def _draw_answer(self) -> None:
        question = self.question
        has_go = question is not None and question.allowed
        self.query_one("#go").display = has_go
        self.query_one("#typing").display = self._types and not self.problem
        waits = question is None and not self.problem and not self.is_over
        stay = question.stay if question is not None and has_go and not self.problem else "leave it" if waits else "close"
        self._name_button("#stay", f"{stay}  esc")
        if question is None:
            return
        hint = "" if self._types else "  y"
        self._name_button("#go", f"{question.go}{hint}")
        self._draw_prompt(question)
        if self._types and not self._had_to_type:
            self._had_to_type = True
            self.query_one("#typed", Input).focus()

    def _name_button(self, selector: str, name: str) -> None:
        """Textual paints another label, but does not give it another width by itself."""
        button = self.query_one(selector, Button)
        if str(button.label) != name:
            button.label = Content(name)
            button.refresh(layout=True)

    def _draw_prompt(self, question: Question) -> None:
        why = ": " if self.has_class("-slim") else f" to {question.go}: "
        prompt = line(Span("type "), Span(question.word, Tone.STRONG), Span(why, Tone.MUTED))
        shown = self.query_one("#prompt", Lines)
        shown.styles.width = prompt.width
        shown.show([prompt])

    # answering

    def forget_answer(self) -> None:
        """Another question follows: it wants an answer of its own."""
        self._had_to_type = False
        self.query_one("#typed", Input).value = ""

    @property
    def _types(self) -> bool:
        """Whether a word has to be typed."""
        question = self.question
        return question is not None and question.allowed and question.risk is Risk.DESTRUCTIVE

    @property
    def _may(self) -> bool:
        """Whether a yes is taken, said in the right way."""
        question = self.question
        if question is None or not question.allowed or self.problem:
            return False
        return not self._types or self.query_one("#typed", Input).value.strip() == question.word

    def _arm(self) -> None:
        self.query_one("#go", Button).disabled = not self._may
        if self.focused is None or (self.focused.id == "typed" and not self.query_one("#typing").display):
            self.query_one("#stay", Button).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """The button follows what is typed."""
        event.stop()
        self._arm()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter says yes only below the right word."""
        event.stop()
        self._agree()

    def action_stay(self) -> None:
        """No."""
        self.said_no()

    def action_agree(self) -> None:
        """``y``: only where that is enough."""
        if not self._types:
            self._agree()

    def action_other(self) -> None:
        """To the other button."""
        self.focus_next()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """A button, by enter or by click."""
        event.stop()
        if event.button.id == "stay":
            self.said_no()
        else:
            self._agree()

    def _agree(self) -> None:
        if not self.guarded and self._may:
            self.said_yes()
