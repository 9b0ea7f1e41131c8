"""What the user sees on the terminal: progress bars (stderr, off when not a TTY) and tables (stdout)."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from loop.pace import RecentRate

if TYPE_CHECKING:
    from rich.progress import Progress

    from loop.closing import Conditions
    from loop.gate import GateReport, Line

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

_COLOURS = {"promote": "bold green", "reject": "bold red", "inconclusive": "bold yellow"}
_VERDICTS = {"better": "green", "worse": "red", "no evidence of a change": "dim"}


class Bars:
    """Progress as bars on a terminal; without one, a line every half minute and at the end of each piece of work."""

    def __init__(self, *, quiet: bool = False, every_seconds: float = 30.0) -> None:
        self._quiet = quiet
        self._live = err.is_terminal and not quiet
        self._bar: Progress | None = None
        self._task: Any = None
        self._label, self._total, self._unit, self._start, self._done = "", 0.0, "", 0.0, 0.0
        self._signs = LifeSigns(self._say_where, every_seconds) if not quiet and not self._live else None
        self._pace = RecentRate()

    def start(self, label: str, total: float, unit: str) -> None:
        """See ``Progress.start``."""
        self._label, self._total, self._unit = label, total, unit
        self._start, self._done, self._pace = time.monotonic(), 0.0, RecentRate()
        if self._signs is not None:
            self._signs.start()
        if self._live:
            from loop.bars import make_bar  # rich's bars take longer to import than most verbs to run

            self._bar = make_bar(err)
            self._bar.start()
            self._task = self._bar.add_task(label, total=total, unit=unit, note="")

    def advance(self, amount: float = 1, note: str = "") -> None:
        """See ``Progress.advance``."""
        self._done += amount
        if self._bar is not None:
            self._bar.update(self._task, advance=amount, note=note)

    def finish(self, note: str = "") -> None:
        """See ``Progress.finish``."""
        if self._signs is not None:
            self._signs.stop()
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
        if not self._quiet:
            seconds = max(time.monotonic() - self._start, 1e-9)
            rate = f"{self._done / seconds:,.1f} {self._unit}/s"
            tail = f"  {note}" if note else ""
            err.print(
                f"  [green]done[/] {self._label}: {self._done:,.0f} {self._unit} in {duration(seconds)}, {rate}{tail}",
                soft_wrap=True,
            )

    def _say_where(self) -> None:
        """One plain line: n of N, rate, time left."""
        rate = self._pace.rate(self._done)
        left = f"{duration(max(0.0, self._total - self._done) / rate)} left" if rate > 0 else "time left unknown"
        said = f"  {self._label}: {self._done:,.0f} of {self._total:,.0f} {self._unit}, {rate:,.1f} {self._unit}/s, {left}"
        err.print(Text(said), soft_wrap=True)


class LifeSigns:
    """Calls a function at intervals, in its own thread, between ``start`` and ``stop``: work may be silent for long."""

    _running: ClassVar[set[LifeSigns]] = set()

    def __init__(self, say: Callable[[], None], every_seconds: float) -> None:
        self._say, self._every = say, every_seconds
        self._ended: threading.Event | None = None

    def start(self) -> None:
        """Start; a previous start ends."""
        self.stop()
        self._ended = ended = threading.Event()
        self._running.add(self)
        threading.Thread(target=self._tell, args=(ended,), name="life-signs", daemon=True).start()

    def stop(self) -> None:
        """End."""
        if self._ended is not None:
            self._ended.set()
            self._ended = None
        self._running.discard(self)

    def _tell(self, ended: threading.Event) -> None:
        while not ended.wait(self._every):
            self._say()

    @classmethod
    def stop_all(cls) -> None:
        """End all, including those of work that failed."""
        for bar in list(cls._running):
            bar.stop()


def duration(seconds: float) -> str:
    """``8 s``, ``2 min 5 s``."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def say(text: str) -> None:
    """One line for people, on stderr, so that stdout stays for results."""
    err.print(text, soft_wrap=True)


def gate_table(gate: GateReport, title: str, *, split: str = "holdout", roles: bool = True) -> Table:
    """The closing table: a row per suite and slice, in points. ``roles``: the suites have roles, as a gate gives them."""
    from loop.closing import verdict_words  # its statistics take longer to import than most verbs to run
    from loop.gate import points

    table = Table(title=title, title_justify="left", header_style="bold", box=None, pad_edge=False)
    table.add_column(split, overflow="fold")
    for name in ("tasks", "before", "after", "delta", "95% interval"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("verdict")
    words = verdict_words(gate.lines)
    for line in gate.lines:
        whole = line.slice == "*"
        name = f"{line.suite} ({line.role})" if whole and roles else line.suite if whole else f"  {line.slice}"
        interval = f"{points(line.ci95[0])} to {points(line.ci95[1])}"
        figures = [f"{line.n}", f"{line.before:.1%}", f"{line.after:.1%}", points(line.delta), interval]
        word = words[line.suite, line.slice]
        table.add_row(Text(name), *figures, f"[{_VERDICTS[word]}]{word}[/]", style="bold" if whole else "")
    return table


def show_reach(lines: Sequence[Line], before: Conditions | None = None, after: Conditions | None = None) -> None:
    """What each suite's comparison rests on and what it detects, then how the answers were drawn."""
    from loop.closing import basis_words, conditions_words

    for line in lines:
        if line.slice == "*":
            counted = f"{line.gained} gained, {line.lost} lost, p {line.p:.4f} ({line.test})"
            out.print(Text(f"{line.suite}: {counted}; {basis_words(line)}; {line.detects}"), soft_wrap=True)
    if len([line for line in lines if line.slice != "*"]) > 1:
        out.print("of slices the verdicts are corrected for their number (Holm)", soft_wrap=True)
    out.print(Text(conditions_words(before, after)), soft_wrap=True)


def decision_text(decision: str) -> str:
    """The decision in its colour."""
    return f"[{_COLOURS.get(decision, 'bold')}]{decision}[/]"


def counts_table(title: str, counts: Mapping[str, int], head: Sequence[str] = ("", "count")) -> Group:
    """A small two-column table in the order given, under a title that may be wider."""
    table = Table(header_style="bold", box=None, pad_edge=False)
    table.add_column(head[0])
    table.add_column(head[1], justify="right")
    for name, count in counts.items():
        table.add_row(Text(str(name)), f"{count:,}")
    return Group(*([Text(title, style="italic")] if title else []), table)


def plain_error(message: str) -> None:
    """An error for people: no traceback, every line of the message kept."""
    head, *rest = message.splitlines() or [""]
    err.print(f"[bold red]error[/] {escape(head)}")
    for line in rest:
        err.print(f"      {escape(line)}")
    sys.stderr.flush()


def escape(text: str) -> str:
    """Text taken literally, not as markup."""
    from rich.markup import escape as rich_escape

    return rich_escape(text)


def yields_table(yields: Mapping[str, Mapping[str, int]]) -> Table:
    """What each source of sampled targets gave."""
    table = Table(title="targets sampled", title_justify="left", box=None, header_style="bold", pad_edge=False)
    table.add_column("source")
    for head in ("tasks asked", "answers", "targets", "tasks with one"):
        table.add_column(head, justify="right")
    for source, found in yields.items():
        table.add_row(source, *(f"{found[key]:,}" for key in ("asked", "answers", "targets", "tasks")))
    return table
