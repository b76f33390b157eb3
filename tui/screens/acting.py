"""From a key to a request: refuse with the daemon's reason, or ask, or do it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import msgspec
from textual.message import Message

from runner.client import Client
from runner.model import Job
from tui.actions.model import Action, Question, Risk
from tui.actions.offered import JOB_BY_JOB, MarkedJobs, Offered, OneJob, first_fit
from tui.actions.registry import BY_ID, DELETE, RESTORE, WORKERS, verb_of
from tui.actions.restore import Point
from tui.actions.target import Target
from tui.actions.telling import question_of, refusal_words, title_of
from tui.actions.wish import Verb, Wish
from tui.data.clean import clean
from tui.data.lane import Answer
from tui.data.link import is_current
from tui.data.models import JobView
from tui.draw.line import Line
from tui.screens.following import Following
from tui.settings.commands import COMMANDS
from tui.widgets.looking import refuses_writes

_LONG_TOAST = 10.0
_BEGINS = {
    Verb.SAVEPOINT: "Taking a savepoint of {name}; it runs on.",
    Verb.PAUSE: "Pausing {name}. {key} lets it read on.",
    Verb.RESUME: "{name} reads on. {key} pauses it again.",
}


def _last_step(name: str, cells: int) -> Line:
    from tui.screens.restore_spec import step_line  # not needed for the first paint

    return step_line(name, 3, cells)


class Acting(Following):
    """Mixed into a screen that knows the selected job."""

    class Doubted(Message):
        """What the daemon says of an action that is probably not possible; posted by the lane's thread."""

        def __init__(self, action: Action, wish: Wish, answer: Answer) -> None:
            super().__init__()
            self.action = action
            self.wish = wish
            self.answer = answer

    @property
    def selected(self) -> JobView | None:
        """The job that keys act on."""
        raise NotImplementedError

    @property
    def marked(self) -> list[JobView]:
        """The jobs that keys act on instead, when there are any."""
        return []

    @property
    def selected_savepoint(self) -> int | None:
        """The number of the savepoint that keys act on, when the cursor is on one."""
        return None

    @property
    def offered(self) -> Offered | None:
        """What keys act on, for those who name it before they are pressed."""
        if marked := self.marked:
            return MarkedJobs(tuple(marked))
        view = self.selected
        return OneJob(Target.of(view, self.clock()), view) if view is not None else None

    def key_of(self, action_id: str) -> str:
        """The key of an action as people know it."""
        command = f"job.{action_id}"
        return self.keymap.first(command) if command in COMMANDS else ""

    def action_act(self, action_id: str) -> None:
        """Start an action on the marked jobs, else on the selected one."""
        if refuses_writes(self):
            return
        action, marked = BY_ID[action_id], self.marked
        view = self.selected or next(iter(marked), None)  # a filter may hide all of them
        refusal = self._hindrance(view)
        if refusal or view is None:
            self._say_no(action, refusal)
        elif action is DELETE and self.selected_savepoint is not None:
            self._delete_savepoint(view, self.selected_savepoint)
        elif marked:
            self._act_on_many(action, marked)
        elif action.refusal(view):
            self._doubt(action, view)
        else:
            self._begin(action, view)

    def _hindrance(self, view: JobView | None) -> str:
        if view is None:
            return "no job is selected"
        if not is_current(self.snapshot, self.clock()):
            return "the daemon does not answer, and what you see is old; wait until the badge says LIVE"
        return ""

    def _say_no(self, action: Action, reason: str) -> None:
        self.toast(reason, title=f"No {action.title.lower()}", severity="warning", timeout=6.0)

    # an action that is probably refused: the daemon says why

    def _doubt(self, action: Action, view: JobView) -> None:
        wish = Wish(verb_of(action, view), Target.of(view, self.clock()), number=1)

        def deliver(answer: Answer) -> None:
            self.post_message(self.Doubted(action, wish, answer))

        if not self.reading.submit(wish.try_dry, deliver):
            self._say_no(action, action.refusal(view))

    def on_acting_doubted(self, message: Doubted) -> None:
        """Say why not; go on when the first guess was wrong."""
        message.stop()
        answer, view = message.answer, self.snapshot.find(message.wish.target.job_id)
        reason = answer.reason if answer.error is not None else refusal_words(answer.value)
        if reason:
            self._say_no(message.action, reason)
        elif view is not None:
            self._begin(message.action, view)

    # one job

    def _begin(self, action: Action, view: JobView) -> None:
        target = Target.of(view, self.clock())
        if action is RESTORE:
            self._choose_point(target, view.job.generation, self.selected_savepoint)
        elif action is WORKERS:
            self._choose_workers(target, view)
        elif action.risk is Risk.INSTANT:
            wish = Wish(verb_of(action, view), target)
            self.toast(_BEGINS[wish.verb].format(name=target.name, key=self.key_of(action.id)))
            self.carry_out(wish)
        else:
            self._confirm(Wish(verb_of(action, view), target), view)

    def _confirm(self, wish: Wish, view: JobView) -> None:
        from tui.screens.confirm import Asking, ConfirmScreen  # not needed for the first paint

        title = title_of(wish)
        head = partial(_last_step, wish.target.name) if wish.verb is Verb.RESTART else None
        ask, file = self._question_of(wish), view.job.file
        asking = Asking(title, wish.target, ask, head, partial(self.show_file, file) if file is not None else None)

        def answered(target: Target | None) -> None:
            if target is not None:
                self.carry_out(msgspec.structs.replace(wish, target=target))

        self.app.push_screen(ConfirmScreen(asking, view, self.reading, self.clock), answered)

    def _question_of(self, wish: Wish) -> Callable[[Client], Question]:
        """Asks the daemon; of what starts the job also which generation that runs, and whether the file says the same."""
        if wish.verb not in (Verb.START, Verb.RESTART):
            return lambda daemon: question_of(wish, wish.try_dry(daemon), self.key_of)
        from tui.actions.which_generation import WhichGeneration  # not needed for the first paint

        which = WhichGeneration(wish.target.job_id)
        return lambda daemon: which.add_to(question_of(wish, wish.try_dry(daemon), self.key_of), daemon)

    def show_file(self, path: str) -> None:
        """How a job file differs from what the job runs, to be edited and handed in."""
        if refuses_writes(self):
            return
        from tui.screens.submit import SubmitScreen  # not needed for the first paint

        self.app.push_screen(SubmitScreen(self.reading, self.acting, path), self.handed_in)

    def handed_in(self, job: Job | None) -> None:
        """Say so."""
        if job is not None:
            self.toast(f"{clean(job.name)} is handed in: generation {job.generation}.")

    def _choose_point(self, target: Target, generation: int, preferred: int | None = None) -> None:
        from tui.screens.restore import RestoreScreen  # not needed for the first paint

        screen = RestoreScreen(target, generation, self.reading, self.clock, preferred)
        self.app.push_screen(screen, partial(self._chosen, target, generation))

    def _chosen(self, target: Target, generation: int, point: Point | None) -> None:
        """The second step, where the spec is another than the one that left the point; else the third."""
        if point is None:
            return
        if point.checkpoint is None or point.checkpoint.generation == generation:
            self._restore(target, point)
            return
        from tui.screens.restore_spec import RestoreSpecScreen  # not needed for the first paint

        taken = point.checkpoint.id

        def answered(goes_on: bool | None) -> None:  # noqa: FBT001 - the screen's answer
            if goes_on:
                self._restore(target, point)
            else:
                self._choose_point(target, generation, taken)

        self.app.push_screen(RestoreSpecScreen(target, point, generation, self.reading), answered)

    def _restore(self, target: Target, point: Point) -> None:
        view = self.snapshot.find(target.job_id)
        if view is None or target.changed(view):
            reason = f"{target.changed(view)}. Nothing was done."
            self.toast(reason, title="No restore", severity="warning", timeout=_LONG_TOAST)
            return
        self._confirm(Wish(Verb.RESTART, target, restore=point.restore), view)

    def _choose_workers(self, target: Target, view: JobView) -> None:
        from tui.screens.workers import WorkersScreen  # not needed for the first paint

        there = len(view.execution.worker_pids) if view.execution else 0

        def answered(number: int | None) -> None:
            if number is not None:
                self.toast(f"{target.name} is to have {number:,} workers.")
                self.carry_out(Wish(Verb.WORKERS, target, number=number))

        self.app.push_screen(WorkersScreen(target, there, self.reading, self.key_of), answered)

    def _delete_savepoint(self, view: JobView, number: int) -> None:
        self._confirm(Wish(Verb.DELETE_SAVEPOINT, Target.of(view, self.clock()), number=number), view)

    # several jobs

    def _act_on_many(self, action: Action, views: list[JobView]) -> None:
        from tui.screens.bulk import BulkScreen  # not needed for the first paint

        if action is WORKERS:
            self._say_no(action, JOB_BY_JOB)
            return
        verb = verb_of(action, first_fit(action, views))
        wishes = [Wish(verb, Target.of(view, self.clock())) for view in views]
        self.app.push_screen(BulkScreen(wishes, self))

    # the menu

    def action_menu(self) -> None:
        """Everything that can be done to the marked jobs, else to the selected one."""
        from tui.screens.menu import MenuScreen  # not needed for the first paint

        offered = self.offered
        if offered is None:
            self.toast("no job is selected", severity="warning")
            return
        self.app.push_screen(MenuScreen(offered, self.reading, self.keymap), self._chosen_action)

    def _chosen_action(self, action_id: str | None) -> None:
        if action_id:
            self.action_act(action_id)

    # taking a deletion back

    def action_undelete(self) -> None:
        """Bring the job back that was deleted last."""
        if refuses_writes(self):
            return
        deleted = self.under_way.last_deleted
        if deleted is None:
            self.toast("Nothing was deleted here. flowdeck undelete JOB brings back what was deleted elsewhere.")
            return
        self.carry_out(Wish(Verb.UNDELETE, msgspec.structs.replace(deleted.target, at=self.clock())))
