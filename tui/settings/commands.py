"""Every command that a key of the terminal UI can be bound to. The screens bind them, the help lists them, the settings file
remaps them by id."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec


class Group(enum.Enum):
    """What a command is for; the value is its title in the help."""

    MOVE = "MOVE"
    LOOK = "LOOK"
    FIND = "FIND"
    CHANGE = "CHANGE A JOB  capital letters write, and ask first where it matters"
    LOGS = "IN THE LOGS  when they have the focus"
    PROGRAM = "PROGRAM"


class Command(msgspec.Struct, frozen=True):
    """``keys`` are those without a remapping, in Textual's names; ``action`` is what the job list's screen runs (empty: only
    the widget in focus knows). ``place`` is the tab whose focus gives its keys this meaning; empty: they have it everywhere."""

    id: str
    keys: tuple[str, ...]
    words: str
    group: Group
    action: str = ""
    place: str = ""

    @property
    def writes(self) -> bool:
        """True for what changes a job."""
        return self.group is Group.CHANGE


_TABS: Final = ("Overview", "Checkpoints", "Savepoints", "Logs", "Errors", "DAG", "Spec", "Events")
_COMMANDS: Final = (
    Command("move.down", ("j", "down"), "one line down", Group.MOVE),
    Command("move.up", ("k", "up"), "one line up", Group.MOVE),
    Command("move.first", ("g", "home"), "to the first line", Group.MOVE),
    Command("move.last", ("G", "end"), "to the last line; in the logs: follow the end", Group.MOVE),
    Command("move.page_down", ("pagedown",), "a page down", Group.MOVE),
    Command("move.page_up", ("pageup",), "a page up", Group.MOVE),
    Command("job.open", ("enter",), "open the job: the inspector takes the whole screen", Group.MOVE, "open"),
    Command("view.back", ("q",), "back; on the job list it quits (jobs run on)", Group.MOVE, "back"),
    Command("next.problem", ("exclamation_mark",), "next job that needs you", Group.MOVE, "next_problem"),
    *(
        Command(f"tab.{title.lower()}", (str(number),), f"tab {title}", Group.LOOK, f"tab({number})")
        for number, title in enumerate(_TABS, 1)
    ),
    Command("go.top", ("t",), "top: what needs you, and why", Group.LOOK, "app.show('top')"),
    Command("go.savepoints", ("s",), "savepoints: those of all jobs", Group.LOOK, "app.show('savepoints')"),
    Command("go.events", ("e",), "events: what happened, and who did what", Group.LOOK, "app.show('events')"),
    Command("go.workers", ("w",), "workers: processes, queues, the machine", Group.LOOK, "app.show('workers')"),
    Command("window.shorter", ("left_square_bracket",), "shorter time window", Group.LOOK, "window(-1)"),
    Command("window.longer", ("right_square_bracket",), "longer time window", Group.LOOK, "window(1)"),
    Command("time.back", ("left",), "a moment earlier: numbers, logs and checkpoints of then", Group.LOOK, "time(-1)"),
    Command("time.forward", ("right",), "a moment later", Group.LOOK, "time(1)"),
    Command("time.now", ("0",), "back to now", Group.LOOK, "time(0)"),
    Command("filter.edit", ("slash",), "filter: name state:failed lag>5s /regex/; ! excludes", Group.FIND, "filter"),
    Command("mark", ("space",), "mark the job, or take its mark: actions are done to what is marked", Group.FIND, "mark"),
    Command("mark.all", ("asterisk",), "mark all that the filter shows, or take all marks", Group.FIND, "mark_all"),
    Command("filter.clear", ("c",), "clear the filter", Group.FIND, "clear_filter"),
    Command("sort.next", ("o",), "sort by another column", Group.FIND, "sort(1)"),
    Command("sort.reverse", ("O",), "sort the other way round", Group.FIND, "sort_reverse"),
    Command("columns", ("h",), "hide columns of the job list, or show them again", Group.FIND, "columns"),
    Command("view.save", ("b",), "save view: bookmark the filter and the order under a name", Group.FIND, "save_view"),
    Command("palette", ("colon",), "palette: every command and every job by name", Group.FIND, "app.command_palette"),
    Command("copy.id", ("y",), "copy the job's id, or what the tab's cursor is on", Group.FIND, "copy"),
    Command("actions", ("a",), "actions: all that can be done to the job, and why not", Group.LOOK, "menu"),
    Command("job.savepoint", ("S",), "savepoint: keep a point to go back to; it runs on", Group.CHANGE, "act('savepoint')"),
    Command("job.pause", ("P",), "pause: read nothing; once more: read on", Group.CHANGE, "act('pause')"),
    Command("job.stop", ("T",), "stop with a savepoint: nothing is lost", Group.CHANGE, "act('stop')"),
    Command("job.cancel", ("X",), "cancel: stop now, without a savepoint", Group.CHANGE, "act('cancel')"),
    Command("job.restore", ("R",), "restore: from a checkpoint or the beginning", Group.CHANGE, "act('restore')"),
    Command("job.start", ("A",), "start again a job that is over: where it left off", Group.CHANGE, "act('start')"),
    Command("job.workers", ("M",), "more or fewer workers, while it runs", Group.CHANGE, "act('workers')"),
    Command("job.delete", ("D",), "delete a job that is over; in the savepoints: the savepoint", Group.CHANGE, "act('delete')"),
    Command("job.undelete", ("U",), "bring back the job that was deleted last", Group.CHANGE, "undelete"),
    Command("reload.apply", ("a",), "in the spec: apply the change of the file that waits", Group.CHANGE, place="spec"),
    Command("reload.discard", ("d",), "in the spec: leave the job as it is", Group.CHANGE, place="spec"),
    Command("submit.file", ("F",), "submit a job file: find it, check it, see what it changes", Group.CHANGE, "submit_file"),
    Command("job.edit", ("E",), "edit the job's file, see what that changes, apply it", Group.CHANGE, "edit_file"),
    Command("logs.search", ("slash",), "search: marks what it finds", Group.LOGS, place="logs"),
    Command("logs.next", ("n",), "to the next match", Group.LOGS, place="logs"),
    Command("logs.previous", ("N",), "to the match before", Group.LOGS, place="logs"),
    Command("logs.filter", ("ampersand",), "only lines with a text, and two around each", Group.LOGS, place="logs"),
    Command("logs.level", ("v",), "from which level on", Group.LOGS, place="logs"),
    Command("logs.wrap", ("w",), "wrap long lines, or scroll to them", Group.LOGS, place="logs"),
    Command("logs.times", ("t",), "with the time, or without", Group.LOGS, place="logs"),
    Command("logs.mark", ("m",), "mark the line at the cursor, or take its mark", Group.LOGS, place="logs"),
    Command("logs.next_mark", ("f",), "forward to the next mark", Group.LOGS, place="logs"),
    Command("logs.previous_mark", ("b",), "back to the mark before", Group.LOGS, place="logs"),
    Command("logs.copy", ("y",), "copy the marked lines; without marks the one at the cursor", Group.LOGS, place="logs"),
    Command("logs.pager", ("o",), "open what is here in $PAGER", Group.LOGS, place="logs"),
    Command("logs.write", ("W",), "write what is here to a new file", Group.LOGS, place="logs"),
    Command("error.plugin", ("p",), "in the errors: the DAG at the plugin of the error", Group.LOOK, place="errors"),
    Command("dag.closer", ("plus", "enter"), "in the DAG: closer, up to the last records", Group.LOOK, place="dag"),
    Command("dag.farther", ("minus",), "in the DAG: farther away", Group.LOOK, place="dag"),
    Command("dag.copy", ("y",), "in the DAG: copy the records, or the plugin's name", Group.LOOK, place="dag"),
    Command("spec.compare", ("c",), "in the spec: what is new in it, against other generations", Group.LOOK, place="spec"),
    Command("spec.copy", ("y",), "in the spec: copy the text, secrets masked", Group.LOOK, place="spec"),
    Command(
        "savepoint.verify", ("v",), "on the screen of savepoints: verify, every byte is read", Group.LOOK, place="savepoints"
    ),
    Command("help", ("question_mark",), "this list", Group.PROGRAM, "help"),
    Command("connect", ("r",), "connect again now", Group.PROGRAM, "app.retry"),
    Command("suspend", ("ctrl+z",), "back to the shell for a while; fg comes back here", Group.PROGRAM, "app.suspend_process"),
)
COMMANDS: Final[Mapping[str, Command]] = MappingProxyType({command.id: command for command in _COMMANDS})
"""By id, in the order of the help."""
FIXED: Final = MappingProxyType(
    {"escape": "leave a dialog or an input", "tab": "to the next pane", "ctrl+c": "copy", "ctrl+q": "quit", "ctrl+p": "palette"}
)
"""Keys that mean the same everywhere and cannot be given away."""
