"""What the pages of runs show, from the runs' folders: gates, charts, differences, live progress."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson

from evals.errors import BadInput, GoldloopError
from evals.files import MANIFEST, read_json
from loop.closing import verdict_words
from loop.gate import GateReport, Line
from loop.registry import REGISTRY, Registry
from loop.report.chart import Heat, Hill, heat, hill
from loop.report.story import Chapter, Round, Story, read_story
from loop.runs import RUN_FILE, RunSummary, list_runs, summary_of
from loop.stage import lock_holder
from loop.status import run_state

PLOTS = ((1010, 330, 175), (400, 300, 14))


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStory:
    """A run's rounds as its page shows them. ``start``: what the first was measured against, in a word."""

    story: Story
    chapters: tuple[Chapter, ...]
    start: str

    @property
    def decided(self) -> tuple[Chapter, ...]:
        """Rounds that trained something."""
        return tuple(chapter for chapter in self.chapters if chapter.lines)

    @property
    def hills(self) -> list[Hill]:
        """The hill chart for a screen and for a phone."""
        return [hill(self.decided, self.start, *plot) for plot in PLOTS] if self.decided else []

    @property
    def heat(self) -> Heat | None:
        """Slices by rounds; None with fewer than two."""
        return heat(self.decided, self.start)


def run_rows(runs: Path) -> list[tuple[str, RunSummary | None]]:
    """All runs, the newest first; None for one whose files are damaged or just being removed."""
    try:
        in_use = {entry.run for entry in Registry(runs).heads()} if (runs / REGISTRY).is_file() else set()
    except (GoldloopError, OSError, ValueError):
        in_use = set()
    found: list[tuple[str, RunSummary | None]] = []
    for name in list_runs(runs):
        try:
            found.append((name, summary_of(runs / name, in_use)))
        except (GoldloopError, OSError, KeyError, TypeError, ValueError):
            found.append((name, None))
    return sorted(found, key=lambda row: (row[1].started if row[1] else "", row[0]), reverse=True)


def climb_of(folder: Path) -> RunStory | None:
    """The rounds of a run that have ended; None before the first.

    Raises:
        BadInput: a file of the run is damaged; the message names it.
    """
    if not (folder / "report.json").is_file():
        return None
    story = read_story(folder)
    chapters = tuple(_chapter(folder / f"round-{facts.round}", facts) for facts in story.rounds)
    decided = [chapter for chapter in chapters if chapter.lines]
    start = "base" if not decided or decided[0].first_from_base else "start"
    return RunStory(story=story, chapters=chapters, start=start)


def _chapter(folder: Path, facts: Round) -> Chapter:
    """A round with its gate and without its evidence, which other pages read line by line."""
    lines = _gate_lines(folder / "gate" / MANIFEST) if facts.trained else ()
    return Chapter(
        facts=facts, lines=lines, words=verdict_words(lines), funnel=(), leaks=(), leaks_total=0, reasons=(), groups=(),
        train=None, costs=(), unindexable=0, sandbox="", version="",
    )  # fmt: skip


def _gate_lines(file: Path) -> tuple[Line, ...]:
    try:
        found = file.stat()
    except FileNotFoundError:
        raise BadInput(f"{file}: no such file; the round's folder is not whole") from None
    return _lines_at(str(file), found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=512)
def _lines_at(file: str, changed: int, size: int) -> tuple[Line, ...]:
    try:
        return GateReport.model_validate(read_json(Path(file))["gate"]).lines
    except (ValueError, KeyError) as error:
        raise BadInput(f"{file}: is not the manifest of a gate ({type(error).__name__})") from None


def differing_settings(folders: Sequence[Path]) -> list[tuple[str, list[str]]]:
    """Settings in which runs differ, by key, each run's value as JSON."""
    configs = [_flat(read_json(folder / "run.json").get("config", {})) for folder in folders]
    keys = sorted({key for config in configs for key in config} - {"name"})
    rows = [(key, [orjson.dumps(config.get(key)).decode() for config in configs]) for key in keys]
    return [(key, values) for key, values in rows if len(set(values)) > 1]


def _flat(value: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, inner in value.items():
        flat |= _flat(inner, f"{prefix}{key}.") if isinstance(inner, Mapping) else {prefix + key: inner}
    return flat


class TokenCount:
    """The completion tokens of a stage at work, counted from its journal as that grows."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file, self._read, self._tokens = "", 0, 0

    def now(self) -> int:
        """Tokens so far; 0 where no stage keeps a journal."""
        journals = [file for file in self._folder.glob("round-*/*/journal.jsonl") if lock_holder(file.parent) is not None]
        if not journals:
            return 0
        if str(journals[-1]) != self._file:
            self._file, self._read, self._tokens = str(journals[-1]), 0, 0
        with journals[-1].open("rb") as handle:
            handle.seek(self._read)
            for line in handle:
                if not line.endswith(b"\n"):
                    break
                self._read += len(line)
                self._tokens += _tokens_of(line)
        return self._tokens


def _tokens_of(line: bytes) -> int:
    try:
        made = orjson.loads(line).get("attempts", {})
    except (orjson.JSONDecodeError, AttributeError):
        return 0
    attempts = made.values() if isinstance(made, dict) else made
    return sum(int(attempt.get("completion_tokens") or 0) for attempt in attempts if isinstance(attempt, dict))


def live_facts(folder: Path, tokens: TokenCount) -> dict[str, Any]:
    """Where a run is, for a page that is open: state, stage, done of total, rate, time left, tokens, rounds that ended."""
    if not (folder / RUN_FILE).is_file():
        return {"state": "gone"}
    state = run_state(folder)
    position = state.position
    rounds = len(read_json(folder / "report.json").get("rounds", ())) if (folder / "report.json").is_file() else 0
    facts: dict[str, Any] = {
        "state": state.state,
        "rounds": rounds,
        "label": "",
        "done": 0,
        "total": 0,
        "unit": "",
        "rate": "",
        "left": "",
        "tokens": 0,
    }
    if state.state == "running" and position is not None:
        left = position.seconds_left
        facts |= {
            "label": position.label,
            "unit": position.unit,
            "done": round(position.done),
            "total": round(position.total),
            "rate": f"{position.rate:.3g} a second" if position.rate else "",
            "left": f"about {_duration(left)} left" if left is not None else "",
            "tokens": tokens.now(),
        }
    return facts


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
