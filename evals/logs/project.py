"""What a project's logs say about its answers: feedback joined by id, whenever it came; each answer judged by declared signals.

Feedback on a trace, or on a span that is no answer, is taken for the last answer of that trace. An answer without any feedback
is unknown, never a success. Memory is that of the judged answers, not of the log. Does not group answers (see
``goldens.production``).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evals.files import iter_jsonl, read_json, write_json
from evals.logs.base import Feedback, LogEntry
from evals.logs.ingest import require_ingested, segments
from evals.logs.signals import Reading, SignalRule, read_entry, read_feedback
from evals.logs.taking import ENTRIES, FEEDBACK, LINKS
from evals.records import Record

_SPEAKERS = {"user": "User", "assistant": "Assistant", "tool": "Tool"}
_CALL = re.compile(r"(?<![\w.])[A-Za-z_]\w+\(")
_RULES = "signals.json"


class JudgedAnswer(Record):
    """An answer of production on which something was said.

    ``fails`` and ``passes`` are the signals for either, by name; ``corrections`` what it should have been, each from whoever
    said so; ``comments`` what people wrote beside.
    """

    id: str
    place: str
    time: str = ""
    user: str = ""
    model: str = ""
    turns: tuple[Mapping[str, str], ...] = ()
    answer: str = ""
    error: str = ""
    fails: tuple[str, ...] = ()
    passes: tuple[str, ...] = ()
    corrections: tuple[str, ...] = ()
    comments: tuple[str, ...] = ()
    task: Mapping[str, Any] = {}
    licence: str = ""
    train_ok: bool = True

    @property
    def question(self) -> str:
        """What was asked: the user's last turn; with those before it where it does not name what it is about."""
        asked = [turn["text"] for turn in self.turns if turn["role"] == "user"]
        return "\n\n".join(asked[-1:] if self._stands_alone else asked)

    @property
    def conversation(self) -> str:
        """The question as somebody can answer it who was not there: with the turns before it where it needs them."""
        if self._stands_alone:
            return self.question
        *before, last = [turn for turn in self.turns if turn["role"] != "system"]
        told = "\n\n".join(f"{_SPEAKERS.get(turn['role'], turn['role'])}: {turn['text']}" for turn in before)
        return f"The conversation so far:\n\n{told}\n\nNow:\n\n{last['text']}"

    @property
    def _stands_alone(self) -> bool:
        """Whether the last turn of the user is a question by itself: the only one, or one that names a function."""
        spoken = [turn for turn in self.turns if turn["role"] != "system"]
        if not spoken or spoken[-1]["role"] != "user":
            return sum(turn["role"] == "user" for turn in spoken) < 2
        return len(spoken) < 2 or _CALL.search(spoken[-1]["text"]) is not None

    @property
    def system(self) -> str:
        """The system text."""
        return "\n\n".join(turn["text"] for turn in self.turns if turn["role"] == "system")


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """A project's judged answers, oldest first, and the counts of all others.

    ``entries == len(judged) + unknown``; ``waiting`` is feedback whose answer has not been ingested.
    """

    judged: tuple[JudgedAnswer, ...]
    entries: int
    unknown: int
    feedback: int
    waiting: int
    signals: Mapping[str, int]
    unruled: Mapping[str, int]

    @property
    def failing(self) -> list[JudgedAnswer]:
        """Answers with a signal that they failed, whatever else was said."""
        return [answer for answer in self.judged if answer.fails]


def rules_of(folder: Path) -> tuple[SignalRule, ...]:
    """The rules that were declared for a project.

    Raises:
        BadInput: the file of rules was damaged.
    """
    file = folder / _RULES
    return tuple(SignalRule.model_validate(row) for row in read_json(file)) if file.is_file() else ()


def declare_rules(folder: Path, rules: Sequence[SignalRule]) -> tuple[SignalRule, ...]:
    """Add rules to a project's; a rule on the same comparison takes the place of the earlier one."""
    known = {str(rule): rule for rule in (*rules_of(folder), *rules)}
    if rules:
        write_json(folder / _RULES, [rule.model_dump(mode="json") for rule in known.values()])
    return tuple(known.values())


def read_log(folder: Path) -> Log:
    """All judged answers of a project.

    Raises:
        BadInput: nothing was ingested into the folder.
    """
    require_ingested(folder)
    parts = segments(folder)
    rules = rules_of(folder)
    feedback = [_feedback(row) for row in _rows(parts, FEEDBACK)]
    targets = {said.target for said in feedback}
    aliases = {row["id"]: row["trace"] for row in _rows(parts, LINKS) if row["id"] in targets and row.get("trace")}
    traces = (targets | set(aliases.values())) - {""}
    kept: dict[str, dict[str, Any]] = {}
    last: dict[str, tuple[str, int, str]] = {}
    entries = 0
    for row in _rows(parts, ENTRIES):
        entries += 1
        trace = row.get("trace", "")
        by_trace = trace in traces and trace != row["id"]
        if row["id"] in targets or by_trace or row.get("error") or row.get("corrected"):
            kept[row["id"]] = row
        if by_trace:
            last[trace] = max(last.get(trace, ("", 0, "")), (row.get("time", ""), entries, row["id"]))
    said_of: dict[str, list[Feedback]] = {}
    waiting = 0
    for said in feedback:
        place = _entry_of(said.target, kept, aliases, last)
        if place:
            said_of.setdefault(place, []).append(said)
        waiting += not place
    signals: Counter[str] = Counter()
    unruled: Counter[str] = Counter()
    judged = []
    for name, row in kept.items():
        answer = _judge(row, said_of.get(name, ()), rules, signals, unruled)
        if answer is not None:
            judged.append(answer)
    judged.sort(key=lambda answer: (answer.time, answer.place, answer.id))
    return Log(
        judged=tuple(judged),
        entries=entries,
        unknown=entries - len(judged),
        feedback=len(feedback),
        waiting=waiting,
        signals=dict(signals.most_common()),
        unruled=dict(unruled.most_common()),
    )


def _rows(parts: Sequence[Path], name: str) -> Iterator[dict[str, Any]]:
    for part in parts:
        for _, row in iter_jsonl(part / name):
            yield row


def _feedback(row: dict[str, Any]) -> Feedback:
    row.pop("place", None)
    return Feedback(**row)


def _entry_of(target: str, kept: Mapping[str, Any], aliases: Mapping[str, str], last: Mapping[str, tuple[str, int, str]]) -> str:
    """The entry that a feedback is on: the one it names, else the last of the trace that it names or is in."""
    is_root = target in kept and kept[target].get("trace") == target and target in last  # a trace's own generation is nearer
    if target in kept and not is_root:
        return target
    trace = target if target in last else aliases.get(target, "")
    return last[trace][2] if trace in last else ""


@dataclass(slots=True)
class _Said:
    fails: list[str] = field(default_factory=list)
    passes: list[str] = field(default_factory=list)

    def add(self, reading: Reading) -> None:
        """Keep what says something, each signal once."""
        kept = {"fails": self.fails, "passes": self.passes}.get(reading.says)
        if kept is not None and reading.signal not in kept:
            kept.append(reading.signal)


def _judge(
    row: Mapping[str, Any], said: Sequence[Feedback], rules: Sequence[SignalRule], signals: Counter[str], unruled: Counter[str]
) -> JudgedAnswer | None:
    """An answer with what was said of it; None where that says nothing."""
    turns = tuple(row.get("turns", ()))
    answer = str(row.get("answer", ""))
    found = _Said()
    own = LogEntry(id=row["id"], answer=answer, error=row.get("error", ""), corrected=row.get("corrected", ""))
    for reading in read_entry(own):
        found.add(reading)
    corrections = [own.corrected] if own.corrected and own.corrected.strip() != answer.strip() else []
    for feedback in said:
        unchanged = bool(feedback.correction) and feedback.correction.strip() == answer.strip()
        if unchanged:  # it was accepted as it is
            feedback.correction = ""
            found.add(Reading(says="passes", signal="corrected to the same"))
        reading = read_feedback(feedback, rules)
        found.add(reading)
        if not reading.ruled:
            unruled[reading.signal] += 1
        if feedback.correction:
            corrections.append(feedback.correction)
    if not found.fails and not found.passes:
        return None
    signals.update([*found.fails, *found.passes])
    return JudgedAnswer(
        id=row["id"],
        place=row.get("place", ""),
        time=row.get("time", ""),
        user=row.get("user", ""),
        model=row.get("model", ""),
        turns=turns,
        answer=answer,
        error=own.error,
        fails=tuple(found.fails),
        passes=tuple(found.passes),
        corrections=tuple(dict.fromkeys(corrections)),
        comments=tuple(feedback.comment for feedback in said if feedback.comment),
        task=row.get("task", {}),
        licence=row.get("licence", ""),
        train_ok=row.get("train_ok", True),
    )
