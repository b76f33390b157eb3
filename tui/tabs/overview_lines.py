"""The lines of the overview, for the space there is: what matters most is dropped last."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from runner.model import Execution
from runner.states import ExecutionState
from tui.data.history import Happened, History
from tui.data.models import JobView
from tui.draw.braille import area, resample, spark
from tui.draw.cells import fit, wrap
from tui.draw.chart import GUTTER, mirrored, plot_cells, with_cursor
from tui.draw.line import Line, Span, Tone, fit_spans, line, spread
from tui.draw.units import UNKNOWN, clock_time, duration, percent, plural, rate, si, size, span

WINDOWS = (60, 300, 3600, 86_400, 604_800)
_WINDOW_NAMES = {60: "1m", 300: "5m", 3600: "1h", 86_400: "24h", 604_800: "7d"}
_SMALLEST_CHART = 5
_LARGEST_CHART = 17
_SIDE_BY_SIDE = 78
_LABEL = 8
_PEAK = 13
_ROOM_FOR_PEAKS = 76
_ROOM_FOR_A_GAP = 80
_ROOM_FOR_GAPS = 90
_ROOM_FOR_MIDDLES = 114
_TALLEST_MEASURE = 4
_HIGH = 24
_FEW_HINTS, _MANY_HINTS = 2, 6


def overview_lines(
    view: JobView,
    history: History,
    now: float,
    cells: int,
    rows: int,
    happened: Happened | None = None,
    at: float | None = None,
) -> list[Line]:
    """At most ``rows`` lines as long as there is room for the smallest chart. ``at``: the numbers of that moment instead."""
    inner = cells - 2
    trouble = _trouble(view, inner, _MANY_HINTS if rows >= _HIGH else _FEW_HINTS)
    if view.state.is_terminal and history.peak("rows_in") is None and history.peak("rows_out") is None:
        return _indented([*trouble, *_facts(view, now, inner, happened, at), Line(), _over(history.window, inner)])
    blocks = [_measures(view, history, inner, at), _facts(view, now, inner, happened, at)]
    while blocks and rows - 1 - len(trouble) - _height(blocks) < _SMALLEST_CHART:
        blocks.pop()
    spare = rows - 1 - len(trouble) - _height(blocks) - _LARGEST_CHART
    if blocks and spare > 0:
        blocks[0] = _tall_measures(view, history, inner, at, min(spare // 3 + len(blocks[0]), _TALLEST_MEASURE))
    height = min(max(rows - 1 - len(trouble) - _height(blocks), _SMALLEST_CHART), _LARGEST_CHART)
    marks = [(sign, (moment - history.start) / history.window) for sign, moment in (happened.marks if happened else ())]
    cursor = None if at is None else history.share(at)
    lines = [*trouble, _headline(view, history, inner, at)]
    lines += mirrored(
        history.get("rows_in"), history.get("rows_out"), inner, height, history.window, marks=marks, cursor=cursor
    )
    for block in blocks:
        lines += [Line(), *block]
    return _indented(lines)


def _indented(lines: list[Line]) -> list[Line]:
    return [Line((Span(" "), *one.spans)) for one in lines]


def _over(window: int, cells: int) -> Line:
    """In place of the chart of a job that has ended and measured nothing in the window."""
    words = f"it has ended, and nothing was measured in the last {_WINDOW_NAMES[window]}"
    return spread([Span(words, Tone.MUTED)], _windows(window), cells)


def _height(blocks: list[list[Line]]) -> int:
    return sum(len(block) + 1 for block in blocks)


def _headline(view: JobView, history: History, cells: int, at: float | None) -> Line:
    over = view.state.is_terminal
    left = [Span(" " * (GUTTER + 1))]
    for word, sign, name, now_value, tone in (
        ("in", "▲", "rows_in", view.totals.rows_in_per_second, Tone.ACCENT),
        ("out", "▼", "rows_out", view.totals.rows_out_per_second, Tone.TEXT),
    ):
        left.append(Span(f"{sign} {word} ", tone if tone is Tone.ACCENT else Tone.MUTED))
        current = history.at(name, at) if at is not None else None if over else now_value
        left.append(Span(f"{rate(current):<{9 if cells >= _ROOM_FOR_A_GAP else 8}}", Tone.STRONG))
        if cells >= _ROOM_FOR_PEAKS:
            gap = 9 if cells >= _ROOM_FOR_GAPS else 8
            left.append(Span(f"peak {rate(history.peak(name, current)):<{gap}}", Tone.MUTED))
        if cells >= _ROOM_FOR_MIDDLES:
            left.append(Span(f"p50 {rate(history.middle(name)):<9}", Tone.MUTED))
    return spread(left, _windows(history.window, narrow=cells < _ROOM_FOR_GAPS), cells)


def _windows(chosen: int, *, narrow: bool = False) -> list[Span]:
    spans: list[Span] = []
    for seconds in WINDOWS:
        tone = Tone.ACCENT_BADGE if seconds == chosen else Tone.MUTED
        name = _WINDOW_NAMES[seconds]
        spans.append(Span(name if narrow else f" {name} ", tone, f"screen.window_of({seconds})"))
        if narrow:
            spans.append(Span(" "))
    return spans


class _Measure(msgspec.Struct, frozen=True):
    """A gauge: its word, its value now and its largest in the window, in words, and its course."""

    word: str
    value: str
    peak: str
    course: tuple[float | None, ...]

    @property
    def heading(self) -> tuple[Span, ...]:
        """The word, the value, and the largest value."""
        word, value = self.head
        peak = f"peak {self.peak}" if self.peak != UNKNOWN else ""
        return Span(f"{self.word:<{_LABEL - 1}}", word.tone), Span(f"{self.value:<9}", value.tone), Span(peak, Tone.MUTED)

    @property
    def head(self) -> tuple[Span, ...]:
        """The word and the value."""
        tone = Tone.FAINT if self.value == UNKNOWN else Tone.STRONG
        return Span(f"{self.word:<{_LABEL}}", Tone.MUTED), Span(fit(self.value, 7, right=True), tone)


def _gauges(view: JobView, history: History, at: float | None) -> tuple[_Measure, ...]:
    totals = view.totals
    in_seconds = totals.lag_seconds is not None or bool(history.get("lag_seconds"))
    lag: tuple[str, float | None, Callable[[float | None], str]] = (
        ("lag_seconds", totals.lag_seconds, duration) if in_seconds else ("lag_rows", totals.lag_rows, si)
    )
    gauges = (
        ("lag", *lag),
        ("cpu", "cpu_percent", totals.cpu_percent, percent),
        ("memory", "memory_bytes", totals.memory_bytes, size),
    )
    over = view.state.is_terminal
    shown = ((*one[:2], history.at(one[1], at) if at is not None else None if over else one[2], one[3]) for one in gauges)
    return tuple(
        _Measure(word, words(value), words(history.peak(name, value)), history.get(name)) for word, name, value, words in shown
    )


def _measures(view: JobView, history: History, cells: int, at: float | None) -> list[Line]:
    """Lag, CPU and memory with their recent course, beside each other when there is room."""
    gauges = _gauges(view, history, at)
    side_by_side = cells >= _SIDE_BY_SIDE
    block = cells // len(gauges) if side_by_side else cells
    drawn = [_short(gauge, block) for gauge in gauges]
    return [line(*(part for one in drawn for part in one))] if side_by_side else [line(*one) for one in drawn]


def _short(gauge: _Measure, cells: int) -> tuple[Span, ...]:
    peak = f"peak {gauge.peak}" if gauge.peak != UNKNOWN else ""
    plot = max(cells - _LABEL - 7 - _PEAK - 3, 4)
    course = spark(resample(gauge.course, plot * 2))
    parts = (*gauge.head, Span(f" {course} ", Tone.ACCENT), Span(peak, Tone.MUTED))
    return fit_spans(parts, cells)


def _tall_measures(view: JobView, history: History, cells: int, at: float | None, rows: int) -> list[Line]:
    """The same, each as a heading and a chart of a few rows below the large one: a moment is the same column of all."""
    plot = plot_cells(cells)
    cursor = None if at is None else history.share(at)
    lines: list[Line] = []
    for gauge in _gauges(view, history, at):
        values = resample(gauge.course, plot * 2)
        drawn = area(values, max(rows - 1, 1), max((value for value in values if value is not None), default=0.0))
        lines.append(line(Span(" " * (GUTTER + 1)), *gauge.heading))
        axis = (Span(" " * GUTTER), Span("│", Tone.FAINT))
        lines += with_cursor([line(*axis, Span(row, Tone.ACCENT)) for row in drawn], cursor, plot)
        lines.append(Line())
    return lines[:-1]


def _facts(view: JobView, now: float, cells: int, happened: Happened | None, at: float | None) -> list[Line]:
    """Totals, and where this execution stands."""
    totals, execution = view.totals, view.execution
    if execution is None:
        return [line(Span("this job has not run yet", Tone.MUTED))]
    restored = f"checkpoint #{execution.restored_from}" if execution.restored_from else "the beginning"
    since = f"{span(now - execution.started_at)} ago" if execution.started_at else "not yet"
    rejected = f", {si(totals.rows_rejected)} rejected" if totals.rows_rejected else ""
    workers = f", {plural(len(execution.worker_pids), 'worker')}" if execution.worker_pids else ""
    pairs = [
        ("read", f"{si(totals.rows_in)} rows, {size(totals.bytes_in)}" + rejected),
        ("written", f"{si(totals.rows_out)} rows, {size(totals.bytes_out)}"),
        ("started", since),
        ("from", restored),
        ("state", f"{view.state} for {span(now - execution.state_since)}"),
        ("restarts", f"{execution.restarts}, attempt {execution.attempt}{workers}{_why_no_more(execution)}"),
    ]
    latency = _latency_words(happened)
    if latency:
        pairs.append(("latency", latency))
    if execution.phase and execution.state is not ExecutionState.FAILED:
        pairs.append(("phase", execution.phase))
    lines = [] if at is None else [_moment_line(at, now)]
    return [*lines, *_in_columns(pairs, cells)]


def _why_no_more(execution: Execution) -> str:
    """Of an execution that failed: what kept it from another attempt."""
    return f": {execution.phase}" if execution.phase and execution.state is ExecutionState.FAILED else ""


def _in_columns(pairs: Sequence[tuple[str, str]], cells: int) -> list[Line]:
    """A label and its words, several beside each other; what is too long for that has a line of its own below them."""
    columns = max(min(cells // 38, 3), 1)
    width = cells // columns
    short = [pair for pair in pairs if _LABEL + len(pair[1]) + 2 <= width]
    fields = [_field(*pair, width) for pair in short]
    starts = range(0, len(fields), columns)
    rows = [line(*(part for one in fields[start : start + columns] for part in one)) for start in starts]
    return [*rows, *(one for pair in pairs if pair not in short for one in _long_field(*pair, cells))]


def _long_field(word: str, text: str, cells: int) -> list[Line]:
    parts = wrap(text, max(cells - _LABEL - 2, 1))
    return [line(*_field("" if number else word, part, cells)) for number, part in enumerate(parts)]


def _field(word: str, text: str, width: int) -> tuple[Span, ...]:
    return (*fit_spans((Span(f"{word:<{_LABEL}} ", Tone.MUTED), Span(text)), width - 1), Span(" "))


def _moment_line(at: float, now: float) -> Line:
    keys = (
        Span("   → ", Tone.ACCENT_STRONG),
        Span("later  ", Tone.MUTED),
        Span("0 ", Tone.ACCENT_STRONG),
        Span("now", Tone.MUTED),
    )
    return line(Span(f"looking at {clock_time(at)}, {span(now - at)} ago", Tone.AMBER), *keys)


def _latency_words(happened: Happened | None) -> str:
    """How long rows took in the window, from being read to being there."""
    found = happened.latency if happened is not None else None
    if found is None or not found.count:
        return ""
    return f"p50 {duration(found.p50)}, p99 {duration(found.p99)}, p99.9 {duration(found.p999)}"


def _trouble(view: JobView, cells: int, hints: int) -> list[Line]:
    """The last error, loud when it is why the job is down, with at most so many lines of its hint."""
    error = view.execution.error if view.execution else None
    if error is None:
        return []
    down = view.state in (ExecutionState.FAILED, ExecutionState.RESTARTING)
    where = " ".join(part for part in (error.plugin, error.position) if part)
    head = [Span("✗ " if down else "last error ", Tone.RED if down else Tone.MUTED), Span(error.code, Tone.STRONG)]
    lines = [line(*head, Span(f"  {where}", Tone.MUTED)) if where else line(*head)]
    message = wrap(error.message, cells - 2)
    lines += [line(Span("  "), Span(part)) for part in message[: 3 if down else 1]]
    if error.hint:
        hint = wrap(error.hint, cells - 4)[:hints]
        lines += [
            line(Span("    " if number else "  → ", Tone.ACCENT), Span(part, Tone.MUTED)) for number, part in enumerate(hint)
        ]
    return [*(Line(fit_spans(one.spans, cells)) for one in lines), Line()]
